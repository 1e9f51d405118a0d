"""softrl.continuous: a trained policy in NumPy, tasks, plots."""

import numpy as np
import pytest

from softrl import continuous, plots_continuous


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "mg"
    continuous.train("multi_goal", folder, seed=2, steps=1500)
    return folder


@pytest.fixture(scope="module")
def policy(run):
    return continuous.load_policy(run)


def test_policy_says_what_it_is(policy):
    assert (policy.task, policy.steps, policy.temperature) == ("multi_goal", 1500, 10.0)


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


def test_log_prob_is_the_density_of_the_samples(policy):
    """20,000 samples in 6 x 6 cells against the density's integral, within 6 deviations and the quadrature's error."""
    count, cells, points = 20_000, 6, 4
    actions = policy.sample(np.zeros((count, 2)), seed=1)
    shares = np.histogram2d(*actions.T, bins=cells, range=[[-1, 1], [-1, 1]])[0] / count
    grid = (np.arange(cells * points) + 0.5) / (cells * points) * 2 - 1
    at = np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(policy.log_prob(np.zeros_like(at), at)).reshape(cells, points, cells, points)
    mass = density.sum(axis=(1, 3)) * (2 / (cells * points)) ** 2
    assert np.all(np.abs(shares - mass) < 6 * np.sqrt(np.maximum(shares, 1e-3) / count) + 0.01 + 0.1 * mass)
    assert mass.sum() == pytest.approx(1, abs=0.1)
    assert policy.log_prob(np.zeros((1, 2)), np.array([[1.5, 0.0]]))[0] == -np.inf


def test_bad_shapes_are_value_errors(policy):
    with pytest.raises(ValueError, match="observation must have 2 entries, got 3"):
        policy.sample(np.zeros((4, 3)), seed=1)
    with pytest.raises(ValueError, match="rows of actions must have 4 entries, got 5"):
        policy.q_values(np.zeros((4, 2)), np.zeros((5, 2)))


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


def test_plots_show_what_is_in_the_files(run, tmp_path):
    paths = tmp_path / "paths.csv"
    paths.write_text("episode,step,x,y\n0,0,0,0\n0,1,2,0\n0,2,4.5,0\n1,0,0,0\n1,1,0,-1\n")
    figure = plots_continuous.trajectories(paths)
    lines = figure.axes[0].get_lines()
    assert len(lines) == 2 and list(lines[0].get_xdata()) == [0, 2, 4.5]
    assert lines[1].get_color() == "black"  # it ends in no goal
    curve = plots_continuous.learning_curve(run)
    assert curve.axes[0].get_lines()[0].get_xdata()[-1] == 1500
