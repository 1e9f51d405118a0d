"""softrl.tabular against a plain NumPy value iteration."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from softrl import tabular

RNG_SEEDS = range(10)


def random_tables(seed, states=7, actions=3):
    random = np.random.default_rng(seed)
    transitions = random.dirichlet(np.full(states, 0.3), size=(states, actions))
    return transitions, random.normal(size=(states, actions))


def numpy_values(transitions, rewards, discount, temperature, log_weights=0.0, terminal=()):
    """Plain soft value iteration, docs/math.md 2.1, until nothing moves."""
    values = np.zeros(len(rewards))
    for state, value in dict(terminal).items():
        values[state] = value
    for _ in range(5000):
        q = rewards + discount * transitions @ values
        if temperature == 0.0:
            new = q.max(axis=1)
        else:
            top = q.max(axis=1, keepdims=True)
            new = top[:, 0] + temperature * np.log(np.exp((q - top) / temperature + log_weights).sum(axis=1))
        for state, value in dict(terminal).items():
            new[state] = value
        values, change = new, np.abs(new - values).max()
        if change < 1e-14:
            break
    return values


@pytest.mark.parametrize("seed", RNG_SEEDS)
@pytest.mark.parametrize("method", ["value_iteration", "policy_iteration"])
@pytest.mark.parametrize("temperature", [0.0, 0.4])
def test_solvers_agree_with_numpy(method, seed, temperature):
    transitions, rewards = random_tables(seed)
    terminal = {2: -1.5} if seed % 2 else {}
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.9, terminal)
    solution = tabular.solve(mdp, method, temperature=temperature, tolerance=1e-9)
    expected = numpy_values(transitions, rewards, 0.9, temperature, terminal=terminal)
    assert solution.status == "converged"
    assert solution.error_bound <= 1e-9
    assert np.abs(solution.values - expected).max() <= solution.error_bound + 1e-12


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_policy_is_the_softmax_of_the_action_values(seed):
    transitions, rewards = random_tables(seed)
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.9)
    solution = tabular.solve(mdp, "value_iteration", temperature=0.4)
    q = rewards + 0.9 * transitions @ solution.values
    expected = np.exp((q - q.max(axis=1, keepdims=True)) / 0.4)
    expected /= expected.sum(axis=1, keepdims=True)
    policy = tabular.to_dense(mdp, solution.policy)
    assert policy.shape == (7, 3)
    np.testing.assert_allclose(policy, expected, atol=1e-12)
    q_pairs = tabular.action_values(mdp, solution.values)
    np.testing.assert_allclose(tabular.to_dense(mdp, q_pairs), q, atol=1e-12)
    np.testing.assert_allclose(
        tabular.to_dense(mdp, tabular.boltzmann_policy(mdp, q_pairs, temperature=0.4)), expected, atol=1e-12
    )


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_base_measure_is_given_by_log_weights(seed):
    transitions, rewards = random_tables(seed)
    log_weights = np.random.default_rng(seed + 100).normal(size=rewards.shape)
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.9)
    solution = tabular.solve(mdp, "policy_iteration", temperature=0.4, log_weights=log_weights.ravel())
    expected = numpy_values(transitions, rewards, 0.9, 0.4, log_weights)
    assert np.abs(solution.values - expected).max() <= solution.error_bound + 1e-12


def test_policy_evaluation_solves_the_linear_system():
    transitions, rewards = random_tables(3)
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.9)
    policy = np.random.default_rng(1).dirichlet(np.ones(3), size=7)
    result = tabular.policy_evaluation(mdp, policy.ravel(), temperature=0.5)
    p_pi = np.einsum("sa,sat->st", policy, transitions)
    r_pi = (policy * (rewards - 0.5 * np.log(policy))).sum(axis=1)
    np.testing.assert_allclose(result.values, np.linalg.solve(np.eye(7) - 0.9 * p_pi, r_pi), atol=1e-12)
    assert result.error_bound < 1e-12


def test_mdp_from_arrays_tells_its_shape():
    mdp = tabular.Mdp(
        discount=0.5,
        action_offsets=np.array([0, 2, 2]),
        rewards=np.array([1.0, 2.0]),
        successors=np.array([1, 0]),
        actions=np.array([0, 2]),
        terminal={1: 4.0},
    )
    assert (mdp.states, mdp.pairs, mdp.transitions, mdp.action_names) == (2, 2, 2, 3)
    assert mdp.deterministic and mdp.is_terminal(1) and not mdp.is_terminal(0)
    solution = tabular.solve(mdp, "value_iteration", temperature=0.0)
    assert solution.values == pytest.approx([4.0, 4.0], abs=1e-8)  # 2 + 0.5 V = 4 = V, against 1 + 0.5 * 4 = 3
    assert tabular.to_dense(mdp, solution.policy, missing=-1.0).tolist() == [[0.0, -1.0, 1.0], [-1.0, -1.0, -1.0]]
    assert mdp.with_discount(0.25).discount == 0.25


def test_progress_is_called_with_the_measurements():
    mdp = tabular.mdp_from_tables(*random_tables(1), 0.9)
    seen = []
    solution = tabular.solve(mdp, "value_iteration", progress=seen.append)
    assert [p["iteration"] for p in seen] == list(range(1, solution.iterations + 1))
    assert seen[-1]["error_bound"] <= 1e-8
    assert seen[-1]["residual"] == solution.residual


def test_an_exception_in_progress_comes_out():
    class Enough(Exception):
        pass

    def stop(_):
        raise Enough

    with pytest.raises(Enough):
        tabular.solve(tabular.mdp_from_tables(*random_tables(1), 0.9), "value_iteration", progress=stop)


def test_an_interrupt_ends_a_long_solve():
    """Two states that never meet keep a spread that shrinks by 1e-12 a sweep: left alone it would go on for days."""
    code = (
        "import numpy as np, _thread, threading; from softrl import tabular;"
        "mdp = tabular.mdp_from_tables(np.eye(2)[:, None, :], np.array([[0.0], [1.0]]), 1 - 1e-12);"
        "threading.Timer(0.5, _thread.interrupt_main).start();"
        "tabular.solve(mdp, 'value_iteration', max_iterations=2**31 - 1)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "KeyboardInterrupt" in result.stderr


def test_other_threads_run_while_it_solves():
    """The solver waits, inside its progress callback, for another thread that itself calls the solver."""
    mdp = tabular.mdp_from_tables(*random_tables(1), 0.9)
    results = []
    thread = threading.Thread(target=lambda: results.append(tabular.solve(mdp, "value_iteration")))

    def run_the_other(progress):
        if progress["iteration"] == 1:
            thread.start()
            thread.join(timeout=60.0)

    own = tabular.solve(mdp, "value_iteration", progress=run_the_other)
    assert np.array_equal(results[0].values, own.values)


def test_gridworlds(source_dir):
    world = tabular.read_gridworld(source_dir / "examples" / "gridworlds" / "four_rooms.toml")
    mdp = world.mdp()
    assert mdp.discount == world.discount
    assert world.cells.shape == (mdp.states, 2)
    for state, (row, column) in enumerate(world.cells):
        assert world.state_at[row, column] == state
        assert world.map[row][column] == world.symbol(state)
    assert all(theorem.holds for theorem in tabular.verify(mdp, temperature=0.5))


def test_errors_are_python_ones(tmp_path):
    transitions, rewards = random_tables(1)
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.9)
    with pytest.raises(ValueError, match="temperature must be finite and at least 0, got -1"):
        tabular.solve(mdp, "value_iteration", temperature=-1.0)
    with pytest.raises(ValueError, match=r"discount must be in \[0, 1\], got 1.5"):
        mdp.with_discount(1.5)
    with pytest.raises(ValueError, match="trials must be at least 1, got 0"):
        tabular.verify(mdp, trials=0)
    transitions[3, 1] *= 0.9
    with pytest.raises(ValueError, match="state 3, action 1: probabilities must sum to 1, got 0.9"):
        tabular.mdp_from_tables(transitions, rewards, 0.9)
    with pytest.raises(ValueError, match="initial_values must have 7 entries, got 2"):
        tabular.solve(mdp, "value_iteration", initial_values=np.zeros(2))
    with pytest.raises(ValueError, match="values must have 7 entries"):
        tabular.action_values(mdp, np.zeros(3))
    with pytest.raises(ValueError, match="transitions must have shape"):
        tabular.mdp_from_tables(np.zeros((2, 2)), np.zeros((2, 2)), 0.9)
    with pytest.raises(IndexError):
        mdp.is_terminal(7)
    bad = tmp_path / "bad.toml"
    bad.write_text('map = """\n...\n..\n"""\n')
    with pytest.raises(RuntimeError, match="bad.toml:3: map: row 2 has 2 cells"):
        tabular.read_gridworld(bad)
    with pytest.raises(ValueError, match=r"rewards must have shape \[S, A\], got \(7,\)"):
        tabular.mdp_from_tables(np.zeros((7, 1, 7)), np.zeros(7), 0.9)


INDEX_ARRAYS = ["action_offsets", "actions", "successor_offsets", "successors"]


def small_arrays():
    return {
        "discount": 0.5,
        "action_offsets": [0, 1, 2],
        "actions": [0, 0],
        "rewards": [1, 2.0],
        "successor_offsets": [0, 1, 2],
        "successors": [1, 0],
        "probabilities": [1.0, 1.0],
    }


@pytest.mark.parametrize("name", INDEX_ARRAYS)
def test_arrays_of_indices_are_never_cut_off(name):
    """2**32 + 1 would wrap to 1, and 1.7 be cut to it: both would be another process."""
    arrays = small_arrays()
    assert tabular.Mdp(**arrays).states == 2, "lists are as good as arrays"
    fits = {**arrays, name: np.array(arrays[name], np.uint8)}
    assert tabular.Mdp(**fits).states == 2, "so is any type of integer"
    for last in (2**32 + arrays[name][-1], 2**31, -(2**31) - 1):
        wide = np.array([*arrays[name][:-1], last])
        with pytest.raises(ValueError, match=f"{name} must fit 32-bit indices, got {last}"):
            tabular.Mdp(**{**arrays, name: wide})
    with pytest.raises(ValueError, match=f"{name} must fit 32-bit indices, got {2**64 - 1}"):
        tabular.Mdp(**{**arrays, name: np.array([2**64 - 1], np.uint64)})
    with pytest.raises(TypeError, match=f"{name} must be integers, got float64"):
        tabular.Mdp(**{**arrays, name: np.array(arrays[name]) + 0.7})
    with pytest.raises(ValueError, match=f"{name} must have one dimension, got 2"):
        tabular.Mdp(**{**arrays, name: [arrays[name]]})


def test_arrays_of_numbers_refuse_what_is_not_a_number():
    with pytest.raises(TypeError, match="rewards must be numbers, got complex128"):
        tabular.Mdp(**{**small_arrays(), "rewards": np.array([1j, 2.0])})


def test_what_is_certified_cannot_be_overwritten():
    mdp = tabular.mdp_from_tables(*random_tables(1), 0.9)
    solution = tabular.solve(mdp, "value_iteration")
    evaluation = tabular.policy_evaluation(mdp, solution.policy)
    for array in (solution.values, solution.policy, evaluation.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0
    values = solution.values
    expected = values.copy()
    del solution
    assert np.array_equal(values, expected), "a view keeps its solution alive"


def test_what_is_printed_says_what_it_is():
    mdp = tabular.mdp_from_tables(*random_tables(1), 0.9)
    assert repr(mdp) == "<Mdp states=7 pairs=21 transitions=147 discount=0.9>"
    solution = tabular.solve(mdp, "value_iteration")
    assert repr(solution).startswith(f"<Solution converged iterations={solution.iterations} error_bound=")
    assert repr(tabular.policy_evaluation(mdp, solution.policy)).startswith("<PolicyEvaluation converged error_bound=")


def test_measures_agree_with_dense_linear_algebra():
    transitions, rewards = random_tables(3)
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.9)
    solution = tabular.solve(mdp, temperature=0.4)
    policy = tabular.to_dense(mdp, solution.policy)
    moves = np.einsum("sa,sat->st", policy, transitions)
    start = np.eye(len(rewards))[0]

    visits = tabular.visitation(mdp, solution.policy, start=start)
    expected = np.linalg.solve((np.eye(len(rewards)) - 0.9 * moves).T, start)
    assert np.abs(visits.states - expected).sum() <= visits.error_bound + 1e-12
    np.testing.assert_allclose(tabular.to_dense(mdp, visits.pairs), expected[:, None] * policy, atol=1e-12)

    others = np.delete(moves, 0, axis=0)
    times = np.linalg.solve(np.eye(len(rewards) - 1) - np.delete(others, 0, axis=1), np.ones(len(rewards) - 1))
    hitting = tabular.expected_hitting_times(mdp, solution.policy, [0])
    np.testing.assert_allclose(hitting.states, np.concatenate([[0.0], times]), rtol=1e-9)
    assert tabular.hitting_probabilities(mdp, solution.policy, [0]).states == pytest.approx(1.0)

    q = rewards + 0.9 * transitions @ solution.values
    advantage = tabular.advantage(mdp, solution.values, solution.error_bound)
    np.testing.assert_allclose(tabular.to_dense(mdp, advantage.advantages), q - solution.values[:, None], atol=1e-12)
    average = tabular.average_value(mdp, solution.values, solution.error_bound, start=start)
    assert abs(average.value - solution.values[0]) <= average.error_bound


def test_backward_induction_agrees_with_numpy():
    steps = 6
    tables = [random_tables(seed) for seed in range(steps)]
    models = [tabular.mdp_from_tables(t, r, 0.8) for t, r in tables]
    solution = tabular.backward_induction(models, temperature=0.5)
    values = np.zeros(models[0].states)
    for t, (transitions, rewards) in reversed(list(enumerate(tables))):
        q = rewards + 0.8 * transitions @ values
        values = 0.5 * np.log(np.exp(q / 0.5).sum(axis=1))
        np.testing.assert_allclose(solution.values[t], values, atol=1e-12)

    stationary = tabular.backward_induction(models[0], steps, temperature=0.5)
    assert stationary.values.shape == (steps + 1, models[0].states)
    visits = tabular.finite_horizon_visitation(models[0], stationary.policy, steps)
    np.testing.assert_allclose(visits.states.sum(axis=1), 1.0, rtol=1e-12)


def test_stationary_distribution_is_the_left_eigenvector():
    transitions, rewards = random_tables(4)
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.9)
    policy = tabular.solve(mdp, temperature=0.4).policy
    moves = np.einsum("sa,sat->st", tabular.to_dense(mdp, policy), transitions)
    distribution = tabular.stationary_distribution(mdp, policy)
    expected = np.linalg.matrix_power(moves, 4096)[0]
    assert distribution.recurrent_classes == 1
    assert np.abs(distribution.states - expected).sum() <= distribution.error_bound + 1e-10


# A chance of at most 1e-6 to miss: the intervals hold with that confidence for any number of episodes.
def test_estimates_from_samples_cover_the_exact_answers():
    transitions, rewards = random_tables(5)
    mdp = tabular.mdp_from_tables(transitions, rewards, 0.8)
    solution = tabular.solve(mdp, temperature=0.4)
    exact = tabular.average_value(mdp, solution.values).value
    estimate = tabular.monte_carlo_value(mdp, solution.policy, temperature=0.4, episodes=2000, confidence=1 - 5e-7)
    assert estimate.low <= exact <= estimate.high
    visits = tabular.monte_carlo_visitation(mdp, solution.policy, episodes=2000, confidence=1 - 5e-7)
    exact = tabular.visitation(mdp, solution.policy).states
    assert (visits.low <= exact).all() and (exact <= visits.high).all()


def test_soft_q_learning_is_exact_where_nothing_is_left_to_chance():
    mdp = tabular.Mdp(discount=0.5, action_offsets=[0, 2, 4], rewards=[1, 0, 2, -1], successors=[0, 1, 1, 0])
    learned = tabular.soft_q_learning(
        mdp, temperature=0.5, steps=20_000, step_size=tabular.Schedule(1.0), exploration=tabular.Schedule(1.0)
    )
    np.testing.assert_allclose(learned.values, tabular.solve(mdp, temperature=0.5).values, atol=1e-7)
    assert learned.updates.sum() == 20_000


def test_names_the_states_without_an_end():
    mdp = tabular.Mdp(discount=1.0, action_offsets=[0, 2, 3, 3], rewards=[-1.0] * 3, successors=[1, 2, 1], terminal={2: 0.0})
    assert tabular.states_without_exit(mdp) == [1]
    assert tabular.states_without_exit(mdp, log_weights=np.array([0.0, -np.inf, 0.0])) == [0, 1]
    assert tabular.solve(mdp).status == "infeasible"


CORRIDOR = "map = \"S..G\"\nstep_cost = 1.0\n"


def test_plots_show_what_there_is_at_discount_1():
    """Without terms of 1 / (1 − γ), and with a message where there is no solution: α log 4 > 1 is worth wandering for."""
    from softrl import plots_tabular as plots

    world = tabular.parse_gridworld(CORRIDOR)
    temperatures = np.array([0.1, 0.3, 5.0])
    with np.errstate(all="raise"):
        for discount, lines in ((0.9, 2), (1.0, 1)):
            axes = plots.cooling(world, discount, temperatures).axes[0]
            assert len(axes.lines) == lines
            gains = axes.lines[0].get_ydata()
            for temperature, gain in zip(temperatures[:2], gains):
                soft, hard = (tabular.solve(world.mdp(discount), temperature=t).values for t in (temperature, 0.0))
                assert gain == pytest.approx((soft - hard).max(), abs=1e-6)
            assert np.isnan(gains[2]) == (discount == 1.0)
            axes = plots.newton_rate(world, discount, temperature=0.3).axes[0]
            labels = [line.get_label() for line in axes.lines]
            assert ("bound: linear, then quadratic" in labels) == (discount < 1.0) and "policy iteration" in labels
    for plot in (plots.gridworld, plots.visitation, plots.convergence, plots.newton_rate):
        with pytest.raises(ValueError, match="temperature 5 and discount 1: infeasible"):
            plot(world, 1.0, temperature=5.0)
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        plots.newton_rate(world, temperature=0.0)
