"""The tasks as Gymnasium environments, and many copies of one at once."""

import pickle
import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from softrl import continuous, environments


@pytest.mark.parametrize("id", environments.IDS)
def test_environments_pass_gymnasiums_checker(id):
    with warnings.catch_warnings():
        warnings.filterwarnings("error")
        # Advice about bounds that are Gymnasium's own, and about render(), which is not called without a render_mode.
        warnings.filterwarnings("ignore", message=".*(infinity|normalized|render)")
        check_env(gymnasium.make(f"softrl/{id}").unwrapped)


def test_every_task_has_an_environment_with_its_time_limit():
    assert sorted(task for task, _ in environments.IDS.values()) == sorted(continuous.task_names())
    for id, (task, limit) in environments.IDS.items():
        assert continuous.make_task(task).time_limit == limit == gymnasium.spec(f"softrl/{id}").max_episode_steps


def test_importing_softrl_registers_them_without_torch():
    code = (
        "import softrl, gymnasium, pathlib; gymnasium.spec('softrl/Ant-v5'); "
        "print('libtorch' in pathlib.Path('/proc/self/maps').read_text())"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr


def test_softrl_does_without_gymnasium():
    code = (
        "import sys, importlib.util as u; find = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'gymnasium' else find(name, *a); "
        "import softrl; print('gymnasium' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr


def test_seeds_follow_gymnasiums_conventions():
    env = gymnasium.make("softrl/LQG-v0")
    action = np.zeros(2, dtype=np.float32)

    def episode(seed=None):
        observation, _ = env.reset(seed=seed)
        return [observation, *(env.step(action)[0] for _ in range(3))]

    first, following = episode(seed=3), episode()
    np.testing.assert_array_equal(episode(seed=3), first)
    np.testing.assert_array_equal(episode(), following)  # np_random goes on as it did
    assert np.abs(np.subtract(first, following)).max() > 1e-3
    env.unwrapped.np_random = np.random.default_rng(8)
    free = episode()
    env.unwrapped.np_random = np.random.default_rng(8)
    np.testing.assert_array_equal(episode(), free)


def test_time_limits_are_gymnasiums_to_set():
    env = gymnasium.make("softrl/MultiGoal-v0", max_episode_steps=40)
    env.reset(seed=1)
    assert [env.step(np.zeros(2))[3] for _ in range(40)] == 39 * [False] + [True]


def test_state_is_set_as_in_gymnasium():
    env = gymnasium.make("softrl/HalfCheetah-v5")
    env.reset(seed=1)
    qpos, qvel = np.linspace(0.0, 0.1, 9), np.linspace(-0.1, 0.0, 9)
    observation = env.unwrapped.set_state(qpos, qvel)
    np.testing.assert_array_equal(observation, np.concatenate([qpos[1:], qvel]))
    np.testing.assert_array_equal(env.unwrapped.state_vector(), np.concatenate([qpos, qvel]))
    assert env.unwrapped.dt == pytest.approx(0.05)
    assert not hasattr(gymnasium.make("softrl/MultiGoal-v0").unwrapped, "dt")


def test_environments_can_be_pickled():
    env = gymnasium.make("softrl/Ant-v5", ctrl_cost_weight=0.0, include_cfrc_ext_in_observation=False).unwrapped
    copy = pickle.loads(pickle.dumps(env))
    np.testing.assert_array_equal(env.reset(seed=1)[0], copy.reset(seed=1)[0])
    for _ in range(3):
        np.testing.assert_array_equal(env.step(np.ones(8))[0], copy.step(np.ones(8))[0])


@pytest.mark.parametrize("id, camera", [("HalfCheetah-v5", "track"), ("InvertedPendulum-v5", None), ("Ant-v5", "track")])
def test_images_of_mujoco_tasks_are_gymnasiums(id, camera, monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "egl")  # which softrl asks for itself
    view = {"render_mode": "rgb_array", "width": 160, "height": 120}
    theirs = gymnasium.make(id, camera_name=camera, **view)
    theirs.action_space.seed(1)
    theirs.reset(seed=1)
    states, images = [], []
    for _ in range(10):
        states.append((theirs.unwrapped.data.qpos.copy(), theirs.unwrapped.data.qvel.copy()))
        theirs.unwrapped.set_state(*states[-1])  # for after step() cameras are a substep behind
        images.append(theirs.render())
        theirs.step(theirs.action_space.sample())
    theirs.close()
    assert np.abs(images[-1].astype(int) - images[0]).max() > 50

    ours, other = (gymnasium.make(f"softrl/{id}", **view) for _ in range(2))
    ours.reset(seed=1)
    other.reset(seed=2)
    for state, expected in zip(states, images):
        ours.unwrapped.set_state(*state)
        np.testing.assert_array_equal(ours.render(), expected)
        assert other.render().shape == (120, 160, 3)  # in turns
    ours.close()
    other.close()


def test_images_of_drawn_tasks_follow_the_state():
    env = gymnasium.make("softrl/Pendulum-v1", render_mode="rgb_array", width=100, height=100)
    env.reset(seed=1)
    centres = []
    for angle in (0.0, np.pi / 2, np.pi, -np.pi / 2):
        env.unwrapped.set_state([angle, 0.0])
        image = env.render().astype(int)
        assert image.shape == (100, 100, 3)
        rows, columns = np.nonzero(image[..., 0] - image[..., 2] > 60)
        centres.append((columns.mean() - 50, rows.mean() - 50))
    up, left, down, right = np.round(np.array(centres) / 5)
    assert up[1] < -1 and down[1] > 1 and left[0] < -1 and right[0] > 1
    assert abs(up[0]) <= 1 and abs(down[0]) <= 1 and abs(left[1]) <= 1 and abs(right[1]) <= 1


def test_views_are_checked():
    with pytest.raises(ValueError, match="render_mode must be None or rgb_array, got 'human'"):
        environments.TaskEnvironment("multi_goal", render_mode="human")
    with pytest.raises(ValueError, match="camera must be one of track, got side"):
        environments.TaskEnvironment("Hopper-v5", render_mode="rgb_array", camera_name="side").render()
    with pytest.raises(ValueError, match="width must be in .64, 4096., got 5000"):
        environments.TaskEnvironment("lqg", render_mode="rgb_array", width=5000).render()


@pytest.mark.parametrize("threads", [1, 2])
def test_copies_at_once_are_the_task_alone(threads):
    vector = continuous.VectorEnvironment("Hopper-v5", 3, threads, healthy_reward=0.5)
    assert (vector.copies, vector.threads) == (3, threads)
    alone = [continuous.make_task("Hopper-v5", healthy_reward=0.5) for _ in range(3)]
    observations = vector.reset(seed=4)
    np.testing.assert_array_equal(observations, [task.reset(seed=4 + i)[0] for i, task in enumerate(alone)])
    rng = np.random.default_rng(1)
    ends = 0
    for _ in range(200):
        actions = rng.uniform(-1, 1, size=(3, 3))
        observations, rewards, terminated, truncated, next_observations = vector.step(actions)
        info = vector.info()
        for i, task in enumerate(alone):
            *expected, expected_info = task.step(actions[i])
            np.testing.assert_array_equal(next_observations[i], expected[0])
            assert [rewards[i], terminated[i], truncated[i]] == expected[1:]
            assert {key: values[i] for key, values in info.items()} == expected_info
            over = terminated[i] or truncated[i]
            np.testing.assert_array_equal(observations[i], task.reset()[0] if over else expected[0])
            ends += over
    assert ends > 3
    with pytest.raises(ValueError, match="two dimensions, a row for each, got shape .3,."):
        vector.step([1, 2, 3])
    vector.step([[0, 0, 0], [0, 0, 0], [0, 0, 0]])
    with pytest.raises(ValueError, match="rows of actions must have 3 entries, got 2"):
        vector.step(np.zeros((2, 3)))


def test_vector_environments_are_gymnasiums_of_the_same_copies():
    """make_vec(): what Gymnasium's own vectorisation says of the same environments, where an episode starts apart."""
    mode = gymnasium.vector.AutoresetMode.SAME_STEP
    ours = gymnasium.make_vec("softrl/Hopper-v5", num_envs=4, threads=2, max_episode_steps=15)
    theirs = gymnasium.make_vec(
        "softrl/Hopper-v5", num_envs=4, max_episode_steps=15, vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": mode},
    )  # fmt: skip
    assert isinstance(ours, environments.TaskVectorEnvironment)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"] == mode
    for name in ("observation_space", "action_space", "single_observation_space", "single_action_space"):
        assert getattr(ours, name) == getattr(theirs, name)
    observations, _ = ours.reset(seed=3)
    theirs.reset(seed=3)
    for i, env in enumerate(theirs.envs):  # the same start
        task = continuous.make_task("Hopper-v5")
        task.reset(seed=3 + i)
        env.unwrapped.set_state(task.state)
    rng = np.random.default_rng(1)
    alive = np.full(4, True)
    while alive.any():  # each copy until its first end: where it starts again is its own affair
        actions = rng.uniform(-1, 1, size=(4, 3)).astype(np.float32)
        observations, rewards, terminated, truncated, infos = ours.step(actions)
        expected = theirs.step(actions)
        np.testing.assert_array_equal(rewards[alive], expected[1][alive])
        np.testing.assert_array_equal(terminated[alive], expected[2][alive])
        np.testing.assert_array_equal(truncated[alive], expected[3][alive])
        over = terminated | truncated
        np.testing.assert_array_equal(observations[alive & ~over], expected[0][alive & ~over])
        for i in np.flatnonzero(alive & over):
            np.testing.assert_array_equal(infos["final_obs"][i], expected[4]["final_obs"][i])
            for key in expected[4]["final_info"]:
                assert infos["final_info"][key][i] == expected[4]["final_info"][key][i], key
            assert not infos["_x_velocity"][i] and infos["_final_obs"][i] and infos["_final_info"][i]
        for i in np.flatnonzero(alive & ~over):
            for key in ("x_position", "_x_position", "x_velocity", "_x_velocity", "reward_survive"):
                assert infos[key][i] == expected[4][key][i], key
        alive &= ~over


def test_vector_environments_are_seeded():
    envs = gymnasium.make_vec("softrl/LQG-v0", num_envs=3)

    def episode(seed=None):
        first, _ = envs.reset(seed=seed)
        return [first, *(envs.step(np.zeros((3, 2)))[0] for _ in range(3))]

    first, following = episode(seed=5), episode()
    np.testing.assert_array_equal(episode(seed=5), first)
    np.testing.assert_array_equal(episode(), following)
    assert np.abs(np.subtract(first, following)).max() > 1e-3


def test_arrays_in_an_info_stay_arrays():
    vector = continuous.VectorEnvironment("Humanoid-v5", 2)
    vector.reset(seed=1)
    vector.step(np.zeros((2, 17)))
    info = vector.info()
    assert info["tendon_length"].shape == (2, 2) and info["x_position"].shape == (2,)
    task = continuous.make_task("Humanoid-v5")
    assert task.reset(seed=1)[1]["tendon_length"].shape == (2,)


def test_lqg_is_solved_in_closed_form():
    """P solves the Riccati equation of the system that continuous/lqg.hpp states, and the rest follows from it."""
    solution = continuous.lqg_solution(temperature=0.1, discount=0.95)
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    A, B, Q, R, P = 0.95 * turn, 0.5 * np.eye(2), np.eye(2), 0.5 * np.eye(2), solution.P
    M = R + 0.95 * B.T @ P @ B
    gain = 0.95 * np.linalg.solve(M, B.T @ P @ A)
    np.testing.assert_allclose(P, Q + 0.95 * A.T @ P @ (A - B @ gain), atol=1e-12)
    np.testing.assert_allclose(solution.gain, gain, atol=1e-12)
    np.testing.assert_allclose(solution.covariance, 0.05 * np.linalg.inv(M), atol=1e-12)
    with pytest.raises(ValueError, match="discount"):
        continuous.lqg_solution(temperature=0.1, discount=1.0)


def test_everything_has_a_docstring():
    for kind in (continuous.Task, continuous.VectorEnvironment, continuous.LqgSolution):
        for name, member in vars(kind).items():
            assert name.startswith("_") or member.__doc__, f"{kind.__name__}.{name}"
