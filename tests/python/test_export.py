"""`softrl export`: the files in the programs that they are for, against the policy in C++."""

import numpy as np
import pytest
import torch

import softrl
from softrl import continuous

onnxruntime = pytest.importorskip("onnxruntime")

SMALL = {"hidden": [32, 24], "batch_size": 16, "start_steps": 50, "log_interval": 50, "checkpoint_interval": 500}
RUNS = [
    ("sql", "multi_goal", {}),
    ("sql", "Pendulum-v1", {"normalise_observations": True}),
    ("sac", "Hopper-v5", {}),
    ("sac", "Pendulum-v1", {"normalise_observations": True, "normalise_rewards": True}),
    ("ddpg", "Humanoid-v5", {"normalise_observations": True}),
    ("ddpg", "Pendulum-v1", {}),
    ("td3", "lqg", {}),
]


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: "-".join([*run[:2], *run[2]]))
def run(request, tmp_path_factory):
    algorithm, task, options = request.param
    folder = tmp_path_factory.mktemp("run") / "run"
    softrl.train(task, folder, algorithm=algorithm, steps=300, **SMALL, **options)
    return folder, algorithm, continuous.make_task(task)


def observations_of(task, count=200):
    """As the task has them, under random actions."""
    rng = np.random.default_rng(1)
    observations = []
    while len(observations) < count:
        observation, over = task.reset(seed=len(observations))[0], False
        while not over:
            observations.append(observation)
            observation, _, terminated, truncated, _ = task.step(rng.uniform(task.action_low, task.action_high))
            over = terminated or truncated
    return np.array(observations[:count])


@pytest.fixture
def exported(softrl, run, tmp_path):
    """(folder, algorithm, task, what runs the files by name)"""

    def export(*flags):
        torchscript, onnx = tmp_path / "policy.pt", tmp_path / "policy.onnx"
        result = softrl("export", run[0], "--torchscript", torchscript, "--onnx", onnx, *flags)
        assert result.returncode == 0, result
        module, session = torch.jit.load(torchscript), onnxruntime.InferenceSession(onnx)
        names = [entry.name for entry in session.get_inputs()]
        assert session.get_outputs()[0].shape == ["batch", run[2].action_size]

        def by_torch(*inputs):
            return module(*(torch.tensor(x, dtype=torch.float32) for x in inputs)).numpy()

        def by_onnx(*inputs):
            feed = {name: x.astype(np.float32) for name, x in zip(names, inputs, strict=True)}
            return session.run(["action"], feed)[0]

        return names, by_torch, by_onnx

    return export


def test_drawn_actions_are_those_of_the_policy(exported, run):
    """The law itself is a test away: of n draws by the noise, each quantile lies where the policy's does. Noise is what
    makes the difference, so mean and deviation of 4,000 draws at one observation agree within 6 standard errors."""
    folder, algorithm, task = run
    names, by_torch, by_onnx = exported()
    policy, observations = continuous.load_policy(folder), observations_of(task)
    if algorithm in ("ddpg", "td3"):
        assert names == ["observation"]
        expected = policy.sample(observations, seed=1)
        np.testing.assert_allclose(by_onnx(observations), expected, atol=1e-5)
        np.testing.assert_allclose(by_torch(observations), expected, atol=1e-5)
        return
    assert names == ["observation", "noise"]
    noise = np.random.default_rng(2).normal(size=(len(observations), task.action_size))
    actions = by_onnx(observations, noise)
    np.testing.assert_allclose(actions, by_torch(observations, noise), atol=1e-5)
    assert (actions >= task.action_low - 1e-6).all() and (actions <= task.action_high + 1e-6).all()
    n = 4000
    same = np.repeat(observations[7:8], n, axis=0)
    drawn = by_onnx(same, np.random.default_rng(3).normal(size=(n, task.action_size)))
    theirs = policy.sample(same, seed=4)
    error = 6 * np.sqrt((drawn.var(axis=0) + theirs.var(axis=0)) / n) + 1e-6
    assert (np.abs(drawn.mean(axis=0) - theirs.mean(axis=0)) < error).all()
    assert (np.abs(drawn.std(axis=0) / theirs.std(axis=0) - 1) < 0.15).all()


def test_best_actions_are_those_of_the_policy(softrl, exported, run):
    folder, algorithm, task = run
    names, by_torch, by_onnx = exported("--best")
    assert names == ["observation"]
    observations = observations_of(task)
    expected = continuous.load_policy(folder).best(observations)
    for actions in (by_onnx(observations), by_torch(observations)):
        close = np.abs(actions - expected).max(axis=1) <= 1e-5
        # Of soft Q-learning's 64 candidates two may be as good, up to rounding.
        assert close.all() if algorithm != "sql" else close.mean() > 0.97
        q = [continuous.load_policy(folder).q_values(observations, a) for a in (actions, expected)]
        if algorithm == "sql":
            np.testing.assert_allclose(*q, rtol=1e-4, atol=1e-4)


def test_refusals_leave_nothing(refuses, run, tmp_path):
    refuses("export", run[0], words=["--torchscript FILE, --onnx FILE"])
    refuses("export", tmp_path / "none", "--onnx", tmp_path / "a.onnx", words=["no such run folder"])
    refuses("export", run[0], "--onnx", tmp_path / "no" / "a.onnx", words=["does not exist"])
