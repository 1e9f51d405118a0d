"""Models from and to files and other libraries: the same process, however it comes."""

import importlib.util
import re

import numpy as np
import pytest

from softrl import tabular

ANSWER = [5.2 / 0.82, 10.0]  # of the process that docs/formats.md describes, at temperature 0


def hard_values(mdp):
    return tabular.solve(mdp, "policy_iteration", temperature=0.0, tolerance=1e-10).values


def test_the_examples_of_the_guide_run(source_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = 0
    for script in re.findall(r"```python\n(.*?)```", (source_dir / "docs" / "formats.md").read_text(), re.DOTALL):
        if "scipy" in script and importlib.util.find_spec("scipy") is None:
            continue
        exec(script, {})
        ran += 1
    assert ran >= 4
    for path in tmp_path.glob("*.npz"):
        mdp = tabular.read_mdp(path)
        np.testing.assert_allclose(hard_values(mdp), ANSWER, atol=1e-9, err_msg=path.name)


@pytest.mark.parametrize(
    "suffix, name", [("npz", None), ("npz", "quantecon"), ("npz", "dense"), ("drn", None), ("tra", "storm")]
)
def test_reads_what_it_writes(tmp_path, suffix, name):
    mdp = tabular.garnet(states=12, terminal=1, seed=5)
    path = tmp_path / f"model.{suffix}"
    tabular.write_mdp(path, mdp, format=name)
    again = tabular.read_mdp(path, discount=mdp.discount)
    assert (again.states, again.pairs, again.transitions) == (12, 44, 220)
    np.testing.assert_array_equal(hard_values(again), hard_values(mdp))


def test_names_what_it_refuses(tmp_path):
    (tmp_path / "bad.drn").write_text("@type: POMDP\n")
    with pytest.raises(RuntimeError, match=r"bad.drn:1: .*POMDP"):
        tabular.read_mdp(tmp_path / "bad.drn")
    with pytest.raises(ValueError, match="format"):
        tabular.write_mdp(tmp_path / "model.npz", tabular.chain(), format="xml")
    with pytest.raises(ValueError, match="slip"):
        tabular.open_gridworld(slip=2.0)
    with pytest.raises(ValueError, match="branching"):
        tabular.garnet(states=3, branching=4)


def test_generators_make_what_their_names_say(tmp_path):
    world = tabular.four_rooms()
    assert world.mdp().states == 104
    assert tabular.parse_gridworld(tabular.to_toml(world)).map == world.map
    tabular.write_mdp(tmp_path / "cliff.toml", tabular.cliff().mdp(), gridworld=tabular.cliff())
    assert tabular.read_mdp(tmp_path / "cliff.toml").pairs == 37 * 4
    assert tabular.open_gridworld(rows=2, columns=3).mdp().states == 6
    assert tabular.river_swim().transitions == 22 and tabular.chain().states == 5


def brute_force_values(model, discount, sweeps=4000):
    """Value iteration straight from Gymnasium's meaning: after terminated = True nothing follows."""
    v = np.zeros(len(model))
    for _ in range(sweeps):
        v = np.array([
            max(sum(p * (r + discount * (not done) * v[end]) for p, end, r, done in row) for row in model[s].values())
            for s in range(len(model))
        ])  # fmt: skip
    return v


@pytest.mark.parametrize("name, count", [("FrozenLake-v1", 16), ("CliffWalking-v1", 48)])
def test_gymnasium_models_keep_their_meaning(name, count):
    gymnasium = pytest.importorskip("gymnasium")
    environment = gymnasium.make(name).unwrapped
    mdp = tabular.from_gymnasium(environment.P, discount=0.9, initial=environment.initial_state_distrib)
    assert mdp.states == count and mdp.initial_distribution().sum() == pytest.approx(1.0)
    expected = brute_force_values(environment.P, 0.9, sweeps=400)
    running = np.array([not mdp.is_terminal(s) for s in range(count)])
    np.testing.assert_allclose(hard_values(mdp)[running], expected[running], atol=1e-9)


def test_a_state_entered_both_ways_gets_an_end_of_its_own():
    """From 0, action 0 ends in 1 and action 1 goes on there, where staying pays 1 for ever."""
    model = {0: {0: [(1.0, 1, 5.0, True)], 1: [(1.0, 1, 0.0, False)]}, 1: {0: [(1.0, 1, 1.0, False)]}}
    mdp = tabular.from_gymnasium(model, discount=0.5)
    assert mdp.states == 3 and mdp.is_terminal(2) and not mdp.is_terminal(1)
    np.testing.assert_allclose(hard_values(mdp), [5.0, 2.0, 0.0], atol=1e-9)
    with pytest.raises(ValueError, match="states 0 to"):
        tabular.from_gymnasium({1: {0: [(1.0, 1, 0.0, True)]}}, discount=0.5)


def test_scipy_matrices_are_the_tables_they_stand_for():
    sparse = pytest.importorskip("scipy.sparse")
    random = np.random.default_rng(1)
    transitions = random.dirichlet(np.full(6, 0.3), (6, 3))
    transitions[transitions < 0.05] = 0.0
    transitions[2, 1] = 0.0  # not available
    with np.errstate(invalid="ignore"):
        transitions = np.nan_to_num(transitions / transitions.sum(axis=2, keepdims=True))
    by_transition = random.normal(size=(6, 3, 6))
    by_pair = (transitions * by_transition).sum(axis=2)
    matrices = [sparse.csr_matrix(transitions[:, a]) for a in range(3)]
    from_pairs = tabular.from_scipy(matrices, by_pair, 0.9, terminal={5: 2.0})
    from_transitions = tabular.from_scipy(
        matrices, [sparse.csr_matrix(by_transition[:, a]) for a in range(3)], 0.9, terminal={5: 2.0}
    )
    assert from_pairs.pairs == 14 and from_pairs.is_terminal(5)
    # V = max_a r + γ P V, from the tables.
    v = hard_values(from_pairs)
    q = by_pair + 0.9 * transitions @ v
    q[2, 1] = -np.inf
    np.testing.assert_allclose(v[:5], q[:5].max(axis=1), atol=1e-9)
    np.testing.assert_allclose(hard_values(from_transitions), v, atol=1e-9)
    with pytest.raises(ValueError, match="rewards must have shape"):
        tabular.from_scipy(matrices, by_pair[:4], 0.9)
