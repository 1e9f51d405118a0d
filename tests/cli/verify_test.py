"""softrl verify: the theorems hold on the shipped gridworlds, and what it refuses."""

import json

import pytest

STATEMENTS = {
    "optimal_backup_contraction",
    "optimal_backup_monotonicity",
    "policy_backup_contraction",
    "policy_backup_monotonicity",
    "constant_shift",
    "unique_fixed_point",
    "variational_identity",
    "policy_improvement",
    "policy_iteration_rate",
    "cooling_limit",
    "macqueen_porteus_encloses",
}


@pytest.fixture
def grids(source_dir):
    return sorted((source_dir / "examples" / "gridworlds").glob("*.toml"))


def test_every_theorem_holds_on_every_shipped_gridworld(softrl, grids, tmp_path):
    assert len(grids) >= 3
    for grid in grids:
        for temperature in (0.1, 1.0):
            result = softrl("verify", grid, "--temperature", temperature, "--json", tmp_path / "out.json")
            assert result.returncode == 0, result
            theorems = json.loads((tmp_path / "out.json").read_text())["theorems"]
            assert {t["id"] for t in theorems} == STATEMENTS
            for theorem in theorems:
                assert set(theorem) == {"id", "name", "source", "statement", "measured", "bound", "holds"}
                assert theorem["holds"] is True and theorem["measured"] <= theorem["bound"]
            assert "11 of 11 hold" in result.stdout and "measured" in result.stdout


def test_report_says_what_was_measured(softrl, grids, tmp_path):
    out = tmp_path / "out.json"
    softrl("verify", grids[0], "--discount", 0.9, "--temperature", 0.5, "--seed", 7, "--trials", 3, "--json", out)
    report = json.loads(out.read_text())
    report.pop("theorems")
    assert report == {"grid": str(grids[0]), "discount": 0.9, "temperature": 0.5, "seed": 7, "trials": 3}


def test_prints_no_negative_zero_and_one_state_as_one(softrl, tmp_path):
    grid = tmp_path / "one.toml"
    grid.write_text('map = "S"\n')
    out = softrl("verify", grid).stdout
    assert "1 state," in out and " -0 " not in out


def test_help_tells_every_default(softrl):
    out = softrl("verify", "--help").stdout
    lines = [line for line in out.splitlines() if any(f"--{o} " in line for o in ("temperature", "seed", "trials"))]
    assert len(lines) == 3 and all("=" in line for line in lines), out


def test_is_the_same_on_every_run(softrl, grids):
    assert softrl("verify", grids[0], "--seed", 3).stdout == softrl("verify", grids[0], "--seed", 3).stdout


@pytest.mark.parametrize(
    "option, value, words",
    [
        ("--discount", 1, ["discount", "below 1", "got 1"]),
        ("--discount", 1.5, ["discount", "[0, 1]", "1.5"]),
        ("--temperature", 0, ["temperature", "positive", "0"]),
        ("--temperature", -1, ["temperature", "-1"]),
        ("--trials", 0, ["trials", "0"]),
        ("--seed", -1, ["--seed", "at least 0", "-1"]),
        ("--seed", "x", ["--seed", "x"]),
    ],
)
def test_refuses_a_bad_option(refuses, grids, tmp_path, option, value, words):
    refuses("verify", grids[0], f"{option}={value}", "--json", tmp_path / "out.json", words=words)


def test_refuses_a_bad_file(refuses, tmp_path):
    grid = tmp_path / "bad.toml"
    grid.write_text('map = """\n..G\n..\n"""\n')
    refuses("verify", grid, "--json", tmp_path / "out.json", words=["bad.toml:3:", "row 2 has 2 cells"])


def test_refuses_a_missing_file(refuses, tmp_path):
    refuses("verify", tmp_path / "none.toml", words=["none.toml", "cannot be read"])


def test_refuses_an_output_folder_that_does_not_exist(refuses, grids, tmp_path):
    refuses("verify", grids[0], "--json", tmp_path / "none" / "out.json", words=["none", "does not exist"])
