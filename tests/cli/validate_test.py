"""`softrl validate`: the figures of a short run against the exact solution, its files, and refusals."""

import csv
import json
import math
import re

import pytest

SMALL = ["--set", "hidden=[16,16]", "--set", "batch_size=8", "--set", "start_steps=50", "--set", "log_interval=50",
         "--set", "checkpoint_interval=100"]  # fmt: skip
COARSE = ["--nodes", 29, "--cells", 9, "--episodes", 40]


@pytest.fixture(scope="module")
def trained(softrl, tmp_path_factory):
    """trained(task, algorithm): the folder of a short run, one for each."""
    folders = {}

    def train(task, algorithm="sql"):
        if (task, algorithm) not in folders:
            folder = tmp_path_factory.mktemp("runs") / f"{task}_{algorithm}"
            result = softrl("train", task, "--algorithm", algorithm, "--steps", 300, "--out", folder, *SMALL)
            assert result.returncode == 0, result
            folders[task, algorithm] = folder
        return folders[task, algorithm]

    return train


def validated(softrl, folder, out, *arguments):
    result = softrl("validate", folder, *COARSE, "--json", out, *arguments)
    assert result.returncode == 0, result
    return json.loads(out.read_text()), result.stdout


def test_figures_of_multi_goal(softrl, trained, tmp_path):
    figures, text = validated(softrl, trained("multi_goal"), tmp_path / "figures.json")
    assert (figures["task"], figures["trained_steps"], figures["temperature"]) == ("multi_goal", 300, 10)
    assert (figures["states"], figures["actions"]) == (29 * 29, 81)
    assert 0 < figures["certified_error"] < 1e-3
    # Hardly trained: far from the truth, which the grid knows much better.
    assert 0 < figures["discretisation_error"] < 0.1 < figures["value_rmse"]
    assert abs(figures["value_bias"]) <= figures["value_rmse"] and figures["q_rmse"] > 0.1
    assert [policy["state"] for policy in figures["policy_kl"]] == [[0, 0], [-2.5, 0], [2.5, 2.5]]
    for policy in figures["policy_kl"]:
        assert policy["kl"] > 0 and policy["uniform_kl"] > 0
        assert len(policy["exact"]) == len(policy["learned"]) == 100
        assert sum(policy["exact"]) == pytest.approx(1) and sum(policy["learned"]) == pytest.approx(1)
        kl = sum(p * math.log(p / q) for p, q in zip(policy["learned"], policy["exact"]) if p > 0)
        assert policy["kl"] == pytest.approx(kl, rel=1e-6)
    *goals, none = figures["goal_probabilities"]
    assert [goal["goal"] for goal in goals] == [[5, 0], [-5, 0], [0, 5], [0, -5]] and none["goal"] is None
    for goal in goals:
        assert goal["exact"] == pytest.approx(0.25, abs=0.01)  # by symmetry, but for episodes that end in none
    for part in ("exact", "learned"):
        assert sum(goal[part] for goal in figures["goal_probabilities"]) == pytest.approx(1)
    for goal in figures["goal_probabilities"]:
        assert goal["low"] <= goal["learned"] <= goal["high"]
    assert "(2.5, 2.5)" in text and "none" in text


def test_values_are_tabled_at_the_coarser_nodes(softrl, trained, tmp_path):
    table = tmp_path / "values.csv"
    first, _ = validated(softrl, trained("multi_goal"), tmp_path / "first.json", "--csv", table)
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == 15 * 15 and list(rows[0]) == ["state_0", "state_1", "exact", "learned"]
    assert (float(rows[1]["state_0"]), float(rows[1]["state_1"])) == (-7, -6)
    value = {(float(row["state_0"]), float(row["state_1"])): float(row["exact"]) for row in rows}
    for (x, y), v in value.items():
        assert value[-y, x] == pytest.approx(v, abs=1e-3)  # a turn by a quarter changes nothing
    again, _ = validated(softrl, trained("multi_goal"), tmp_path / "second.json", "--threads", 2)
    assert again == first  # the same to the last bit for any number of threads


def test_states_can_be_named(softrl, trained, tmp_path):
    arguments = ["--state", "1,-2.5", "--state", "-3e0,0.5"]
    figures, _ = validated(softrl, trained("multi_goal"), tmp_path / "figures.json", *arguments)
    assert [policy["state"] for policy in figures["policy_kl"]] == [[1, -2.5], [-3, 0.5]]


@pytest.mark.parametrize("task", ["lqg", "double_integrator", "Pendulum-v1", "multi_goal_mixture"])
def test_every_task_that_can_be_solved(softrl, trained, tmp_path, task):
    figures, _ = validated(softrl, trained(task), tmp_path / "figures.json", "--temperature", 1)
    assert figures["task"] == task and figures["temperature"] == 1
    assert figures["value_range"] > 0 and figures["value_rmse"] > 0
    assert len(figures["policy_kl"][0]["exact"]) == (20 if task in ("double_integrator", "Pendulum-v1") else 100)
    assert ("closed_form" in figures) == (task == "lqg")
    assert ("goal_probabilities" in figures) == (task == "multi_goal_mixture")


def test_peers(softrl, trained, tmp_path):
    """A Gaussian policy at its automatic temperature; a deterministic one against the hard solution, whose actions it
    does not take."""
    figures, _ = validated(softrl, trained("multi_goal", "sac"), tmp_path / "sac.json")
    assert 0.5 < figures["temperature"] < 1 and all(policy["kl"] > 0 for policy in figures["policy_kl"])
    figures, text = validated(softrl, trained("multi_goal", "td3"), tmp_path / "td3.json")
    assert figures["temperature"] == 0
    assert None in [policy["kl"] for policy in figures["policy_kl"]] and re.search(r"\binf\b", text)
    figures, _ = validated(softrl, trained("multi_goal", "td3"), tmp_path / "soft.json", "--temperature", 10)
    for policy in figures["policy_kl"]:
        assert max(policy["learned"]) == pytest.approx(1) and policy["kl"] > 0


def test_refusals(trained, softrl, refuses, tmp_path):
    folder = trained("multi_goal")
    refuses("validate", tmp_path / "nowhere", words=["nowhere"])
    for value in ("1", "1,2,3", "1,x", "", "1,2,", "nan,0", "9,0"):
        refuses("validate", folder, "--state", value, words=["--state", value])
    refuses("validate", folder, "--nodes", 30, words=["--nodes", 30])
    refuses("validate", folder, "--nodes", 3, words=["--nodes", 3])
    refuses("validate", folder, "--cells", 1, words=["--cells", 1])
    refuses("validate", folder, "--episodes", 0, words=["--episodes", 0])
    refuses("validate", folder, "--episodes", "x", words=["--episodes", "x"])
    refuses("validate", folder, "--seed", -1, words=["--seed", -1])
    refuses("validate", folder, "--threads", -1, words=["--threads", -1])
    refuses("validate", folder, "--temperature", -1, words=["--temperature", -1])
    refuses("validate", folder, "--temperature", "inf", words=["--temperature", "inf"])
    refuses("validate", folder, "--json", tmp_path / "no" / "x.json", words=["no"])
    refuses("validate", folder, "--json", tmp_path / "x", "--csv", tmp_path / "x", words=["x"])
    refuses("validate", trained("InvertedPendulum-v5"), words=["InvertedPendulum-v5", "known", "multi_goal", "lqg"])
