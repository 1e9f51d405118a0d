"""What holds for every subcommand: help, version, and refusals of wrong usage."""

import re

import pytest


def test_version_is_the_one_of_the_header(softrl, source_dir):
    header = (source_dir / "include/softrl/version.hpp").read_text()
    assert softrl("--version").stdout.strip() == re.search(r'"(.+)"', header)[1]


@pytest.mark.parametrize("command", [[], ["solve"], ["verify"], ["routes"], ["routes", "fit"], ["routes", "likelihood"]])
def test_help_names_the_command(softrl, command):
    result = softrl(*command, "--help")
    assert result.returncode == 0
    assert "Usage" in result.stdout or "OPTIONS" in result.stdout.upper()


@pytest.mark.parametrize(
    "args, words",
    [
        ([], ["subcommand"]),
        (["sovle"], ["sovle", "known"]),
        (["routes", "fitt"], ["fitt", "likelihood"]),
        (["solve"], ["required"]),
        (["solve", "x.toml", "--no-such-option"], ["--no-such-option"]),
        (["solve", "no/such/file.toml"], ["no/such/file.toml"]),
    ],
)
def test_refuses_wrong_usage(refuses, args, words):
    refuses(*args, words=words)
