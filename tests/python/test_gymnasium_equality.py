"""The tasks that Gymnasium has are Gymnasium's: the same observation, reward, termination, truncation and info at every
step, from the same state on, for the default options and others; directly and as Gymnasium environments."""

import inspect

import gymnasium
import numpy as np
import pytest

from softrl import continuous

STEPS = 1000
KINDS = ["random", "extreme", "outside"]

# Options under which every line of Gymnasium's source that has an option runs with another value than by default.
OPTIONS = {
    "Ant-v5": dict(forward_reward_weight=0.7, ctrl_cost_weight=0.2, contact_cost_weight=0.01, healthy_reward=0.3,
                   main_body="torso", healthy_z_range=(0.3, 0.9), contact_force_range=(-0.5, 2.0),
                   reset_noise_scale=0.05, exclude_current_positions_from_observation=False, frame_skip=3),
    "HalfCheetah-v5": dict(forward_reward_weight=0.7, ctrl_cost_weight=0.2, reset_noise_scale=0.05, frame_skip=4,
                           exclude_current_positions_from_observation=False),
    "Hopper-v5": dict(forward_reward_weight=0.7, ctrl_cost_weight=0.2, healthy_reward=0.3, frame_skip=5,
                      healthy_state_range=(-3.0, 3.0), healthy_z_range=(0.8, 1.4), healthy_angle_range=(-0.1, 0.3),
                      reset_noise_scale=0.01, exclude_current_positions_from_observation=False),
    "Humanoid-v5": dict(forward_reward_weight=0.7, ctrl_cost_weight=0.2, contact_cost_weight=1e-4,
                        contact_cost_range=(0.5, 3.0), healthy_reward=2.0, healthy_z_range=(1.1, 1.9),
                        reset_noise_scale=0.02, exclude_current_positions_from_observation=False,
                        include_cvel_in_observation=False, include_qfrc_actuator_in_observation=False, frame_skip=3),
    "HumanoidStandup-v5": dict(uph_cost_weight=2.0, ctrl_cost_weight=0.2, impact_cost_weight=1e-4,
                               impact_cost_range=(0.5, 3.0), reset_noise_scale=0.02,
                               exclude_current_positions_from_observation=False, include_cinert_in_observation=False,
                               include_cfrc_ext_in_observation=False, frame_skip=3),
    "InvertedDoublePendulum-v5": dict(healthy_reward=3.0, reset_noise_scale=0.05, frame_skip=4),
    "InvertedPendulum-v5": dict(reset_noise_scale=0.05, frame_skip=3),
    "Pusher-v5": dict(reward_near_weight=0.3, reward_dist_weight=0.7, reward_control_weight=0.2, frame_skip=3),
    "Reacher-v5": dict(reward_dist_weight=0.7, reward_control_weight=0.2, frame_skip=4),
    "Swimmer-v5": dict(forward_reward_weight=0.7, ctrl_cost_weight=0.2, reset_noise_scale=0.05, frame_skip=3,
                       exclude_current_positions_from_observation=False),
    "Walker2d-v5": dict(forward_reward_weight=0.7, ctrl_cost_weight=0.2, healthy_reward=0.3, frame_skip=3,
                        healthy_z_range=(0.9, 1.4), healthy_angle_range=(-0.5, 0.3), reset_noise_scale=0.01,
                        exclude_current_positions_from_observation=False),
}  # fmt: skip
# With terminate_when_unhealthy off these go on where they would have terminated.
NEVER_ENDING = ["Ant-v5", "Hopper-v5", "Humanoid-v5", "Walker2d-v5"]
FALLING = ["Ant-v5", "Hopper-v5", "Humanoid-v5", "InvertedDoublePendulum-v5", "InvertedPendulum-v5", "Walker2d-v5"]


def actions(kind, low, high, steps, rng):
    if kind == "random":
        return rng.uniform(low, high, size=(steps, low.size))
    if kind == "extreme":
        return np.where(rng.random((steps, low.size)) < 0.5, low, high)
    return rng.uniform(2.0 * low, 2.0 * high, size=(steps, low.size))  # MuJoCo cuts it, most costs do not


def assert_same_info(ours, theirs, where):
    assert ours.keys() == theirs.keys(), where
    for key in theirs:
        np.testing.assert_allclose(ours[key], theirs[key], rtol=0, atol=1e-10, err_msg=f"{key}, {where}")
        assert np.shape(ours[key]) == np.shape(theirs[key]), f"{key}, {where}"


def compare(name, options, kind, seed):
    """STEPS steps of both, each episode from the state that Gymnasium was reset to; returns how many terminated."""
    theirs = gymnasium.make(name, **options)
    ours = gymnasium.make(f"softrl/{name}", **options)
    assert ours.spec.max_episode_steps == theirs.spec.max_episode_steps
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.unwrapped.dt == theirs.unwrapped.dt
    rng = np.random.default_rng(seed)
    low, high = (x.astype(float) for x in (ours.action_space.low, ours.action_space.high))
    over, terminations = True, 0
    for t, action in enumerate(actions(kind, low, high, STEPS, rng)):
        where = f"step {t}"
        if over:
            expected, expected_info = theirs.reset(seed=seed + 1000 * t)
            data = theirs.unwrapped.data
            _, info = ours.reset(seed=t)
            assert info.keys() == expected_info.keys()
            observation = ours.unwrapped.set_state(data.qpos, data.qvel)
            np.testing.assert_allclose(observation, expected, rtol=0, atol=1e-10)
            np.testing.assert_array_equal(ours.unwrapped.state_vector(), theirs.unwrapped.state_vector())
        expected, reward, terminated, truncated, expected_info = theirs.step(action)
        observation, our_reward, our_terminated, our_truncated, info = ours.step(action)
        np.testing.assert_allclose(observation, expected, rtol=0, atol=1e-10, err_msg=where)
        assert our_reward == pytest.approx(reward, rel=0, abs=1e-10), where
        assert (our_terminated, our_truncated) == (terminated, truncated), where
        assert_same_info(info, expected_info, where)
        over = terminated or truncated
        terminations += terminated
    if name not in FALLING or options.get("terminate_when_unhealthy") is False:
        assert truncated and terminations == 0  # the thousandth step is the end of an episode of 50, 100 or 1,000
    return terminations


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(2))
def test_steps_are_gymnasiums(name, kind, seed):
    terminations = compare(name, {}, kind, seed)
    if name in FALLING and kind != "random":
        assert terminations > 0  # so that terminations were compared too


@pytest.mark.parametrize("name", OPTIONS)
def test_steps_with_options_are_gymnasiums(name):
    compare(name, OPTIONS[name], "outside", seed=5)


@pytest.mark.parametrize("name", NEVER_ENDING)
def test_unhealthy_steps_are_gymnasiums(name):
    compare(name, {"terminate_when_unhealthy": False}, "extreme", seed=6)


def test_every_option_of_gymnasium_is_ours():
    """By name and by default: of everything but how it is rendered."""
    for name in OPTIONS:
        make = gymnasium.envs.registration.load_env_creator(gymnasium.spec(name).entry_point)
        ours = continuous.task_options(name)
        theirs = {
            key: parameter.default
            for key, parameter in inspect.signature(make).parameters.items()
            if key not in ("default_camera_config", "kwargs")
        }
        assert set(ours) == set(theirs) | {"max_episode_steps"}
        assert set(OPTIONS[name]) <= set(theirs)
        for key, default in theirs.items():
            text = ours[key]
            if isinstance(default, bool):
                assert text == str(default).lower(), f"{name} {key}"
            elif isinstance(default, tuple):
                assert tuple(map(float, text.strip("[]").split(","))) == default, f"{name} {key}"
            elif isinstance(default, str):
                assert text == default, f"{name} {key}"
            else:
                assert float(text) == default, f"{name} {key}"


@pytest.mark.parametrize("options", [{}, {"g": 9.81}])
@pytest.mark.parametrize("kind", KINDS)
def test_pendulum_is_gymnasiums(options, kind):
    """Gymnasium rounds observations to single precision; the state, and with it the reward, is double."""
    theirs, ours = gymnasium.make("Pendulum-v1", **options), gymnasium.make("softrl/Pendulum-v1", **options)
    assert ours.spec.max_episode_steps == theirs.spec.max_episode_steps
    assert ours.unwrapped.dt == theirs.unwrapped.dt
    np.testing.assert_array_equal(ours.observation_space.high, theirs.observation_space.high)
    np.testing.assert_array_equal(ours.action_space.high, theirs.action_space.high)
    over = True
    for t, action in enumerate(actions(kind, np.array([-2.0]), np.array([2.0]), STEPS, np.random.default_rng(1))):
        if over:
            expected, _ = theirs.reset(seed=t)
            ours.reset(seed=t)
            np.testing.assert_allclose(ours.unwrapped.set_state(theirs.unwrapped.state), expected, rtol=0, atol=1e-6)
        expected, reward, terminated, truncated, _ = theirs.step(action)
        observation, our_reward, our_terminated, our_truncated, info = ours.step(action)
        np.testing.assert_allclose(observation, expected, rtol=0, atol=1e-6, err_msg=f"step {t}")
        np.testing.assert_allclose(ours.unwrapped.state_vector(), theirs.unwrapped.state, rtol=0, atol=1e-10)
        assert our_reward == pytest.approx(reward, rel=0, abs=1e-10)
        assert (our_terminated, our_truncated, info) == (terminated, truncated, {})
        over = truncated
    assert our_truncated


@pytest.mark.parametrize("name", [*OPTIONS, "Pendulum-v1"])
def test_resets_have_gymnasiums_law(name):
    """Mean and variance of 1,500 resets agree, each within 6 standard errors: false alarm below 1e-5 in all. The bound
    on the variance is met only by laws of like shape at the edges, which the largest deviations check."""
    count = 1500
    theirs, ours = gymnasium.make(name), continuous.make_task(name)
    theirs.reset(seed=1)
    ours.reset(seed=1)

    def state(env):
        data = getattr(env.unwrapped, "data", None)
        return env.unwrapped.state.copy() if data is None else np.concatenate([data.qpos, data.qvel])

    a = np.array([(theirs.reset(), state(theirs))[1] for _ in range(count)])
    b = np.array([(ours.reset(), ours.state)[1] for _ in range(count)])
    error_of_mean = np.sqrt((a.var(axis=0) + b.var(axis=0)) / count)
    assert np.all(np.abs(a.mean(axis=0) - b.mean(axis=0)) <= 6.0 * error_of_mean + 1e-12)

    def error_of_variance(x):
        return ((x - x.mean(axis=0)) ** 2).std(axis=0) / np.sqrt(count)

    tolerance = 6.0 * np.hypot(error_of_variance(a), error_of_variance(b)) + 1e-12
    assert np.all(np.abs(a.var(axis=0) - b.var(axis=0)) <= tolerance)
    spread_a, spread_b = (np.abs(x - a.mean(axis=0)).max(axis=0) for x in (a, b))
    assert np.all(spread_b <= 1.5 * spread_a + 1e-12) and np.all(spread_a <= 1.5 * spread_b + 1e-12)


def test_a_seed_gives_the_same_episode():
    ours = continuous.make_task("HalfCheetah-v5")
    first, _ = ours.reset(seed=5)
    again, _ = ours.reset(seed=5)
    other, _ = ours.reset(seed=6)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_bad_actions_and_states_are_refused():
    ours = continuous.make_task("HalfCheetah-v5")
    ours.reset(seed=1)
    with pytest.raises(ValueError, match="action must have 6 entries, got 5"):
        ours.step(np.zeros(5))
    with pytest.raises(ValueError, match="action must be finite, got nan"):
        ours.step(np.full(6, np.nan))
    with pytest.raises(ValueError, match="state must be finite, got inf"):
        ours.set_state(np.full(18, np.inf))


def test_unknown_names_come_with_the_nearest():
    with pytest.raises(ValueError, match="unknown task Swimer-v5 .did you mean Swimmer-v5.*multi_goal"):
        continuous.make_task("Swimer-v5")
    with pytest.raises(ValueError, match="unknown option of Ant-v5: ctrl_cost .did you mean ctrl_cost_weight"):
        gymnasium.make("softrl/Ant-v5", ctrl_cost=0.1)
