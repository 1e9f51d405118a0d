"""Fixtures for the tests of the `softrl` program and of the Python package."""

import os
import pathlib
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def source_dir():
    return SOURCE


@pytest.fixture(scope="session")
def data_dir():
    """Data outside the repository: $SOFTRL_DATA, or ../shared/data beside the checkout."""
    path = pathlib.Path(os.environ.get("SOFTRL_DATA", SOURCE.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"no data at {path}; set SOFTRL_DATA")
    return path


@pytest.fixture(scope="session")
def softrl():
    """Runs the program: softrl("solve", ...) -> CompletedProcess with text output."""
    program = pathlib.Path(os.environ.get("SOFTRL_PROGRAM", SOURCE / "build" / "softrl"))
    assert program.exists(), f"{program} is not built"

    def run(*args, **options):
        options = {"capture_output": True, "text": True, "timeout": 1500} | options
        return subprocess.run([program, *map(str, args)], **options)

    return run


@pytest.fixture
def refuses(softrl, tmp_path):
    """Asserts that the program refuses: exit code 2, one line that says each of `words`, and no file left behind."""

    def check(*args, words):
        before = sorted(tmp_path.rglob("*"))
        result = softrl(*args)
        assert result.returncode == 2, result
        assert result.stderr.count("\n") == 1, result.stderr
        for word in words:
            assert str(word) in result.stderr, (word, result.stderr)
        assert sorted(tmp_path.rglob("*")) == before
        return result

    return check
