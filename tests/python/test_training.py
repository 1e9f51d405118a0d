"""softrl.train on environments of Python's: what they do is what is learned from, what they say wrongly is refused."""

import csv
import json
import pathlib
import signal
import subprocess
import sys
import time
import tomllib

import gymnasium
import numpy as np
import pytest

import softrl
from softrl import continuous, environments

SMALL = {"hidden": [16, 16], "batch_size": 8, "start_steps": 50, "log_interval": 50, "checkpoint_interval": 100}
PEERS = ["sql", "sac", "ddpg"]


def metrics(run):
    """The rows of metrics.csv without times."""
    rows = csv.DictReader((pathlib.Path(run) / "metrics.csv").open())
    return [{key: value for key, value in row.items() if "second" not in key} for row in rows]


class Point(gymnasium.Env):
    """A point on a line, pushed by the action; ten steps. Its start depends on the seed."""

    def __init__(self, low=-1.0, high=1.0, size=2):
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float64)
        self.action_space = gymnasium.spaces.Box(low, high, (1,), np.float64)
        self.seeds, self.actions, self.returns, self.steps, self.starts = [], [], [], 0, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.seeds.append(seed)
        self.starts += 1
        self.returns.append(0.0)
        self.x, self.elapsed = self.np_random.normal(), 0
        return self.observation(), {}

    def observation(self):
        return np.full(self.observation_space.shape, self.x)

    def reward(self):
        return -abs(self.x)

    def step(self, action):
        assert self.action_space.contains(action)
        self.steps += 1
        self.elapsed += 1
        self.x += 0.1 * action[0]
        self.actions.append(action[0])
        self.returns[-1] += self.reward()
        return self.observation(), self.reward(), False, self.elapsed == 10, {}


class Resumable(Point):
    def get_state(self):
        return json.dumps([self.x, self.elapsed, self.np_random.bit_generator.state]).encode() + b"\x80\x00"

    def set_state(self, state):
        assert state.endswith(b"\x80\x00")
        self.x, self.elapsed, self.np_random.bit_generator.state = json.loads(state[:-2])


@pytest.mark.parametrize("algorithm", PEERS)
def test_a_registered_environment_is_the_task_behind_it(tmp_path, algorithm):
    """gymnasium.make("softrl/Pendulum-v1"), wrappers and all, and a class of the user's round the same task: the same
    numbers to the last bit. (That a task as an environment is the task itself, a test in C++ shows.)"""
    made = gymnasium.make("softrl/Pendulum-v1")
    made.unwrapped.action_space = gymnasium.spaces.Box(-2, 2, (1,), np.float64)  # as precise as the other
    made.unwrapped.reset = lambda *, seed=None, options=None: made.unwrapped.task.reset(seed=seed)

    class Own:
        def __init__(self):
            self.task = continuous.make_task("Pendulum-v1")
            self.observation_space, _ = environments.spaces(self.task)
            self.action_space = gymnasium.spaces.Box(-2, 2, (1,), np.float64)
            self.reset, self.step = self.task.reset, self.task.step

    for env, out in ((made, "made"), (Own(), "own")):
        softrl.train(env, tmp_path / out, algorithm=algorithm, steps=450, **SMALL)
    assert metrics(tmp_path / "made") == metrics(tmp_path / "own")
    assert tomllib.loads((tmp_path / "made" / "config.toml").read_text())["task"] == "custom/softrl/Pendulum-v1"
    assert tomllib.loads((tmp_path / "own" / "config.toml").read_text())["task"] == "custom/Own"
    policies = [continuous.load_policy(tmp_path / out) for out in ("made", "own")]
    assert policies[0].task == "custom/softrl/Pendulum-v1"
    observations = np.random.default_rng(1).uniform(-1, 1, size=(20, 3))
    actions = [policy.sample(observations, seed=1) for policy in policies]
    np.testing.assert_array_equal(*actions)
    assert np.abs(actions[0]).max() <= 2


def test_the_task_by_name_and_as_gymnasiums_learn_alike(tmp_path):
    """After 50 uniform steps both have seen episodes of Pendulum-v1: returns of the same size as Gymnasium's own random
    ones, about -1200 with a deviation of 300."""
    returns = [
        softrl.train(env, tmp_path / out, steps=2000, **SMALL | {"start_steps": 2000})
        for env, out in (("Pendulum-v1", "task"), (gymnasium.make("softrl/Pendulum-v1"), "made"))
    ]
    assert tomllib.loads((tmp_path / "task" / "config.toml").read_text())["task"] == "Pendulum-v1"
    assert returns[0] == pytest.approx(returns[1], abs=600)  # 4.5 deviations of a difference of means of ten


@pytest.mark.parametrize("algorithm", PEERS)
def test_what_the_environment_does_is_what_is_learned_from(tmp_path, algorithm):
    env = Point(low=-3.0, high=1.0)
    mean_return = softrl.train(env, tmp_path / "run", algorithm=algorithm, steps=200, seed=7, **SMALL)
    assert env.steps == 200 and env.starts == 21
    assert env.seeds[0] is not None and env.seeds[1:] == [None] * 20
    assert mean_return == pytest.approx(np.mean(env.returns[:20]))
    for row, first in zip(metrics(tmp_path / "run"), range(0, 20, 5), strict=True):
        assert float(row["return"]) == pytest.approx(np.mean(env.returns[first : first + 5]), rel=1e-8)
    uniform = np.array(env.actions[:49])
    assert uniform.min() < -2.5 and uniform.max() > 0.5  # all of the box
    again = Point(low=-3.0, high=1.0)
    softrl.train(again, tmp_path / "again", algorithm=algorithm, steps=200, seed=7, **SMALL)
    assert again.actions == env.actions


def test_several_environments_are_stepped_together(tmp_path):
    pair = [Point(), Point()]
    softrl.train(pair, tmp_path / "list", steps=200, **SMALL)
    made = []

    def make():
        made.append(Point())
        return made[-1]

    softrl.train(make, tmp_path / "made", steps=200, environments=2, **SMALL)
    assert [env.actions for env in made] == [env.actions for env in pair] and pair[0].steps == 100
    assert pair[1].seeds[0] == pair[0].seeds[0] + 1
    assert metrics(tmp_path / "list") == metrics(tmp_path / "made")
    assert "environments = 2" in (tmp_path / "list" / "config.toml").read_text().splitlines()


def test_an_environment_that_saves_its_state_is_resumed_to_the_bit(tmp_path):
    options = SMALL | {"checkpoint_interval": 50}
    softrl.train([Resumable(), Resumable()], tmp_path / "whole", steps=310, **options)
    softrl.train([Resumable(), Resumable()], tmp_path / "halves", steps=150, **options)  # in the middle of an episode
    softrl.resume(tmp_path / "halves", [Resumable(), Resumable()], steps=310)
    assert metrics(tmp_path / "halves") == metrics(tmp_path / "whole")


def test_other_environments_begin_a_new_episode(tmp_path):
    softrl.train(Point(), tmp_path / "run", steps=105, **SMALL)
    env = Point()
    softrl.resume(tmp_path / "run", env, steps=205)
    assert env.steps == 100 and env.starts == 2 + 10  # the first start is the run's own, the second the resumed one
    assert len(env.returns) == 12 and env.returns[0] == 0.0
    rows = metrics(tmp_path / "run")
    assert [row["step"] for row in rows] == ["50", "100", "105", "150", "200", "205"]
    assert float(rows[3]["length"]) == 10.0  # the half episode before does not count
    with pytest.raises(ValueError, match="the run is of custom/Point, not of custom/Resumable"):
        softrl.resume(tmp_path / "run", Resumable(), steps=300)
    with pytest.raises(ValueError, match="custom/Point is not a task .* softrl.resume"):
        softrl.resume(tmp_path / "run", steps=300)
    with pytest.raises(RuntimeError, match="no such run folder"):
        softrl.resume(tmp_path / "none", Point(), steps=300)


@pytest.mark.parametrize(
    "member, value, says",
    [
        ("observation", lambda: np.array([0.0, np.nan]), r"observation\[1\] must be finite, got nan"),
        ("observation", lambda: np.array([np.inf, 0.0]), r"observation\[0\] must be finite, got inf"),
        ("observation", lambda: np.zeros((2, 1)), r"the observation must have shape \(2,\), got \(2, 1\)"),
        ("observation", lambda: np.zeros(3), r"the observation must have shape \(2,\), got \(3,\)"),
        ("observation", lambda: {"a": 1}, r"the observation must be an array of numbers, got \{'a': 1\}"),
        ("reward", lambda: float("nan"), "the reward must be finite, got nan"),
        ("reward", lambda: "much", "the reward must be a number, got 'much'"),
    ],
)
def test_bad_outcomes_are_named_and_keep_the_last_checkpoint(tmp_path, member, value, says):
    class Bad(Point):
        def step(self, action):
            if self.steps == 236:
                setattr(self, member, value)
                self.returns[-1] = 0
                self.steps += 1
                return self.observation(), self.reward(), False, False, {}
            return super().step(action)

    with pytest.raises(ValueError, match=f"^custom/Bad: environment 0, step 237: {says}$"):
        softrl.train(Bad(), tmp_path / "run", steps=400, **SMALL)
    assert continuous.load_policy(tmp_path / "run").steps == 200
    assert softrl.resume(tmp_path / "run", Bad(), steps=240) < 0


def test_a_bad_start_leaves_nothing(tmp_path):
    class Bad(Point):
        def observation(self):
            return np.array([0.0, np.nan])

    with pytest.raises(ValueError, match=r"environment 0, start of an episode after step 0: observation\[1\]"):
        softrl.train(Bad(), tmp_path / "run", steps=400, **SMALL)
    assert not (tmp_path / "run").exists()


def test_exceptions_pass_unchanged(tmp_path):
    class Unplugged(Exception):
        pass

    error = Unplugged("the robot")

    class Robot(Point):
        def step(self, action):
            if self.steps == 150:
                raise error
            return super().step(action)

    with pytest.raises(Unplugged) as caught:
        softrl.train(Robot(), tmp_path / "run", steps=400, **SMALL)
    assert caught.value is error
    assert continuous.load_policy(tmp_path / "run").steps == 100


def test_ctrl_c_leaves_a_checkpoint_of_the_moment(tmp_path):
    run = tmp_path / "run"
    code = f"""
import sys; sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r})
import softrl, test_training
softrl.train(test_training.Point(), {str(run)!r}, steps=10_000_000, checkpoint_interval=5_000_000)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        if (run / "metrics.csv").exists() and len((run / "metrics.csv").read_text().splitlines()) > 1:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors and "Point" not in errors
    assert json.loads((run / "summary.json").read_text())["status"] == "interrupted"
    assert continuous.load_policy(run).steps >= 500


def box(low, high, shape, kind=np.float64):
    return gymnasium.spaces.Box(low, high, shape, kind)


@pytest.mark.parametrize(
    "spaces, words",
    [
        ({"action_space": box(-np.inf, np.inf, (2,))}, r"action space must have finite bounds, got \[-inf, inf\]"),
        ({"action_space": box(0.0, np.array([1.0, np.inf]), (2,))}, r"must have finite bounds, got \[0.0, inf\]"),
        ({"action_space": box(1.0, 1.0, (2,))}, r"must have finite bounds, got \[1.0, 1.0\]"),
        ({"action_space": box(-1, 1, (2, 2))}, r"action space must be a Box of one dimension .*\(2, 2\)"),
        ({"action_space": box(-1, 1, (2,), np.int64)}, "Box of one dimension of real numbers.*int64"),
        ({"action_space": gymnasium.spaces.Discrete(3)}, r"action space must be a Box .* got Discrete\(3\)"),
        ({"observation_space": box(0, 1, (8, 8, 3))}, r"observation space .* got Box.*\(8, 8, 3\).*FlattenObservation"),
        ({"observation_space": gymnasium.spaces.Dict()}, "observation space .* got Dict.*FlattenObservation"),
    ],
)  # fmt: skip
def test_other_spaces_are_refused_by_name(tmp_path, spaces, words):
    env = Point()
    vars(env).update(spaces)
    with pytest.raises(ValueError, match=words):
        softrl.train(env, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_is_no_environment_is_refused(tmp_path):
    env = Point()
    for wrong, words in (
        (3, "3 is no environment: it has no reset"),
        ([env, env], "the same environment is given twice"),
        ([], "environments must be at least 1, got 0"),
        ([Point(), Point(size=3)], "environment 1 has another observation space"),
        ([Point(), Point(low=-2.0)], "environment 1 has another action space"),
        (gymnasium.make_vec("softrl/Pendulum-v1", num_envs=2), "is a vector environment: give a list"),
        ("Pendulum-v7", "unknown task Pendulum-v7 .did you mean Pendulum-v1"),
    ):
        with pytest.raises(ValueError, match=words):
            softrl.train(wrong, tmp_path / "run")
    with pytest.raises(ValueError, match="environments=3, but there is 1: give a list"):
        softrl.train(env, tmp_path / "run", environments=3)
    assert not (tmp_path / "run").exists()


def test_an_id_of_gymnasiums_is_made(tmp_path):
    softrl.train("MountainCarContinuous-v0", tmp_path / "run", steps=100, environments=2, **SMALL)
    assert continuous.load_policy(tmp_path / "run").task == "custom/MountainCarContinuous-v0"
