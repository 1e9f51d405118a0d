"""`softrl train` and `softrl evaluate`: a run's folder, its figures, and refusals that leave nothing behind."""

import contextlib
import csv
import json
import os
import pty
import resource
import signal
import subprocess
import time

import pytest

SMALL = ["--set", "hidden=[16,16]", "--set", "batch_size=8", "--set", "start_steps=50", "--set", "log_interval=50",
         "--set", "checkpoint_interval=100"]  # fmt: skip


@pytest.fixture(scope="module")
def run(softrl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "mg"
    result = softrl("train", "multi_goal", "--algorithm", "sql", "--seed", 3, "--steps", 300, "--out", folder, *SMALL)
    assert result.returncode == 0, result
    return folder


def test_steps_that_are_all_uniform_are_said_so(softrl, tmp_path):
    result = softrl("train", "multi_goal", "--steps", 60, "--out", tmp_path / "run", *SMALL, "--set", "start_steps=60")
    assert result.returncode == 0 and "start_steps is 60" in result.stderr, result


def test_run_folder_holds_what_it_should(run):
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["status"], summary["steps"], summary["task"], summary["seed"]) == ("finished", 300, "multi_goal", 3)
    rows = list(csv.DictReader((run / "metrics.csv").open()))
    assert [int(row["step"]) for row in rows] == [50, 100, 150, 200, 250, 300]
    assert int(rows[-1]["episodes"]) == summary["episodes"] > 0
    assert all(float(row["critic_loss"]) > 0 for row in rows)
    assert len(list(run.glob("checkpoint-*.pt"))) == 2 and list(run.glob("events.out.tfevents.*"))


def test_event_file_is_read_by_tensorboard(run):
    event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = event_accumulator.EventAccumulator(str(run))
    events.Reload()
    rows = [row for row in csv.DictReader((run / "metrics.csv").open())]
    for tag, column in [(f"agent/{name}", name) for name in ("critic_loss", "q", "stein", "temperature")]:
        scalars = events.Scalars(tag)
        assert [scalar.step for scalar in scalars] == [int(row["step"]) for row in rows]
        assert [scalar.value for scalar in scalars] == pytest.approx([float(row[column]) for row in rows], rel=1e-6)


def test_config_of_a_run_makes_the_same_run(softrl, run, tmp_path):
    again = tmp_path / "again"
    assert softrl("train", "multi_goal", "--config", run / "config.toml", "--out", again).returncode == 0

    def learned(folder):
        rows = csv.DictReader((folder / "metrics.csv").open())
        return [(row["step"], row["return"], row["critic_loss"], row["q"]) for row in rows]

    assert learned(again) == learned(run)
    assert (again / "config.toml").read_text() == (run / "config.toml").read_text()


def test_evaluation_adds_up(softrl, run, tmp_path):
    out, paths, episodes = tmp_path / "eval.json", tmp_path / "paths.csv", tmp_path / "episodes.csv"
    files = ["--json", out, "--trajectories", paths, "--csv", episodes]
    result = softrl("evaluate", run, "--episodes", 20, "--seed", 5, *files)
    assert result.returncode == 0, result
    figures = json.loads(out.read_text())
    assert figures["task"] == "multi_goal" and figures["episodes"] == 20
    assert figures["return_low"] < figures["mean_return"] < figures["return_high"]
    assert {(goal["x"], goal["y"]) for goal in figures["goals"]} == {(5, 0), (-5, 0), (0, 5), (0, -5)}
    assert sum(goal["count"] for goal in figures["goals"]) + figures["no_goal"] == 20
    for goal in figures["goals"]:
        assert goal["share"] == goal["count"] / 20 and goal["low"] <= goal["share"] <= goal["high"]
    returns = {"drawn": [], "best": []}
    for row in csv.DictReader(episodes.open()):
        returns[row["actions"]].append(float(row["return"]))
    assert sum(returns["drawn"]) / 20 == pytest.approx(figures["mean_return"])
    assert sum(returns["best"]) / 20 == pytest.approx(figures["best"]["mean_return"])
    rows = list(csv.DictReader(paths.open()))
    assert len({row["episode"] for row in rows}) == 20
    assert len(rows) == 20 + round(20 * figures["mean_length"])  # a row per state: one more than steps
    ends = {row["episode"]: (float(row["x"]), float(row["y"])) for row in rows}  # the last row of each episode
    reached = sum(any((x - g["x"]) ** 2 + (y - g["y"]) ** 2 < 1 for g in figures["goals"]) for x, y in ends.values())
    assert reached == 20 - figures["no_goal"]


def test_resume_reaches_the_new_number_of_steps(softrl, tmp_path):
    folder = tmp_path / "run"
    assert softrl("train", "InvertedPendulum-v5", "--steps", 100, "--out", folder, *SMALL).returncode == 0
    assert softrl("train", "--resume", folder, "--steps", 200).returncode == 0
    assert json.loads((folder / "summary.json").read_text())["steps"] == 200


def test_half_cheetah_trains(softrl, tmp_path):
    folder, out = tmp_path / "run", tmp_path / "eval.json"
    result = softrl("train", "HalfCheetah-v5", "--steps", 1200, "--out", folder, *SMALL)
    assert result.returncode == 0, result
    assert softrl("evaluate", folder, "--episodes", 2, "--json", out).returncode == 0
    figures = json.loads(out.read_text())
    assert figures["mean_length"] == 1000 and -5000 < figures["mean_return"] < 5000
    assert "goals" not in figures


def test_interrupt_leaves_a_run_to_resume(softrl, tmp_path):
    folder = tmp_path / "run"
    program = softrl("--version").args[0]
    arguments = ["train", "multi_goal", "--steps", "1000000", "--out", str(folder), *SMALL]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if list(folder.glob("checkpoint-*.pt")):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "--resume" in output
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "interrupted"
    assert softrl("train", "--resume", folder, "--steps", summary["steps"] + 50).returncode == 0


@pytest.mark.parametrize("replay", ["", "replay.bin"])
def test_a_killed_run_ends_as_the_uninterrupted_one(softrl, tmp_path, replay):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    program = softrl("--version").args[0]
    steps = 3000
    arguments = ["train", "multi_goal", "--seed", "4", "--steps", str(steps), *SMALL, "--set", f"replay_file={replay}",
                 "--set", "replay_capacity=170", "--out"]  # fmt: skip
    process = subprocess.Popen([program, *arguments, str(killed)], stdout=subprocess.DEVNULL)
    for _ in range(6000):
        metrics = killed / "metrics.csv"
        if metrics.exists() and len(metrics.read_text().splitlines()) > 4:
            break
        time.sleep(0.01)
    process.kill()
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert json.loads((killed / "summary.json").read_text())["status"] == "running"
    assert softrl("train", "--resume", killed).returncode == 0
    assert softrl(*arguments, whole).returncode == 0

    assert learned(killed) == learned(whole) and len(learned(whole)) == steps // 50
    results = []
    for folder in (killed, whole):
        assert softrl("evaluate", folder, "--episodes", 5, "--json", folder / "eval.json").returncode == 0
        results.append((folder / "eval.json").read_text())
    assert results[0] == results[1]


# Another algorithm's configuration names it; a run of it is the same run.
@pytest.mark.parametrize("algorithm", ["sac", "ddpg", "td3", "sql_paper_2017", "sql_code_2017"])
def test_every_algorithm_trains_from_its_own_configuration(softrl, tmp_path, algorithm):
    one, two = tmp_path / "one", tmp_path / "two"
    arguments = ["multi_goal", "--algorithm", algorithm, "--steps", 200, "--out", one, "--environments", 2, *SMALL]
    assert softrl("train", *arguments).returncode == 0
    assert json.loads((one / "summary.json").read_text())["algorithm"] == algorithm.split("_")[0]
    assert softrl("train", "multi_goal", "--config", one / "config.toml", "--out", two).returncode == 0
    rows = [[line.rsplit(",", 2)[0] for line in (run / "metrics.csv").read_text().splitlines()] for run in (one, two)]
    assert rows[0] == rows[1] and len(rows[0]) == 5
    assert softrl("evaluate", two, "--episodes", 3).returncode == 0


def test_interrupt_is_noticed_between_rows(softrl, tmp_path):
    folder = tmp_path / "run"
    program = softrl("--version").args[0]
    arguments = ["train", "multi_goal", "--steps", "100000000", "--out", str(folder), "--set", "log_interval=50000000"]
    arguments += ["--set", "checkpoint_interval=50000000"]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
    for _ in range(600):
        if (folder / "summary.json").exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1 and "--resume" in output
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["status"] == "interrupted" and summary["steps"] < 50_000_000


def test_divergence_is_the_answer_no(softrl, tmp_path):
    folder = tmp_path / "run"
    too_fast = ["--set", "critic_learning_rate=1e30"]
    result = softrl("train", "multi_goal", "--steps", 400, "--out", folder, *SMALL, *too_fast)
    assert result.returncode == 1 and "diverged at step" in result.stdout
    assert "is no longer finite; the last checkpoint is " in result.stdout
    assert json.loads((folder / "summary.json").read_text())["status"] == "diverged"
    assert list(csv.DictReader((folder / "metrics.csv").open()))


def limited_to(size):
    """Files of at most `size` bytes, in place of a disk that is full: what is beyond is an error of the write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def learned(folder):
    rows = csv.DictReader((folder / "metrics.csv").open())
    return [[value for name, value in row.items() if "second" not in name] for row in rows]


def test_a_full_disk_leaves_the_checkpoint_before(softrl, tmp_path):
    """The replay grows by 32 bytes a step: 20,000 bytes more than the first checkpoint are reached within 700 steps."""
    whole, full = tmp_path / "whole", tmp_path / "full"
    arguments = ["train", "multi_goal", "--seed", 4, "--steps", 1000, *SMALL, "--out"]
    assert softrl("train", "multi_goal", "--steps", 100, *SMALL, "--out", tmp_path / "small").returncode == 0
    size = (tmp_path / "small" / "checkpoint-000000100.pt").stat().st_size + 20_000
    result = softrl(*arguments, full, preexec_fn=lambda: limited_to(size), restore_signals=False)
    assert result.returncode == 2, result
    assert result.stderr.count("\n") == 1 and ": cannot be written: File too large" in result.stderr
    assert "/checkpoint-000000" in result.stderr
    kept = sorted(path.name for path in full.glob("*.pt"))
    assert len(kept) == 2 and not list(full.glob(".*"))
    assert softrl("evaluate", full, "--episodes", 2).returncode == 0
    assert softrl("train", "--resume", full).returncode == 0
    assert softrl(*arguments, whole).returncode == 0
    assert learned(full) == learned(whole)


def test_metrics_on_a_full_disk(softrl, tmp_path):
    folder = tmp_path / "run"
    assert softrl("train", "multi_goal", "--steps", 100, *SMALL, "--out", folder).returncode == 0
    size = (folder / "checkpoint-000000100.pt").stat().st_size + 50_000
    metrics = folder / "metrics.csv"
    header, row = metrics.read_text().splitlines()[:2]
    metrics.write_text(f"{header}\n" + f"{row}\n" * ((size - len(header)) // (len(row) + 1) - 1))
    arguments = ["train", "--resume", folder, "--steps", 400]
    result = softrl(*arguments, preexec_fn=lambda: limited_to(size), restore_signals=False)
    assert result.returncode == 2, result
    assert "metrics.csv: cannot be written: File too large" in result.stderr
    assert softrl(*arguments).returncode == 0


def test_evaluation_shows_its_progress(softrl, run):
    """On a terminal, and only if it takes more than a second."""
    program = softrl("--version").args[0]
    for episodes, seen in ((8000, True), (3, False)):
        terminal, end = pty.openpty()
        process = subprocess.Popen([program, "evaluate", run, "--episodes", str(episodes)], stderr=end,
                                   stdout=subprocess.DEVNULL)  # fmt: skip
        os.close(end)
        text = ""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
            while piece := os.read(terminal, 1000):
                text += piece.decode()
        assert process.wait() == 0
        assert (f"best actions, episode  {episodes}/{episodes}" in text) == seen
        assert ("left" in text and "return" in text) == seen


def test_one_episode_has_no_interval(softrl, run, tmp_path):
    out = tmp_path / "eval.json"
    result = softrl("evaluate", run, "--episodes", 1, "--json", out)
    assert "1 episode\n" in result.stdout and "an interval needs two episodes" in result.stdout
    assert "inf" not in result.stdout
    figures = json.loads(out.read_text())
    assert figures["return_low"] is None and figures["return_high"] is None


def test_help_shows_defaults(softrl):
    text = softrl("train", "--help").stdout
    assert "=sql " in text and "=20000 " in text
    assert "=100 " in softrl("evaluate", "--help").stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["Swimmer"], ["unknown task Swimmer", "Swimmer-v5", "multi_goal"]),
        (["multi_goal", "--set", "temprature=1"], ["temprature: unknown key (did you mean temperature?"]),
        (["multi_goal", "--set", "temperature=hot"], ["temperature", "must be a number"]),
        (["multi_goal", "--set", "hidden=[1.5]"], ["hidden"]),
        (["multi_goal", "--set", "discount=1.5"], ["discount: must be in [0, 1], got 1.5"]),
        (["multi_goal", "--set", "temperature=1\ndiscount=0.5"], ["--set", "line breaks"]),
        (["multi_goal", "--set", "bandwidth=it's"], ["bandwidth", "sql_paper", "got it's"]),
        (["multi_goal", "--set", "task=HalfCheetah-v5"], ["task", "HalfCheetah-v5", "multi_goal"]),
        (["multi_goal", "--steps", "9999999999999999999999"], ["--steps", "9999999999999999999999"]),
        (["multi_goal", "--seed", "1.5"], ["--seed", "must be an integer, got 1.5"]),
        (["multi_goal", "--config", ""], ["--config", "must not be empty"]),
        (["multi_goal", "--set", "bandwidth=wide"], ["bandwidth", "sql_paper", "wide"]),
        (["multi_goal", "--set", "temperature"], ["key=value"]),
        (["multi_goal", "--algorithm", "ppo"], ["algorithm must be one of", "sql_paper_2017", "got ppo"]),
        (["multi_goal", "--algorithm", "sac", "--set", "fixed_particles=3"], ["fixed_particles", "unknown key"]),
        (["multi_goal", "--set", "device=tpu"], ["device", "cpu or cuda, got tpu"]),
        (["multi_goal", "--environments", "0"], ["environments", "got 0"]),
        (["multi_goal", "--steps", "0"], ["steps must be at least 1, got 0"]),
        (["multi_goal", "--seed", "-1"], ["seed must be at least 0, got -1"]),
        (["multi_goal", "--config", "no/such.toml"], ["no/such.toml"]),
        ([], ["TASK"]),
    ],
)
def test_refuses_and_leaves_nothing(refuses, tmp_path, arguments, words):
    refuses("train", *arguments, "--out", tmp_path / "run", words=words)


def test_refuses_an_unknown_key_in_a_file_with_its_line(refuses, tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text('task = "multi_goal"\ntemperature = 10.0\npartciles = 3\n')
    refuses("train", "multi_goal", "--config", file, "--out", tmp_path / "run", words=[f"{file}:3: partciles: unknown key (did you mean "])


def test_refuses_a_value_out_of_range_in_a_file_with_its_line(refuses, tmp_path):
    file = tmp_path / "bad.toml"
    file.write_text('task = "multi_goal"\nseed = 1\ntemperature = -1.0\n')
    refuses("train", "multi_goal", "--config", file, "--out", tmp_path / "run", words=[f"{file}:3: temperature", "-1"])


def test_refuses_a_configuration_of_another_task(refuses, tmp_path, source_dir):
    file = source_dir / "examples/train/sql/HalfCheetah-v5.toml"
    refuses("train", "multi_goal", "--config", file, "--out", tmp_path / "run", words=[f"{file}:2: task", "HalfCheetah-v5", "multi_goal"])


def test_refuses_a_folder_in_use(refuses, run):
    before = (run / "metrics.csv").read_text()
    refuses("train", "multi_goal", "--out", run, words=[run, "already exists"])
    assert (run / "metrics.csv").read_text() == before


def test_refuses_missing_and_damaged_runs(softrl, refuses, run, tmp_path):
    refuses("evaluate", tmp_path / "none", words=["no such run folder"])
    refuses("train", "--resume", tmp_path / "none", words=["no such run folder"])
    (tmp_path / "empty").mkdir()
    refuses("evaluate", tmp_path / "empty", words=["no training run in this folder"])
    refuses("train", "--resume", "", words=["--resume", "must not be empty"])
    refuses("evaluate", run, "--episodes", "0", words=["episodes"])
    refuses("evaluate", run, "--json", tmp_path / "no" / "eval.json", words=["does not exist"])
    refuses("train", "--resume", run, words=["steps must be more than the 300"])
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    newest = "checkpoint-000000300.pt"
    (damaged / "config.toml").write_bytes((run / "config.toml").read_bytes())
    checkpoint = (run / newest).read_bytes()
    (damaged / newest).write_bytes(checkpoint[: len(checkpoint) // 2])
    refuses("evaluate", damaged, "--json", tmp_path / "eval.json", words=[newest, "damaged"])
    refuses("train", "--resume", damaged, "--steps", "400", words=[newest, "damaged"])
    (damaged / "config.toml").write_text("task = 3\n")
    refuses("evaluate", damaged, words=["config.toml:1", "task"])
