"""Models in files: softrl convert, softrl generate, and softrl solve of any format."""

import importlib.util
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

# (suffix, name) of every format but gridworlds.
FORMATS = [
    ("npz", "npz"), ("npz", "quantecon"), ("npz", "dense"), ("tra", "prism"), ("tra", "storm"), ("drn", "drn"),
]  # fmt: skip


@pytest.fixture
def garnet(softrl, tmp_path):
    path = tmp_path / "garnet.npz"
    assert softrl("generate", "garnet", "--states", 20, "--terminal", 2, "--seed", 3, path).returncode == 0
    return path


def values(softrl, path, *options):
    out = path.parent / "values.npy"
    result = softrl("solve", path, "--values", out, *options)
    assert result.returncode == 0, result
    return np.load(out)


def guide_examples(text):
    """The blocks of docs/formats.md: [(language, name of the file that the line above names, content)]."""
    for match in re.finditer(r"(?:`([\w.]+)`:\n\n)?```(\w+)\n(.*?)```", text, re.DOTALL):
        yield match.group(2), match.group(1), match.group(3)


def test_every_example_of_the_guide_is_the_process_it_describes(softrl, source_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scripts = files = 0
    for language, name, content in guide_examples((source_dir / "docs" / "formats.md").read_text()):
        if language == "text":
            (tmp_path / name).write_text(content)
            files += 1
        elif "softrl" not in content:  # those run where the package is built: tests/python
            exec(content, {})
            scripts += 1
    assert (scripts, files) == (3, 9)
    for name in ("own.npz", "quantecon.npz", "dense.npz", "prism.tra", "storm.tra", "model.drn"):
        found = values(softrl, tmp_path / name, "--discount", 0.9, "--temperature", 0)
        np.testing.assert_allclose(found, [5.2 / 0.82, 10.0], atol=1e-8, err_msg=name)


@pytest.mark.parametrize("suffix, name", FORMATS)
def test_converting_changes_no_value(softrl, garnet, tmp_path, suffix, name):
    """To the format and back again: the same arrays, so the same values to the last bit; successors are sorted."""
    there, back = tmp_path / f"there.{suffix}", tmp_path / "back.npz"
    assert softrl("convert", garnet, there, "--to", name).returncode == 0
    result = softrl("convert", there, back, "--discount", 0.95)
    assert result.returncode == 0 and f"({name})" in result.stdout
    before, after = np.load(garnet), np.load(back)
    assert set(before.files) == set(after.files)
    for array in before.files:
        np.testing.assert_array_equal(before[array], after[array], err_msg=array)


def test_a_gridworld_becomes_anything_and_stays_a_map(softrl, source_dir, tmp_path):
    cliff = source_dir / "examples" / "gridworlds" / "cliff.toml"
    assert softrl("convert", cliff, tmp_path / "copy.toml", "--discount", 0.9).returncode == 0
    assert "→" in softrl("solve", tmp_path / "copy.toml").stdout
    assert softrl("convert", cliff, tmp_path / "cliff.npz").returncode == 0
    np.testing.assert_array_equal(
        values(softrl, tmp_path / "cliff.npz", "--discount", 0.9), values(softrl, tmp_path / "copy.toml")
    )


@pytest.mark.parametrize(
    "kind, options, counts",
    [
        ("gridworld", ["--rows", 3, "--columns", 4], (12, 44)),
        ("four-rooms", ["--size", 11], (104, 412)),
        ("cliff", ["--rows", 4, "--columns", 12], (48, 37 * 4)),
        ("garnet", ["--states", 7, "--actions", 3, "--branching", 2], (7, 21)),
        ("river-swim", ["--states", 6], (6, 12)),
        ("chain", ["--states", 5], (5, 10)),
    ],
)
def test_generates_and_solves_every_kind(softrl, tmp_path, kind, options, counts):
    path, report = tmp_path / "model.npz", tmp_path / "report.json"
    assert softrl("generate", kind, *options, "--discount", 0.9, path).returncode == 0
    assert softrl("solve", path, "--json", report).returncode == 0
    found = json.loads(report.read_text())
    assert (found["states"], found["state_actions"]) == counts
    assert found["format"] == "npz" and found["discount"] == 0.9


def test_solve_shows_a_table_where_there_is_no_map(softrl, garnet):
    out = softrl("solve", garnet).stdout
    assert "most likely action" in out and "... and 8 more" in out and "terminal" not in out.split("... and")[0]


def test_uniform_reference_shifts_the_values_by_alpha_log_a(softrl, garnet):
    """With A actions everywhere KL to uniform is entropy less log A a step; terminal states keep their value, so the
    shift of V(s) is that of the expected discounted number of steps, at most α log A / (1 − γ)."""
    entropy = values(softrl, garnet, "--temperature", 0.5)
    uniform = values(softrl, garnet, "--temperature", 0.5, "--reference", "uniform")
    shift = entropy - uniform
    assert shift[18:].max() == 0.0
    assert 0.5 * np.log(4) < shift[:18].min() and shift[:18].max() < 0.5 * np.log(4) / 0.05 + 1e-7


def test_reference_policies_are_read_in_both_shapes(softrl, garnet, tmp_path):
    """V = α log Σ_a π̄(a) exp(Q/α), checked in every state with Q from the arrays of the model."""
    model = np.load(garnet)
    policy = np.random.default_rng(0).dirichlet(np.ones(4), 18)
    np.save(tmp_path / "pairs.npy", policy.ravel())
    np.save(tmp_path / "table.npy", np.asfortranarray(np.vstack([policy, np.zeros((2, 4))])))
    found = [
        values(softrl, garnet, "--temperature", 0.5, "--reference", tmp_path / f"{name}.npy")
        for name in ("pairs", "table")
    ]
    np.testing.assert_array_equal(found[0], found[1])
    v = found[0]
    next_values = (model["probabilities"] * v[model["successors"]]).reshape(72, 5).sum(axis=1)
    q = (model["rewards"] + model["discount"] * next_values).reshape(18, 4)
    np.testing.assert_allclose(v[:18], 0.5 * np.log((policy * np.exp(q / 0.5)).sum(axis=1)), atol=1e-7)


def test_a_warm_start_at_the_solution_is_done_at_once(softrl, garnet, tmp_path):
    report = tmp_path / "report.json"
    np.save(tmp_path / "start.npy", values(softrl, garnet, "--tolerance", 1e-10))
    softrl("solve", garnet, "--initial-values", tmp_path / "start.npy", "--json", report)
    assert json.loads(report.read_text())["iterations"] <= 2


def test_horizon_is_backward_induction(softrl, tmp_path):
    """A chain without slips at temperature 0: with n steps to go the last state is worth 10 (1 − γⁿ) / (1 − γ)."""
    chain, report, policy = tmp_path / "chain.npz", tmp_path / "report.json", tmp_path / "policy.npy"
    softrl("generate", "chain", "--slip", 0, "--discount", 0.9, chain)
    found = values(softrl, chain, "--temperature", 0, "--horizon", 6, "--json", report, "--policy", policy)
    assert found.shape == (7, 5) and np.load(policy).shape == (6, 5, 2)
    to_go = np.arange(6, -1, -1)
    np.testing.assert_allclose(found[:, 4], 10 * (1 - 0.9**to_go) / 0.1, atol=1e-12)
    written = json.loads(report.read_text())
    assert written["method"] == "backward_induction" and written["horizon"] == 6 and written["error_bound"] < 1e-10


def test_threads_change_no_value(softrl, garnet):
    np.testing.assert_array_equal(values(softrl, garnet), values(softrl, garnet, "--threads", 2))


def bad_npy(path, array):
    np.save(path, array)
    return path


def test_refuses_bad_arrays(refuses, garnet, tmp_path):
    for array, words in [
        (np.ones(3), ["must have shape [20, 4] or [72]", "[3]"]),
        (np.ones((20, 4)), ["state 18", "must be 0"]),
        (np.ones(72), ["bad.npy", "state 0"]),
        (np.ones(72, complex), ["real numbers or integers", "c16"]),
        (np.array(["a"]), ["real numbers or integers"]),
        (np.ones(72, ">f8"), ["big-endian"]),
    ]:
        refuses("solve", garnet, "--reference", bad_npy(tmp_path / "bad.npy", array), words=words)
    refuses("solve", garnet, "--initial-values", bad_npy(tmp_path / "bad.npy", np.ones(3)), words=["bad.npy", "[20]"])
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00")
    refuses("solve", garnet, "--reference", tmp_path / "bad.npy", words=["bad.npy", "ends within its header"])
    refuses("solve", garnet, "--horizon", 5, "--method", "policy_iteration", words=["--horizon", "--method"])
    refuses("solve", garnet, "--horizon", 0, words=["0"])
    refuses("solve", garnet, "--threads", -1, words=["threads", "-1"])


def savez(path, **changes):
    arrays = dict(
        s_indices=[0, 0, 1], a_indices=[0, 1, 0], R=[0.0, 1.0, 2.0], Q_data=[1.0, 0.5, 0.5, 1.0],
        Q_indices=[0, 0, 1, 1], Q_indptr=[0, 1, 3, 4], beta=0.9,
    )  # fmt: skip
    np.savez(path, **{name: array for name, array in (arrays | changes).items() if array is not None})


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"R": None}, ["R: is missing"]),
        ({"R": [0.0, 1.0]}, ["R: must have 3 entries, got 2"]),
        ({"R": [[0.0, 1.0, 2.0]]}, ["R: must have one dimension, got 2"]),
        ({"R": np.array([1, None, 2], object)}, ["R: must hold real numbers or integers", "O"]),
        ({"R": np.array(["a", "b", "c"])}, ["R: must hold real numbers or integers", "U1"]),
        ({"R": [0.0, 1.0, np.nan]}, ["state 1", "finite"]),
        ({"s_indices": [0.5, 0, 1]}, ["s_indices: must hold integers of 32 bits, got 0.5"]),
        ({"s_indices": [2**40, 0, 1]}, ["s_indices: must hold integers of 32 bits, got 1099511627776"]),
        ({"s_indices": [-1, 0, 1]}, ["s_indices", "-1"]),
        ({"a_indices": [1, 1, 0]}, ["a_indices: has action 1 of state 0 twice"]),
        ({"s_indices": [0, 0, 2_000_000_000]}, ["s_indices: names 3 state-actions, too few for 2000000001 states"]),
        ({"a_indices": [0, 2**31 - 1, 0]}, ["state 0, action 2147483647", "below 2147483647"]),
        ({"Q_indptr": [0, 3, 1, 4]}, ["Q_indptr: must increase from 0 to 4"]),
        ({"Q_indices": [0, 0, 5, 1]}, ["state 2 has no action"]),
        ({"Q_data": [1.0, 0.5, 0.4, 1.0]}, ["state 0, action 1", "sum to 1, got 0.9"]),
        ({"beta": 1.5}, ["beta: must be in [0, 1], got 1.5"]),
        ({"beta": [0.9, 0.9]}, ["beta: must be one number, got 2"]),
        ({"beta": None}, ["beta: is missing"]),
        ({"terminal": [1, 1]}, ["terminal: lists state 1 twice"]),
        ({"terminal": [1], "terminal_values": [1.0, 2.0]}, ["terminal_values: must have 1 entries"]),
    ],
)
def test_refuses_a_bad_archive_and_names_the_array(refuses, tmp_path, changes, words):
    savez(tmp_path / "bad.npz", **changes)
    refuses("solve", tmp_path / "bad.npz", words=["bad.npz", *words])


# Each is small, and names a number that would take gigabytes, or lost its end.
@pytest.mark.parametrize(
    "name, text, words",
    [
        ("a.tra", "mdp\n0 0 1 1\n2000000000 0 0 1\n", ["a.tra:3: 2000000001 states", "bytes"]),
        ("a.tra", "mdp\n0 0 2000000000 1\n", ["a.tra:2: 2000000001 states"]),
        ("a.tra", "2000000000 1 1\n0 0 1 1\n", ["a.tra:1: 2000000000 states"]),
        ("a.tra", "mdp\n0 0 0 8/4/2\n", ["a.tra:2: expected a number, got '8/4/2'"]),
        ("a.tra", "mdp\n0 0 0 " + "1/" * 1_000_000 + "1\n", ["a.tra:2: expected a number"]),
        ("a.drn", "@type: MDP\n@nr_states\n2\n@nr_choices\n2\n@model\nstate 0\n\taction 0\n\t\t1 : 1\nstate 1\n",
         ["a.drn:10: has 1 choices, but @nr_choices says 2"]),
        ("a.drn", "", ["a.drn:1: @model is missing"]),
    ],
)  # fmt: skip
def test_refuses_a_text_file_that_claims_too_much(refuses, tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    refuses("solve", tmp_path / name, words=words)


@pytest.mark.parametrize(
    "suffix, text, words",
    [
        ("trew", "", ["a.trew:1: is empty"]),
        ("trew", "2 2 2\n0 0 1 -1\n", ["a.trew:1: says 2 rewards, but 1 follow"]),
        ("srew", "3 1\n1 10\n", ["a.srew:1: says 3 states, but the transitions have 2"]),
        ("srew", "# Reward structure\n2 1\n", ["a.srew:2: says 1 rewards, but 0 follow"]),
    ],
)
def test_refuses_prism_rewards_that_lost_lines(refuses, tmp_path, suffix, text, words):
    (tmp_path / "a.tra").write_text("2 2 2\n0 0 1 1\n1 0 1 1\n")
    (tmp_path / f"a.{suffix}").write_text(text)
    refuses("solve", tmp_path / "a.tra", words=words)


# A conversion to the other dialect leaves the rewards of the one before beside its own.
@pytest.mark.parametrize("dialects", [("prism", "storm"), ("storm", "prism")])
def test_explicit_files_are_read_with_the_rewards_of_their_own_dialect(softrl, garnet, tmp_path, dialects):
    other = tmp_path / "other.npz"
    assert softrl("generate", "garnet", "--states", 20, "--terminal", 2, "--seed", 4, other).returncode == 0
    for model, dialect in zip([other, garnet], dialects):
        assert softrl("convert", model, tmp_path / "a.tra", "--to", dialect).returncode == 0
    np.testing.assert_array_equal(values(softrl, tmp_path / "a.tra", "--discount", 0.95), values(softrl, garnet))


def test_reports_on_a_file_whose_name_is_not_utf_8(softrl, garnet, tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff.npz"
    os.rename(garnet, name)
    result = softrl("solve", os.fsdecode(name), "--json", tmp_path / "report.json", errors="replace")
    assert result.returncode == 0, result
    assert json.loads((tmp_path / "report.json").read_text())["model"].endswith("\ufffd.npz")


def test_writes_nothing_where_the_policy_would_be_too_large(refuses, softrl, tmp_path):
    savez(tmp_path / "wide.npz", a_indices=[0, 2_000_000_000, 0])
    out = [tmp_path / "values.npy", tmp_path / "policy.npy"]
    refuses("solve", tmp_path / "wide.npz", "--values", out[0], "--policy", out[1], words=["2000000000", "8 GB"])
    assert not any(path.exists() for path in out)
    assert softrl("solve", tmp_path / "wide.npz", "--values", out[0]).returncode == 0


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.int64, np.uint64, float])
def test_reads_integers_of_every_width(softrl, tmp_path, dtype):
    savez(tmp_path / "wide.npz")
    savez(tmp_path / "narrow.npz", s_indices=np.array([0, 0, 1], dtype), Q_indptr=np.array([0, 1, 3, 4], dtype))
    np.testing.assert_array_equal(values(softrl, tmp_path / "narrow.npz"), values(softrl, tmp_path / "wide.npz"))


def test_refuses_what_a_format_cannot_carry(refuses, softrl, tmp_path):
    refuses("generate", "chain", tmp_path / "chain.toml", words=["chain.toml", "not a gridworld"])
    refuses("generate", "chain", tmp_path / "chain.bin", words=["chain.bin", "suffix"])
    refuses("generate", "garnet", "--branching", 500, tmp_path / "g.npz", words=["branching", "500"])
    refuses("generate", "gridworld", "--slip", 2, tmp_path / "g.npz", words=["slip", "2"])
    refuses("generate", "labyrinth", tmp_path / "g.npz", words=["labyrinth", "garnet"])
    savez(tmp_path / "start.npz", initial=[0.25, 0.75])
    refuses("convert", tmp_path / "start.npz", tmp_path / "start.drn", words=["start distribution"])
    refuses("convert", tmp_path / "start.npz", tmp_path / "start.npz", words=["is an input"])


# The systems themselves, where they are installed.


@pytest.mark.skipif(importlib.util.find_spec("quantecon") is None, reason="quantecon is not installed")
def test_quantecon_finds_the_same_values(softrl, garnet, tmp_path):
    import quantecon
    import scipy.sparse

    softrl("convert", garnet, tmp_path / "q.npz", "--to", "quantecon")
    model = np.load(tmp_path / "q.npz")
    q = scipy.sparse.csr_matrix((model["Q_data"], model["Q_indices"], model["Q_indptr"]), shape=(len(model["R"]), 20))
    problem = quantecon.markov.DiscreteDP(
        model["R"], q, float(model["beta"]), model["s_indices"], model["a_indices"]
    )
    np.testing.assert_allclose(
        problem.solve(method="policy_iteration").v, values(softrl, tmp_path / "q.npz", "--temperature", 0), atol=2e-8
    )


@pytest.mark.skipif(importlib.util.find_spec("stormpy") is None, reason="stormpy is not installed")
@pytest.mark.parametrize("name", ["drn", "storm"])
def test_storm_finds_the_same_expected_steps(softrl, tmp_path, name):
    """Rewards of 1 a step, minimised until the goal, are minus our values; Storm's own precision is 1e-6, relative."""
    out = tmp_path / ("model.drn" if name == "drn" else "model.tra")
    options = ["--rows", 4, "--columns", 5, "--step-cost"]
    softrl("generate", "gridworld", *options, -1, out, "--format", name)
    softrl("generate", "gridworld", *options, 1, tmp_path / "cost.npz")
    ours = values(softrl, tmp_path / "cost.npz", "--temperature", 0, "--discount", 1)
    script = f"""
import stormpy, json
if {name!r} == "drn":
    model = stormpy.build_model_from_drn({str(out)!r})
else:
    stem = {str(out)[:-4]!r}
    model = stormpy.build_model_from_explicit(stem + ".tra", stem + ".lab", state_rewards=stem + ".state.rew",
                                              transition_rewards=stem + ".trans.rew")
result = stormpy.model_checking(model, stormpy.parse_properties('Rmin=? [F "terminal"]')[0])
print(json.dumps([result.get_value(state) for state in range(20)]))
"""
    theirs = json.loads(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
    np.testing.assert_allclose(theirs, -ours, rtol=1e-5)
