"""`softrl tasks`: what it lists is what the tasks are, and misspelt names come with the nearest."""

import json

import pytest


def test_lists_every_task_with_its_sizes(softrl, tmp_path):
    out = tmp_path / "tasks.json"
    result = softrl("tasks", "--json", out)
    assert result.returncode == 0, result
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines()[2:]}
    assert rows["Ant-v5"] == ["Ant-v5", "105", "8", "[-1,", "1]", "1000"]
    assert rows["Humanoid-v5"] == ["Humanoid-v5", "348", "17", "[-0.4,", "0.4]", "1000"]
    assert rows["multi_goal"][1:3] == ["2", "2"]
    tasks = {task["name"]: task for task in json.loads(out.read_text())["tasks"]}
    assert tasks.keys() == rows.keys() and len(tasks) == 16
    for name, task in tasks.items():
        assert str(task["observation"]["size"]) == rows[name][1] and str(task["time_limit"]) == rows[name][-1]
        assert len(task["action"]["low"]) == task["action"]["size"]
    assert tasks["Pendulum-v1"]["observation"]["high"] == [1, 1, 8]
    assert tasks["Ant-v5"]["observation"]["low"] == [None] * 105  # unbounded
    assert tasks["multi_goal"]["step_s"] is None and tasks["Reacher-v5"]["step_s"] == pytest.approx(0.02)


def test_shows_the_options_of_one(softrl, tmp_path):
    out = tmp_path / "ant.json"
    result = softrl("tasks", "Ant-v5", "--json", out)
    assert result.returncode == 0, result
    assert "Ant-v5: observation [105], action [8] in [-1, 1], at most 1000 steps of 0.05 s" in result.stdout
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["ctrl_cost_weight", "number", "0.5"] in lines
    assert ["healthy_z_range", "range", "[0.2,", "1]"] in lines
    task = json.loads(out.read_text())
    assert {"name": "frame_skip", "type": "integer", "default": "5"} in task["options"]
    assert task["info"][:3] == ["x_position", "y_position", "distance_from_origin"]


def test_shows_what_options_change(softrl):
    result = softrl("tasks", "Ant-v5", "--set", "include_cfrc_ext_in_observation=false", "--set", "max_episode_steps=7")
    assert "observation [27]" in result.stdout and "at most 7 steps" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Walker"], "unknown task Walker (did you mean Walker2d-v5?"),
        (["Ant-v5", "--set", "frameskip=3"], "unknown option of Ant-v5: frameskip (did you mean frame_skip?"),
        (["Ant-v5", "--set", "frame_skip=0"], "frame_skip must be at least 1, got 0"),
        (["Ant-v5", "--set", "frame_skip"], "option must be NAME=VALUE, got frame_skip"),
        (["--set", "frame_skip=1"], "--set needs the task whose option it is"),
    ],
)
def test_refusals(refuses, words, message):
    result = refuses("tasks", *words, words=[message])
    assert result.stdout == ""
