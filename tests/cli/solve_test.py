"""softrl solve: what it writes, what it says, and what it refuses."""

import json
import math

import numpy as np
import pytest

KEYS = (
    "status method iterations residual lower_gap upper_gap error_bound seconds states state_actions transitions".split()
)


@pytest.fixture
def grid(source_dir):
    return source_dir / "examples" / "gridworlds" / "four_rooms.toml"


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("method", ["value_iteration", "policy_iteration"])
def test_writes_what_it_certifies(softrl, grid, tmp_path, method):
    """Report, values and policy fit together: V = E_π[Q] + α H(π) can be checked from the files and the map alone."""
    out, values, policy = tmp_path / "out.json", tmp_path / "v.npy", tmp_path / "pi.npy"
    result = softrl(
        "solve", grid, "--discount", 0.95, "--temperature", 0.5, "--method", method, "--tolerance", 1e-8,
        "--json", out, "--values", values, "--policy", policy,
    )  # fmt: skip
    assert result.returncode == 0, result
    assert "converged" in result.stdout and "→" in result.stdout
    report = json.loads(out.read_text())
    assert set(KEYS) <= set(report)
    assert report["status"] == "converged" and report["method"] == method
    assert (report["states"], report["state_actions"], report["transitions"]) == (104, 412, 412)
    assert 0 <= max(report["lower_gap"], report["upper_gap"]) == report["error_bound"] <= 1e-8
    v, pi = np.load(values), np.load(policy)
    assert v.shape == (104,) and pi.shape == (104, 4)
    sums = pi.sum(axis=1)
    assert np.count_nonzero(sums == 0) == 1, "only the goal has no policy"
    np.testing.assert_allclose(sums[sums > 0], 1.0, atol=1e-12)
    # The world is deterministic with cost 1 a step: V(s) = Σ_a π(a|s) (−1 + γ V(s'(a)) − α log π(a|s)).
    rows = grid.read_text().split('"""')[1].strip("\n").split("\n")
    cells = [(r, c) for r, row in enumerate(rows) for c, symbol in enumerate(row) if symbol != "#"]
    number = {cell: state for state, cell in enumerate(cells)}
    for (r, c), state in number.items():
        if rows[r][c] == "G":
            assert v[state] == 0.0
            continue
        ends = [number.get(cell, state) for cell in ((r - 1, c), (r, c + 1), (r + 1, c), (r, c - 1))]
        assert v[state] == pytest.approx(pi[state] @ (-1.0 + 0.95 * v[ends] - 0.5 * np.log(pi[state])), abs=1e-7)


def test_both_methods_find_the_same(softrl, grid, tmp_path):
    found = []
    for method in ("value_iteration", "policy_iteration"):
        softrl("solve", grid, "--method", method, "--temperature", 0.3, "--values", tmp_path / "v.npy")
        found.append(np.load(tmp_path / "v.npy"))
    assert np.abs(found[0] - found[1]).max() <= 2e-8


def test_a_hallway_has_its_closed_form(softrl, tmp_path):
    """At temperature 0 and discount 1 the value is minus the distance, plus the goal's reward."""
    grid = write(tmp_path / "hall.toml", 'map = "S...G"\nstep_cost = 1.0\n[legend]\nG = { reward = 10.0 }\n')
    assert softrl("solve", grid, "--discount", 1, "--temperature", 0, "--values", tmp_path / "v.npy").returncode == 0
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), [6.0, 7.0, 8.0, 9.0, 0.0], atol=1e-8)


def test_says_when_it_did_not_converge(softrl, grid, tmp_path):
    out = tmp_path / "out.json"
    result = softrl("solve", grid, "--max-iterations", 3, "--json", out)
    assert result.returncode == 1
    report = json.loads(out.read_text())
    assert report["status"] == "iteration_limit" and report["iterations"] == 3
    assert report["error_bound"] > 1e-8
    assert "--max-iterations" in result.stdout


def test_says_when_rounding_forbids_the_tolerance(softrl, grid, tmp_path):
    out = tmp_path / "out.json"
    assert softrl("solve", grid, "--tolerance", 0, "--json", out).returncode == 1
    report = json.loads(out.read_text())
    assert report["status"] == "stalled" and 0 < report["error_bound"] < 1e-9


def test_says_when_the_value_is_infinite(softrl, grid, tmp_path):
    """At discount 1 and temperature 5, four ways to go are worth 5 log 4 > 1 a step: wandering pays for ever."""
    out = tmp_path / "out.json"
    result = softrl("solve", grid, "--discount", 1, "--temperature", 5, "--json", out)
    assert result.returncode == 1
    report = json.loads(out.read_text())
    assert report["status"] == "infeasible"
    assert report["error_bound"] is None and report["lower_gap"] is None, "infinite numbers are null"
    assert "temperature" in result.stdout
    # Every row of the path sum has at most the four moves of weight exp(-1/5).
    assert 1 < report["spectral_radius_lower"] <= report["spectral_radius_upper"] <= 4 * math.exp(-0.2) + 1e-12
    assert 0 < report["gain_lower"] <= report["gain_upper"]
    assert "spectral radius" in result.stdout


def test_tells_the_gain_of_staying_at_discount_1(softrl, tmp_path):
    """Beside the goal there is one cell: three moves of cost 1 stay there, so the radius is 3 exp(-1/α)."""
    grid = write(tmp_path / "two.toml", 'map = "SG"\nstep_cost = 1.0\ndiscount = 1.0\n')
    out = tmp_path / "out.json"
    assert softrl("solve", grid, "--temperature", 0.5, "--json", out).returncode == 0
    report = json.loads(out.read_text())
    assert report["spectral_radius_lower"] <= 3 * math.exp(-2) <= report["spectral_radius_upper"]
    assert report["spectral_radius_upper"] - report["spectral_radius_lower"] < 1e-13
    assert report["gain_lower"] <= 0.5 * math.log(3) - 1 <= report["gain_upper"]
    assert softrl("solve", grid, "--temperature", 0, "--json", out).returncode == 0
    report = json.loads(out.read_text())
    assert report["gain_lower"] <= -1 <= report["gain_upper"] and "spectral_radius_lower" not in report


def test_says_when_loops_without_cost_leave_it_open(softrl, tmp_path):
    grid = write(tmp_path / "free.toml", 'map = "S.G"\nstep_cost = 0.0\ndiscount = 1.0\n')
    result = softrl("solve", grid, "--temperature", 0)
    assert result.returncode == 1 and "loops that cost nothing" in result.stdout


def test_says_when_the_goal_cannot_be_reached(softrl, tmp_path):
    grid = write(tmp_path / "walled.toml", 'map = "S..#G"\nstep_cost = 1.0\n')
    result = softrl("solve", grid, "--temperature", 0)
    assert result.returncode == 0 and "3 of 4 cells cannot reach a terminal cell" in result.stdout
    assert "(row 1, column 1; row 1, column 2; row 1, column 3)" in result.stdout
    result = softrl("solve", grid, "--temperature", 0, "--discount", 1)
    assert result.returncode == 1 and "infeasible" in result.stdout
    assert "(row 1, column 1; " in result.stdout and "make them walls (#)" in result.stdout


def test_names_the_states_that_the_reference_policy_locks_in(softrl, tmp_path):
    """Two states that lead to each other, and the first to the end; the reference policy of the first stays."""
    np.savez(
        tmp_path / "m.npz", discount=1.0, action_offsets=[0, 2, 3, 3], rewards=[-1.0] * 3, successors=[1, 2, 0],
        terminal=[2],
    )  # fmt: skip
    reference = tmp_path / "reference.npy"
    np.save(reference, [1.0, 0.0, 1.0])
    result = softrl("solve", tmp_path / "m.npz", "--reference", reference)
    assert result.returncode == 1 and "infeasible" in result.stdout
    assert "2 of 3 states cannot reach a terminal state by actions of the reference policy (state 0; state 1)" in result.stdout
    assert softrl("solve", tmp_path / "m.npz", "--reference", "uniform").returncode == 0


def test_says_when_loops_are_free(softrl, tmp_path):
    """At discount 1 and temperature 0 without a step cost, V = TV has many solutions: none may be called converged."""
    grid = write(tmp_path / "free.toml", 'map = "S...G"\n')
    for method in ("value_iteration", "policy_iteration"):
        result = softrl("solve", grid, "--temperature", 0, "--discount", 1, "--method", method)
        assert result.returncode == 1, result
        assert "nothing certified" in result.stdout and "step_cost" in result.stdout


@pytest.mark.parametrize("method", ["value_iteration", "policy_iteration"])
@pytest.mark.parametrize(
    "temperature, step_cost", [("1e308", "1.0"), ("1", "1e308"), ("1e-308", "1e308")], ids=["entropy", "cost", "both"]
)
def test_presents_nothing_where_values_overflow(softrl, tmp_path, method, temperature, step_cost):
    grid = write(tmp_path / "huge.toml", f'map = "S...#"\nstep_cost = {step_cost}\ndiscount = 0.95\n')
    values, policy, out = tmp_path / "v.npy", tmp_path / "p.npy", tmp_path / "o.json"
    result = softrl(
        "solve", grid, "--temperature", temperature, "--method", method,
        "--json", out, "--values", values, "--policy", policy,
    )  # fmt: skip
    assert result.returncode == 1
    assert "overflow double precision" in result.stdout and "most likely move" not in result.stdout
    assert "every loop" not in result.stdout
    assert not values.exists() and not policy.exists()
    assert json.loads(out.read_text())["residual"] is None


def test_maps_show_ties_and_explain_themselves(softrl, tmp_path):
    """At discount 0 only the next reward counts: beside the goal it is the move there, elsewhere all moves tie."""
    grid = write(tmp_path / "ties.toml", 'map = """\n..\n.G\n"""\n')
    out = softrl("solve", grid, "--discount", 0).stdout
    assert "  + ↓ \n  → G \n" in out and "moves that tie" in out
    # From the corner, right and down are mirror images and better than bumping into a wall.
    assert "  ┌ ↓ \n  → G \n" in softrl("solve", grid, "--discount", 0.5, "--temperature", 0.01).stdout


def test_the_guide_shows_a_gridworld_that_works(softrl, source_dir, tmp_path):
    example = (source_dir / "docs" / "gridworlds.md").read_text().split("```toml\n")[1].split("```")[0]
    result = softrl("solve", write(tmp_path / "pond.toml", example), "--temperature", 0.1)
    assert result.returncode == 0 and "19 states" in result.stdout


def test_counts_in_plain_english(softrl, tmp_path):
    grid = write(tmp_path / "one.toml", 'map = "S"\n')
    out = softrl("solve", grid, "--temperature", 0).stdout
    assert "1 state, 4 state-actions, 4 transitions" in out and "after 1 iteration of" in out and " -0 " not in out


def test_help_tells_every_default(softrl):
    out = softrl("solve", "--help").stdout
    for default in ("FLOAT=1 ", "=auto", "=1e-08", "INT=100000"):
        assert default in out, out


def bad(tmp_path, text):
    return write(tmp_path / "bad.toml", text)


@pytest.mark.parametrize(
    "text, words",
    [
        ('map = """\n####\n#.G#\n###\n"""\n', ["bad.toml:4:", "row 3 has 3 cells"]),
        ('map = """\n..\n.?\n"""\n', ["bad.toml:3:", "'?'"]),
        ('map = "..G"\nslipp = 0.1\n', ["bad.toml:2:", "slipp", "unknown key"]),
        ('map = "..G"\nslip = "much"\n', ["bad.toml:2:", "slip", "must be a number"]),
        ('map = "..G"\nslip = 2\n', ["bad.toml:2:", "slip", "[0, 1]", "2"]),
        ("slip = 0.1\n", ["bad.toml:", "map", "is missing"]),
        ("map = 3\n", ["bad.toml:1:", "map", "must be a string"]),
        ('map = "..G"\n[legend]\nG = { reward = "big" }\n', ["bad.toml:3:", "legend.G.reward", "must be a number"]),
        ('map = "..G\n', ["bad.toml:1:"]),
        ('map = """\n..G\n.é.\n"""\n', ["bad.toml:3:", "cell 2 of row 2 is 'é'"]),
        ('map = "..G"\nstep_cost = 1e308\n[legend]\nG = { reward = -1e308 }\n', ["bad.toml:2:", "step_cost", "'G'"]),
    ],
)
def test_refuses_a_bad_file(refuses, tmp_path, text, words):
    grid = bad(tmp_path, text)
    refuses(
        "solve", grid, "--json", tmp_path / "o.json", "--values", tmp_path / "v.npy", "--policy", tmp_path / "p.npy",
        words=words,
    )  # fmt: skip


@pytest.mark.parametrize(
    "option, value, words",
    [
        ("--discount", 1.5, ["discount", "[0, 1]", "1.5"]),
        ("--discount", -0.1, ["discount", "-0.1"]),
        ("--discount", "nan", ["discount", "nan"]),
        ("--discount", "high", ["--discount", "high"]),
        ("--temperature", -1, ["temperature", "-1"]),
        ("--temperature", "inf", ["temperature", "inf"]),
        ("--tolerance", -1e-3, ["tolerance", "-0.001"]),
        ("--max-iterations", 0, ["max_iterations", "0"]),
        ("--method", "guessing", ["--method", "guessing"]),
    ],
)
def test_refuses_a_bad_option(refuses, grid, tmp_path, option, value, words):
    refuses("solve", grid, f"{option}={value}", "--json", tmp_path / "out.json", words=words)


def test_refuses_a_missing_file(refuses, tmp_path):
    refuses("solve", tmp_path / "none.toml", "--json", tmp_path / "out.json", words=["none.toml", "cannot be read"])


@pytest.mark.parametrize("option", ["--json", "--values", "--policy"])
def test_refuses_an_output_folder_that_does_not_exist(refuses, grid, tmp_path, option):
    """Before the computation: a good output named beside the bad one is not written either."""
    other = "--values" if option == "--json" else "--json"
    refuses("solve", grid, option, tmp_path / "none" / "out", other, tmp_path / "other", words=["none", "does not exist"])
