"""softrl irl: fit and simulate, and what they refuse."""

import json
import shutil

import numpy
import pytest

TRUTH = {
    "cliff": {"step": -1.5, "fall": -14.0},
    "four_rooms": {"step": -1.4, "distance": -0.1},
    "slippery": {"puddle": -0.5, "hole": -20.0, "distance": -0.1},
}


@pytest.fixture
def examples(source_dir, tmp_path):
    """A copy whose files a test may spoil."""
    shutil.copytree(source_dir / "examples" / "gridworlds", tmp_path / "gridworlds")
    return shutil.copytree(source_dir / "examples" / "irl", tmp_path / "irl")


def weights(name):
    return ",".join(f"{weight}={value}" for weight, value in TRUTH[name].items())


# An estimate lies within 6 of its standard errors but for a chance of 2e-9; seven of them, with a wide margin, 1e-6.
@pytest.mark.parametrize("name", TRUTH)
def test_fit_finds_the_weights_of_the_examples(softrl, examples, name, tmp_path):
    out = tmp_path / "fit.json"
    result = softrl("irl", "fit", examples / f"{name}.toml", "--json", out)
    assert result.returncode == 0, result
    answer = json.loads(out.read_text())
    assert answer["status"] == "converged" and answer["warnings"] == []
    assert answer["feature_mismatch"] < 1e-8
    assert answer["uniform_log_likelihood"] < answer["log_likelihood"] < 0
    assert [p["name"] for p in answer["parameters"]] == list(TRUTH[name])
    for p in answer["parameters"]:
        for error in (p["std_error"], p["robust_std_error"]):
            assert abs(p["value"] - TRUTH[name][p["name"]]) < 6 * error
        assert p["t_value"] == pytest.approx(p["value"] / p["std_error"])
        assert p["demonstrated"] == pytest.approx(p["expected"], abs=1e-7)
        assert f"{p['value']:.4f}" in result.stdout


def test_simulate_draws_the_shipped_demonstrations(softrl, examples, tmp_path):
    drawn = tmp_path / "drawn.csv"
    for name in TRUTH:
        how = ["--weights", weights(name), "--seed", 1, "--out", drawn]
        assert softrl("irl", "simulate", examples / f"{name}.toml", *how).returncode == 0
        assert drawn.read_text() == (examples / f"{name}.csv").read_text()


# The rewards of the map, -1 a step and -50 a fall, are in the span of the features: both ways to say them draw the same.
def test_simulate_by_weights_is_simulate_by_rewards(softrl, examples, tmp_path):
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    simulate = ["irl", "simulate", examples / "cliff.toml", "--count", 20]
    assert softrl(*simulate, "--weights", "step=-2,fall=-100", "--out", a).returncode == 0
    assert softrl(*simulate, "--temperature", 0.5, "--out", b).returncode == 0
    assert a.read_text() == b.read_text()


def test_arrays_are_the_behaviour_found(softrl, examples, tmp_path):
    values, policy, rewards = (tmp_path / f"{name}.npy" for name in ("values", "policy", "rewards"))
    arrays = ["--values", values, "--policy", policy, "--rewards", rewards]
    assert softrl("irl", "fit", examples / "slippery.toml", *arrays).returncode == 0
    v, p, r = numpy.load(values), numpy.load(policy), numpy.load(rewards)
    states = 77
    assert v.shape == (51, states) and p.shape == (50, states, 4) and r.shape == (states, 4)
    sums = p[0].sum(axis=1)
    assert numpy.all((abs(sums - 1) < 1e-12) | (sums == 0))
    last = numpy.log(numpy.exp(r).sum(axis=1))[sums > 0]
    assert numpy.allclose(v[49][sums > 0], last), "V = log sum exp r in the last step"
    assert softrl("irl", "fit", examples / "cliff.toml", *arrays).returncode == 0
    assert numpy.load(values).shape == (48,) and numpy.load(policy).shape == (48, 4)


def test_features_from_arrays(softrl, examples, tmp_path):
    """The four features that a map's symbols gave, from .npy files on transitions, state-actions and states."""
    study = (examples / "cliff.toml").read_text()
    direct = tmp_path / "direct.json"
    assert softrl("irl", "fit", examples / "cliff.toml", "--json", direct).returncode == 0
    fall = numpy.zeros((48, 4))
    for column in range(1, 11):
        fall[24 + column, 2] = 1  # down from the row above the cliff
    fall[36, 1] = 1  # right from the start
    numpy.save(examples / "fall.npy", fall)
    numpy.save(examples / "ones.npy", numpy.ones((48, 2)))
    study = study.replace('enters = "H"', 'file = "fall.npy"\non = "state_actions"')
    study = study.replace("constant = 1", 'file = "ones.npy"\non = "states"\ncolumn = 1')
    (examples / "arrays.toml").write_text(study)
    out = tmp_path / "fit.json"
    assert softrl("irl", "fit", examples / "arrays.toml", "--json", out).returncode == 0
    for a, b in zip(json.loads(direct.read_text())["parameters"], json.loads(out.read_text())["parameters"]):
        assert a["value"] == pytest.approx(b["value"], abs=1e-9)


def test_a_long_fixed_horizon_at_goal_is_to_goal(softrl, examples, tmp_path):
    """At a goal after at most 400 steps: walks of more than that are too rare to matter."""
    study = (examples / "cliff.toml").read_text()
    (examples / "fixed.toml").write_text(study.replace('kind = "to_goal"', 'kind = "fixed"\nsteps = 400\nat_goal = true'))
    answers = []
    for name in ("cliff", "fixed"):
        result = softrl("irl", "fit", examples / f"{name}.toml", "--json", tmp_path / "fit.json")
        assert result.returncode == 0, result
        answers.append(json.loads((tmp_path / "fit.json").read_text()))
    assert "at a goal by then" in result.stdout
    for a, b in zip(answers[0]["parameters"], answers[1]["parameters"]):
        assert a["value"] == pytest.approx(b["value"], abs=1e-6)


def test_penalties_optimisers_fixed_weights_and_limits(softrl, examples, tmp_path):
    out = tmp_path / "fit.json"

    def fit(*args):
        result = softrl("irl", "fit", examples / "slippery.toml", "--json", out, *args)
        return result.returncode, json.loads(out.read_text())

    _, plain = fit()
    code, ridge = fit("--l2", 10)
    assert code == 0 and ridge["l2"] == 10
    norm = lambda answer: sum(p["value"] ** 2 for p in answer["parameters"])
    assert norm(ridge) < norm(plain)
    code, lasso = fit("--l1", 20)
    assert code == 0 and any(p["value"] == 0 and not p["estimated"] for p in lasso["parameters"])
    code, gradient = fit("--l2", 10, "--optimiser", "exponentiated_gradient", "--max-iterations", 5000)
    assert code == 0 and gradient["objective"] == pytest.approx(ridge["objective"], abs=1e-6)
    code, fixed = fit("--fix", "puddle=-0.5", "--start", "hole=-1")
    puddle = fixed["parameters"][0]
    assert code == 0 and puddle["value"] == -0.5 and puddle["std_error"] is None
    code, cut = fit("--max-iterations", 1)
    assert code == 1 and cut["status"] == "iteration_limit"


def test_says_what_the_demonstrations_do_not_tell(softrl, examples, tmp_path):
    study = (examples / "cliff.toml").read_text()
    both = study.replace('["step", "fall"]', '["step", "fall", "goal"]') + '[feature.goal]\nenters = "G"\n'
    (examples / "both.toml").write_text(both)
    result = softrl("irl", "fit", examples / "both.toml")
    assert result.returncode == 1
    assert "do not determine fall, goal one by one" in result.stdout


def test_refuses_bad_studies(refuses, examples):
    study = (examples / "cliff.toml").read_text()
    path = examples / "bad.toml"
    out = ["--out", examples.parent / "x.csv"]
    for old, new, words in (
        ('"causal_entropy"', '"deep"', ["bad.toml:8: model", '"deep"', "maxent_paths"]),
        ('"to_goal"', '"ever"', ["bad.toml:12: horizon.kind", '"ever"']),
        ('kind = "to_goal"', 'kind = "fixed"\nsteps = 0', ["horizon.steps", "0"]),
        ('kind = "to_goal"', 'kind = "discounted"\ndiscount = 1', ["horizon.discount", "below 1"]),
        ('"step", "fall"', '"step", "step"', ['features: "step" appears twice']),
        ("constant = 1", 'constant = 1\nenters = "H"', ["feature.step", "exactly one"]),
        ('enters = "H"', 'enters = "HH"', ["feature.fall.enters", "HH"]),
        ('enters = "H"', 'enters = "x"', ["feature.fall", "no cell of the map is a 'x'"]),
        ('enters = "H"', 'file = "x.npy"\non = "cells"', ["feature.fall.on", "cells"]),
        ('kind = "to_goal"', 'kind = "fixed"\nsteps = 5\nat_goal = true', ["bad.toml: demonstration 0", "more than"]),
        ('kind = "to_goal"', 'kind = "fixed"\nsteps = 50\nat_goal = 1', ["horizon.at_goal"]),
        ("cliff.toml", "no.toml", ["no.toml"]),
        ("cliff.csv", "no.csv", ["no.csv"]),
        ("constant = 1", "constant = 1\ncolour = 2", ["colour"]),
        ('kind = "to_goal"', 'kind = "fixed"\nsteps = 5', ["bad.toml: demonstration 0 has", "more than the horizon's 5"]),
    ):
        path.write_text(study.replace(old, new))
        refuses("irl", "fit", path, words=words)
    path.write_text(study)
    numpy.save(examples / "short.npy", numpy.zeros(7))
    path.write_text(study.replace('enters = "H"', 'file = "short.npy"\non = "states"'))
    refuses("irl", "fit", path, words=["short.npy", "[7]", "48"])
    path.write_text(study)
    refuses("irl", "simulate", path, *out, words=["no behaviour of finite value", "--temperature"])
    refuses("irl", "simulate", path, "--weights", "step=-2", *out, words=["--weights", "fall is missing"])
    refuses("irl", "simulate", path, "--temperature", 0, *out, words=["--temperature", "0"])
    refuses("irl", "simulate", path, "--weights", "step=-2,fall=0", "--count", 0, *out, words=["--count", "0"])
    refuses("irl", "simulate", path, "--weights", "step=-2,fall=0", "--max-steps", 0, *out, words=["--max-steps", "0"])
    for seed, words in ((-1, "at least 0"), (1.5, "integer"), ("x", "integer"), (10**30, "too large")):
        refuses("irl", "simulate", path, "--seed", seed, *out, words=["--seed", words, str(seed)])
    refuses("irl", "fit", path, "--l1", 1, "--optimiser", "exponentiated_gradient", words=["--l1", "exponentiated"])
    refuses("irl", "fit", path, "--start", "step=1,fall=0", words=["--start", "no feasible weights"])
    refuses("irl", "fit", path, "--json", examples / "cliff.csv", words=["cliff.csv"])


def test_refuses_bad_demonstrations_with_their_line(refuses, examples):
    file = examples / "cliff.csv"
    lines = file.read_text().splitlines()
    for row, words in (("0,0,36,9,24", ["cliff.csv:2: action", "9"]),
                       ("0,0,99,0,24", ["cliff.csv:2: state", "[0, 48)", "99"]),
                       ("0,0,36,0,47", ["cliff.csv:2: next_state"]),
                       ("0,x,36,0,24", ["cliff.csv:2", "t must be", "x"])):
        file.write_text("\n".join([lines[0], row, *lines[2:]]))
        refuses("irl", "fit", examples / "cliff.toml", words=words)
