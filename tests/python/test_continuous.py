"""softrl.continuous: a trained policy in NumPy, tasks, plots."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from matplotlib import pyplot

from softrl import continuous, plots_continuous


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "mg"
    continuous.train("multi_goal", folder, seed=2, steps=1500, start_steps=1000, updates=1)
    return folder


@pytest.fixture(scope="module")
def policy(run):
    return continuous.load_policy(run)


def test_policy_says_what_it_is(policy):
    assert (policy.task, policy.steps, policy.algorithm) == ("multi_goal", 1500, "sql")


def test_samples_are_in_the_box_and_follow_from_the_seed(policy):
    observations = np.random.default_rng(1).uniform(-7, 7, size=(500, 2))
    actions = policy.sample(observations, seed=3)
    assert actions.shape == (500, 2) and np.abs(actions).max() <= 1
    np.testing.assert_array_equal(actions, policy.sample(observations, seed=3))
    assert np.abs(actions - policy.sample(observations, seed=4)).max() > 0.01
    assert policy.sample(np.zeros((0, 2)), seed=1).shape == (0, 2)


def test_any_layout_and_type_of_array_will_do(policy):
    observations = np.arange(12.0).reshape(6, 2) / 12
    expected = policy.q_values(observations, observations)
    np.testing.assert_array_equal(policy.q_values(np.asfortranarray(observations), observations), expected)
    wide = np.zeros((6, 4))
    wide[:, ::2] = observations
    np.testing.assert_array_equal(policy.q_values(wide[:, ::2], observations), expected)


@pytest.mark.slow
def test_log_prob_is_the_density_of_the_samples(policy):
    """100,000 samples in 6 x 6 cells against the density's integral, within 6 deviations (false alarm below 1e-7 in
    all) and 0.002 for the midpoint rule across the kinks of a piecewise density."""
    count, cells, points = 100_000, 6, 16
    actions = policy.sample(np.zeros((count, 2)), seed=1)
    shares = np.histogram2d(*actions.T, bins=cells, range=[[-1, 1], [-1, 1]])[0] / count
    grid = (np.arange(cells * points) + 0.5) / (cells * points) * 2 - 1
    at = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(policy.log_prob(np.zeros_like(at), at)).reshape(cells, points, cells, points)
    mass = density.sum(axis=(1, 3)) * (2 / (cells * points)) ** 2
    assert np.all(np.abs(shares - mass) < 6 * np.sqrt(np.maximum(shares, 1e-3) / count) + 0.002)
    assert mass.sum() == pytest.approx(1, abs=0.01)
    assert policy.log_prob(np.zeros((1, 2)), np.array([[1.5, 0.0]]))[0] == -np.inf


def test_bad_shapes_are_value_errors(policy):
    with pytest.raises(ValueError, match="observation must have 2 entries, got 3"):
        policy.sample(np.zeros((4, 3)), seed=1)
    with pytest.raises(ValueError, match="rows of actions must have 4 entries, got 5"):
        policy.q_values(np.zeros((4, 2)), np.zeros((5, 2)))


def test_lists_will_do_and_other_shapes_are_refused_in_a_line(policy):
    expected = policy.q_values(np.array([[1.0, 2.0]]), np.array([[0.0, 0.5]]))
    np.testing.assert_array_equal(policy.q_values([[1, 2]], [[0, 0.5]]), expected)
    with pytest.raises(ValueError, match=r"^observations must have two dimensions.*got shape \(2,\)$"):
        policy.sample(np.zeros(2), seed=1)


def test_numbers_that_are_not_finite_are_refused(policy):
    zero, nan = np.zeros((1, 2)), np.array([[0.0, np.nan]])
    for call in (policy.log_prob, policy.q_values):
        with pytest.raises(ValueError, match="observation must be finite"):
            call(nan, zero)
        with pytest.raises(ValueError, match="action must be finite"):
            call(zero, nan)
    with pytest.raises(ValueError, match="observation must be finite"):
        policy.sample(nan, seed=1)


def test_negative_seeds_are_value_errors(policy, tmp_path):
    for call in (
        lambda: policy.sample(np.zeros((1, 2)), seed=-1),
        lambda: continuous.make_task("multi_goal").reset(seed=-1),
        lambda: continuous.train("multi_goal", tmp_path / "run", seed=-1),
    ):
        with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
            call()
    assert not (tmp_path / "run").exists()


def test_settings_are_the_hyperparameters(tmp_path):
    settings = {"temperature": 3.0, "hidden": [8, 8], "bandwidth": "sql_paper", "start_steps": 10}
    continuous.train("multi_goal", tmp_path / "run", steps=40, **settings)
    config = (tmp_path / "run" / "config.toml").read_text()
    for line in ["temperature = 3", "hidden = [8, 8]", 'bandwidth = "sql_paper"', "start_steps = 10", "steps = 40"]:
        assert line in config.splitlines()
    with pytest.raises(ValueError, match="temperature: must be finite and positive, got -1"):
        continuous.train("multi_goal", tmp_path / "other", temperature=-1.0)
    with pytest.raises(ValueError, match="partciles: unknown key"):
        continuous.train("multi_goal", tmp_path / "other", partciles=3)


@pytest.mark.parametrize("algorithm", ["sac", "td3"])
def test_peers_train_and_sample_in_python(tmp_path, algorithm):
    settings = {"hidden": [8, 8], "start_steps": 10, "batch_size": 8}
    continuous.train("multi_goal", tmp_path / "run", algorithm=algorithm, steps=60, **settings)
    policy = continuous.load_policy(tmp_path / "run")
    assert policy.algorithm == algorithm
    actions = policy.sample(np.zeros((5, 2)), seed=1)
    assert actions.shape == (5, 2) and (np.abs(actions) <= 1).all()
    assert len(np.unique(actions[:, 0])) == (5 if algorithm == "sac" else 1)
    assert np.isfinite(policy.log_prob(np.zeros((5, 2)), actions)).all() == (algorithm == "sac")


def test_ctrl_c_ends_training_in_python(tmp_path):
    run = tmp_path / "run"
    code = f"from softrl import continuous; continuous.train('multi_goal', {str(run)!r}, steps=10_000_000)"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        if (run / "summary.json").exists():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    assert json.loads((run / "summary.json").read_text())["status"] == "interrupted"
    assert continuous.load_policy(run).steps >= 0


def test_everything_has_a_docstring():
    for kind in (continuous.Task, continuous.TrainedPolicy):
        for name, member in vars(kind).items():
            assert name.startswith("_") or member.__doc__, f"{kind.__name__}.{name}"


def test_missing_run_is_said_so(tmp_path):
    with pytest.raises(RuntimeError, match="no such run folder"):
        continuous.load_policy(tmp_path / "none")


def test_task_steps_by_the_stated_law():
    task = continuous.make_task("multi_goal")
    observation, info = task.reset(seed=1)
    assert observation.shape == (2,) and info == {}
    np.testing.assert_array_equal(task.set_state(np.array([4.0, 0.0])), [4.0, 0.0])
    observation, reward, terminated, truncated, info = task.step(np.array([0.5, 0.0]))
    np.testing.assert_array_equal(observation, [4.5, 0.0])
    assert (reward, terminated, truncated, info) == (-7.5 - 0.25 + 10, True, False, {})
    assert set(continuous.task_names()) >= {"multi_goal", "HalfCheetah-v5", "InvertedPendulum-v5"}


def test_validation_plot_shows_what_is_in_the_files(tmp_path):
    """V = x + 10 y on 3 x 2 nodes, learned 1 too large; actions in two dimensions, then in one."""
    values, figures = tmp_path / "values.csv", tmp_path / "figures.json"
    rows = [f"{x},{y},{x + 10 * y},{x + 10 * y + 1}" for x in (0, 1, 2) for y in (0, 1)]
    values.write_text("\n".join(["state_0,state_1,exact,learned", *rows]) + "\n")
    for cells, panels in ((100, 4), (20, 2)):
        learned = [0.0] * cells
        learned[1] = 1.0  # the second cell along the last axis
        policies = [{"state": [0, x], "kl": kl, "exact": [1 / cells] * cells, "learned": learned}
                    for x, kl in ((1, 0.5), (2, None))]  # fmt: skip
        figures.write_text(json.dumps({"task": "lqg", "trained_steps": 7, "value_rmse": 0.1, "policy_kl": policies}))
        figure = plots_continuous.validation(figures, values)
        above, below = figure.subfigs
        exact, _, difference = [axis.images[0].get_array() for axis in above.axes[:3]]
        np.testing.assert_array_equal(exact, [[0, 1, 2], [10, 11, 12]])  # a row per y
        np.testing.assert_array_equal(difference, np.ones((2, 3)))
        assert len(below.axes) == panels
        assert "0.5 nats" in below.axes[-2].get_title() and "infinite" in below.axes[-1].get_title()
        if cells == 100:
            assert below.axes[2].images[0].get_array()[1, 0] == 1.0
        else:
            assert list(below.axes[0].patches[1].get_data().values[:2]) == [0, 1]
    assert pyplot.get_fignums() == []


def test_plots_show_what_is_in_the_files(run, tmp_path):
    paths = tmp_path / "paths.csv"
    paths.write_text("episode,step,x,y\n0,0,0,0\n0,1,2,0\n0,2,4.5,0\n1,0,0,0\n1,1,0,-1\n")
    figure = plots_continuous.trajectories(paths)
    lines = figure.axes[0].get_lines()
    assert len(lines) == 3 and list(lines[0].get_xdata()) == [0, 2, 4.5]
    assert lines[1].get_color() == "black"  # it ends in no goal
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["goal (5, 0)", "goal (-5, 0)", "goal (0, 5)", "goal (0, -5)", "no goal"]
    assert pyplot.get_fignums() == []  # nothing that a caller would have to close
    curve = plots_continuous.learning_curve(run)
    assert curve.axes[0].get_lines()[0].get_xdata()[-1] == 1500


def test_multi_goal_figure_shows_a_run_in_each_column(run, policy):
    figure = plots_continuous.multi_goal_figure([run, run], episodes=40, shown=5)
    for column in figure.subfigs:
        ways, samples, shares = column.subfigs
        (axis,) = ways.axes
        assert [tuple(line.get_xydata()[0]) for line in axis.get_lines()] == [(0, 0)] * 5
        assert axis.get_title() == "sql, 1500 steps: 5 episodes"
        assert [axis.get_title() for axis in samples.axes] == ["(-2.5, 0)", "(0, 0)", "(2.5, 2.5)"]
        counts = continuous.count_goals(continuous.evaluate(policy, episodes=40, start=(0, 0)))
        heights = [bar.get_height() for bar in shares.axes[0].patches]
        assert heights == [goal.share for goal in counts.goals]
    with pytest.raises(ValueError, match="runs must be at least one"):
        plots_continuous.multi_goal_figure([])


def test_learning_curves_have_a_band_where_there_are_seeds(tmp_path):
    table = tmp_path / "curves.csv"
    table.write_text(
        "task,label,seeds,step,return,low,high\n"
        'multi_goal,"sql, discount = 0.9",3,100,1,0,2\nmulti_goal,"sql, discount = 0.9",3,200,2,1.5,4\n'
        "multi_goal,sac,1,100,5,,\n"
    )
    (axis,) = plots_continuous.learning_curves(table).axes
    labels = [text.get_text() for text in axis.get_legend().get_texts()]
    assert labels == ["sql, discount = 0.9 (3 seeds)", "sac (1 seed)"]
    assert [line.get_xydata().tolist() for line in axis.get_lines()] == [[[100, 1], [200, 2]], [[100, 5]]]
    (band,) = axis.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert corners == {(100, 0), (100, 2), (200, 1.5), (200, 4)}
