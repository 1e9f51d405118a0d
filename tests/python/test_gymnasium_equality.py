"""The MuJoCo tasks are Gymnasium's: the same observation, reward, termination, truncation and info at every step."""

import gymnasium
import numpy as np
import pytest

from softrl import continuous

STEPS = 1000
KINDS = ["random", "extreme", "outside"]


def actions(kind, low, high, steps, rng):
    if kind == "random":
        return rng.uniform(low, high, size=(steps, low.size))
    if kind == "extreme":
        return np.where(rng.random((steps, low.size)) < 0.5, low, high)
    return rng.uniform(2.0 * low, 2.0 * high, size=(steps, low.size))  # MuJoCo cuts it, the cost of HalfCheetah does not


@pytest.mark.parametrize("name", ["InvertedPendulum-v5", "HalfCheetah-v5"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_steps_are_gymnasiums(name, kind, seed):
    theirs = gymnasium.make(name)
    ours = continuous.make_task(name)
    assert ours.time_limit == theirs.spec.max_episode_steps
    np.testing.assert_array_equal(ours.action_low, theirs.action_space.low)
    np.testing.assert_array_equal(ours.action_high, theirs.action_space.high)
    rng = np.random.default_rng(seed)
    low, high = ours.action_low, ours.action_high
    episode_over = True
    episodes = 0
    for t, action in enumerate(actions(kind, low, high, STEPS, rng)):
        if episode_over:
            expected, _ = theirs.reset(seed=seed + 1000 * t)
            data = theirs.unwrapped.data
            ours.reset(seed=t)
            observation = ours.set_state(np.concatenate([data.qpos, data.qvel]))
            np.testing.assert_allclose(observation, expected, rtol=0, atol=1e-10)
            episodes += 1
        expected, reward, terminated, truncated, info = theirs.step(action)
        observation, our_reward, our_terminated, our_truncated, our_info = ours.step(action)
        np.testing.assert_allclose(observation, expected, rtol=0, atol=1e-10, err_msg=f"step {t}")
        assert our_reward == pytest.approx(reward, rel=0, abs=1e-10), f"step {t}"
        assert (our_terminated, our_truncated) == (terminated, truncated), f"step {t}"
        assert our_info.keys() == info.keys()
        for key in info:
            assert our_info[key] == pytest.approx(info[key], rel=0, abs=1e-10), f"{key}, step {t}"
        episode_over = terminated or truncated
    if name == "HalfCheetah-v5":
        assert episodes == 1 and our_truncated  # the thousandth step is the time limit
    else:
        assert episodes > 10  # it falls quickly, so terminations were compared too


@pytest.mark.parametrize("name", ["InvertedPendulum-v5", "HalfCheetah-v5"])
def test_resets_have_gymnasiums_law(name):
    """Mean and variance of 4,000 resets agree, each within 6 standard errors: false alarm below 1e-6 in all."""
    count = 4000
    theirs = gymnasium.make(name)
    ours = continuous.make_task(name)
    theirs.reset(seed=1)
    ours.reset(seed=1)
    a = np.array([theirs.reset()[0] for _ in range(count)])
    b = np.array([ours.reset()[0] for _ in range(count)])
    error_of_mean = np.sqrt((a.var(axis=0) + b.var(axis=0)) / count)
    assert np.all(np.abs(a.mean(axis=0) - b.mean(axis=0)) < 6.0 * error_of_mean)

    def error_of_variance(x):
        return ((x - x.mean(axis=0)) ** 2).std(axis=0) / np.sqrt(count)

    tolerance = 6.0 * np.hypot(error_of_variance(a), error_of_variance(b))
    assert np.all(np.abs(a.var(axis=0) - b.var(axis=0)) < tolerance)
    assert np.abs(b).max() <= np.abs(a).max() * 1.5


def test_a_seed_gives_the_same_episode():
    ours = continuous.make_task("HalfCheetah-v5")
    first, _ = ours.reset(seed=5)
    again, _ = ours.reset(seed=5)
    other, _ = ours.reset(seed=6)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_bad_actions_are_refused():
    ours = continuous.make_task("HalfCheetah-v5")
    ours.reset(seed=1)
    with pytest.raises(ValueError, match="action must have 6 entries, got 5"):
        ours.step(np.zeros(5))
    with pytest.raises(ValueError, match="action must be finite, got nan"):
        ours.step(np.full(6, np.nan))


def test_unknown_task_lists_the_known_ones():
    with pytest.raises(ValueError, match="unknown task Swimmer.*HalfCheetah-v5.*multi_goal"):
        continuous.make_task("Swimmer")
