"""softrl verify: the theorems hold on the shipped gridworlds, and what it refuses."""

import concurrent.futures
import contextlib
import fcntl
import html.parser
import json
import os
import pty
import re
import struct
import subprocess
import termios

import numpy as np
import pytest

@pytest.fixture
def grids(source_dir):
    return sorted((source_dir / "examples" / "gridworlds").glob("*.toml"))


FIELDS = {"id", "group", "name", "source", "statement", "measured", "bound", "margin", "holds", "skipped", "measured_on"}


def test_every_theorem_holds_on_every_shipped_gridworld(softrl, grids, tmp_path):
    assert len(grids) >= 3
    for grid in grids:
        for temperature in (0.1, 1.0):
            result = softrl("verify", grid, "--temperature", temperature, "--json", tmp_path / "out.json")
            assert result.returncode == 0, result
            theorems = json.loads((tmp_path / "out.json").read_text())["theorems"]
            assert len({t["id"] for t in theorems}) == len(theorems) >= 46
            assert [t["group"] for t in theorems] == sorted(t["group"] for t in theorems)
            for theorem in theorems:
                assert set(theorem) == FIELDS | {"attained"}
                assert theorem["holds"] is True and theorem["skipped"] is None
                assert theorem["measured"] <= theorem["bound"]
                assert theorem["margin"] == pytest.approx(theorem["bound"] - theorem["measured"])
                for a in theorem["attained"]:
                    assert abs(a["value"] - a["limit"]) <= a["rounding"] and a["holds"] is True
            assert f"{len(theorems)} of {len(theorems)} hold" in result.stdout and "measured" in result.stdout


def test_report_says_what_was_measured(softrl, grids, tmp_path):
    out = tmp_path / "out.json"
    softrl("verify", grids[0], "--discount", 0.9, "--temperature", 0.5, "--seed", 7, "--trials", 3, "--json", out)
    report = json.loads(out.read_text())
    report.pop("theorems")
    sizes = [report.pop(key) for key in ("states", "state_actions", "transitions")]
    assert sizes == [48, 148, 148]
    expected = {"model": str(grids[0]), "format": "gridworld", "discount": 0.9, "temperature": 0.5, "seed": 7, "trials": 3}
    expected["reference"] = None
    assert report == expected


@pytest.mark.parametrize("option", [("--discount", 1), ("--temperature", 0)])
def test_skips_with_a_reason_what_does_not_apply(softrl, grids, tmp_path, option):
    result = softrl("verify", grids[0], *option, "--json", tmp_path / "out.json")
    assert result.returncode == 0, result
    theorems = json.loads((tmp_path / "out.json").read_text())["theorems"]
    skipped = [t for t in theorems if t["skipped"]]
    assert 0 < len(skipped) < len(theorems) and f", {len(skipped)} skipped" in result.stdout
    for theorem in skipped:
        assert theorem["holds"] is None and theorem["measured"] is None and theorem["skipped"] in result.stdout


class Page(html.parser.HTMLParser):
    """What a report is made of."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.plots, self.outside = [], set(), set(), 0, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.links |= {attributes["href"][1:]} if tag == "a" else set()
        self.plots += tag == "svg" and "viewbox" in attributes
        self.outside += [v for k, v in attributes.items() if k in ("src", "href") and not v.startswith("#")]

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_report_has_a_plot_for_every_theorem_and_needs_nothing_else(softrl, grids, tmp_path):
    result = softrl("verify", grids[0], "--report", tmp_path / "out.html", "--json", tmp_path / "out.json")
    assert result.returncode == 0, result
    ids = {t["id"] for t in json.loads((tmp_path / "out.json").read_text())["theorems"]}
    text = (tmp_path / "out.html").read_text()
    page = Page(text)
    assert page.open == [] and page.outside == []
    assert page.ids == page.links == ids and page.plots == len(ids)
    assert "nan" not in re.findall(r'(?:x|y|cx|cy|points)="([^"]*)"', text)


@pytest.mark.parametrize("name", ["model.npz", "model.drn", "model.tra"])
def test_takes_a_model_of_any_format(softrl, grids, tmp_path, name):
    grid = softrl("verify", grids[0], "--discount", 0.9, "--json", tmp_path / "grid.json")
    assert softrl("convert", grids[0], tmp_path / name).returncode == 0
    table = softrl("verify", tmp_path / name, "--discount", 0.9, "--json", tmp_path / "other.json")
    assert grid.returncode == table.returncode == 0, table
    reports = [json.loads((tmp_path / name).read_text())["theorems"] for name in ("grid.json", "other.json")]
    for first, second in zip(*reports, strict=True):
        assert first["id"] == second["id"] and second["holds"] is True
        if name == "model.npz":  # the one format that keeps everything, the start included
            assert first == second


def test_a_reference_policy_takes_the_place_of_the_entropy_bonus(softrl, grids, tmp_path):
    out = tmp_path / "out.json"
    assert softrl("solve", grids[0], "--temperature", 1, "--policy", tmp_path / "policy.npy").returncode == 0
    for reference in ("uniform", tmp_path / "policy.npy"):
        result = softrl("verify", grids[0], "--discount", 0.9, "--reference", reference, "--json", out)
        assert result.returncode == 0, result
        report = json.loads(out.read_text())
        assert report["reference"] == str(reference) and f"KL to {reference}" in result.stdout
        assert all(t["holds"] is True for t in report["theorems"])
        # A KL penalty takes where an entropy bonus gives: m < 0 = M.
        (charge,) = (t for t in report["theorems"] if t["id"] == "kl_charges_action_counts")
        assert "the reference policy given" in charge["measured_on"]


def test_refuses_a_reference_that_is_no_policy(refuses, grids, tmp_path):
    np.save(tmp_path / "bad.npy", np.full(3, 0.5))
    refuses("verify", grids[0], "--reference", tmp_path / "bad.npy", words=["bad.npy"])
    refuses("verify", grids[0], "--reference", tmp_path / "none.npy", words=["none.npy"])


@pytest.mark.parametrize("columns", [80, 120])
def test_table_fits_the_terminal_and_names_the_sources(softrl, grids, columns):
    text = on_terminal(softrl, columns, "verify", grids[0], "--temperature", 0.5)
    table = text[text.index("theorem  ") :].split("46 of 46 hold")[0]
    assert "[SQL] Theorem 4" in table and "[CDR] Lemma 1" in table
    assert max(len(line) for line in table.splitlines()) <= columns


def on_terminal(softrl, columns, *args):
    """What the program prints on a terminal of so many columns."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        job = pool.submit(softrl, *args, capture_output=False, stdout=terminal, stderr=subprocess.DEVNULL)
        job.add_done_callback(lambda _: os.close(terminal))
        output = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while chunk := os.read(controller, 65536):
                output += chunk
        os.close(controller)
        assert job.result().returncode == 0, output
    return output.decode().replace("\r", "")


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
        ("--discount", 1.5, ["discount", "[0, 1]", "1.5"]),
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
