"""`softrl record`: videos of short runs, read back; refusals that leave nothing behind."""

import os
import sys

import numpy as np
import pytest

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")

SMALL = ["hidden=[16,16]", "batch_size=8", "start_steps=50", "log_interval=50", "checkpoint_interval=100"]


@pytest.fixture(scope="module")
def trained(softrl, tmp_path_factory):
    """trained(task): the folder of a short run."""

    def train(task):
        folder = tmp_path_factory.mktemp("runs") / task
        settings = [word for setting in SMALL for word in ("--set", setting)]
        assert softrl("train", task, "--algorithm", "sac", "--steps", 300, "--out", folder, *settings).returncode == 0
        return folder

    return train


@pytest.fixture(scope="module")
def multi_goal(trained):
    return trained("multi_goal")


@pytest.fixture(autouse=True)
def this_interpreter(monkeypatch):
    monkeypatch.setenv("SOFTRL_PYTHON", sys.executable)


def read_video(file):
    """The frames, [T, height, width, 3], and how many there are a second."""
    frames = imageio_ffmpeg.read_frames(str(file))
    about = next(frames)
    width, height = about["size"]
    return np.array([np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in frames]), about["fps"]


def recorded(softrl, out, *arguments):
    result = softrl("record", *arguments, "--out", out)
    assert result.returncode == 0, result
    assert os.listdir(out.parent) == [out.name]
    frames, fps = read_video(out)
    assert f"{len(frames)} images" in result.stdout
    assert np.abs(np.diff(frames.astype(int), axis=0)).max() > 50  # something moves
    return frames, fps


def test_a_mujoco_task_in_its_own_time(softrl, trained, tmp_path):
    frames, fps = recorded(softrl, tmp_path / "ip.mp4", trained("InvertedPendulum-v5"), "--width", 160, "--height", 120)
    assert frames.shape[1:] == (120, 160, 3) and fps == 25  # steps of 0.04 s
    assert 3 < len(frames) <= 1001
    assert frames[0].std() > 10  # not a plain surface


def test_a_drawn_task(softrl, multi_goal, tmp_path):
    """The red point is at the middle at first, and leaves its way behind."""
    arguments = [multi_goal, "--width", 200, "--height", 200, "--fps", 5, "--best", "--episodes", 2]
    frames, fps = recorded(softrl, tmp_path / "mg.mp4", *arguments)
    assert frames.shape[1:] == (200, 200, 3) and fps == 5 and 4 < len(frames) <= 62
    red = (frames[..., 0].astype(int) - frames[..., 1:].max(axis=-1)) > 60
    rows, columns = np.nonzero(red[0])
    assert np.abs(columns.mean() - 100) < 25 and np.abs(rows.mean() - 100) < 25 and 5 < rows.size < 200
    again, _ = recorded(softrl, tmp_path / "mg.mp4", *arguments)
    np.testing.assert_array_equal(again, frames)


def test_refuses_and_leaves_nothing(softrl, refuses, multi_goal, tmp_path):
    out = tmp_path / "video.mp4"
    refuses("record", multi_goal, words=["--out"])
    refuses("record", multi_goal, "--out", tmp_path / "video.gif", words=["out must end in .mp4"])
    refuses("record", multi_goal, "--out", tmp_path / "no" / "video.mp4", words=["does not exist"])
    refuses("record", multi_goal, "--out", out, "--width", 99, words=["width must be even, got 99"])
    refuses("record", multi_goal, "--out", out, "--height", 8, words=["height must be in [64, 4096], got 8"])
    refuses("record", multi_goal, "--out", out, "--episodes", 0, words=["episodes must be at least 1, got 0"])
    refuses("record", multi_goal, "--out", out, "--camera", "track", words=["camera", "no MuJoCo task"])
    refuses("record", tmp_path / "none", "--out", out, words=["none: no such run folder"])
    refuses("record", multi_goal, "--out", out, "--loud", words=["--loud"])


def test_says_what_is_missing(refuses, multi_goal, tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTRL_PYTHON", "no-such-python")
    refuses("record", multi_goal, "--out", tmp_path / "x.mp4", words=["no-such-python", "SOFTRL_PYTHON"])
    bare = tmp_path / "python"  # an interpreter without any packages
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setenv("SOFTRL_PYTHON", str(bare))
    refuses("record", multi_goal, "--out", tmp_path / "x.mp4", words=["No module named", "SOFTRL_PYTHON"])


def test_help_is_of_the_command(softrl):
    text = softrl("record", "--help").stdout
    assert "usage: softrl record" in text and "--episodes" in text
