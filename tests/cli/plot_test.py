"""`softrl plot`: curves of runs over their seeds, as numbers and as a drawing, and refusals."""

import csv
import xml.etree.ElementTree as xml

import numpy as np
import pytest

SVG = "{http://www.w3.org/2000/svg}"
STEPS = [100, 200, 300, 400]


@pytest.fixture
def make_run(tmp_path):
    """make_run(name, returns, **settings): a folder as `softrl train` leaves it, an episode in each row."""

    def make(name, returns, **settings):
        folder = tmp_path / name
        folder.mkdir()
        settings = {"task": '"multi_goal"', "algorithm": '"sac"', "seed": 1, "discount": 0.9} | settings
        (folder / "config.toml").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        rows = [f"{step},{i + 1},{value},30" for i, (step, value) in enumerate(zip(STEPS, returns))]
        (folder / "metrics.csv").write_text("\n".join(["step,episodes,return,length", *rows]) + "\n")
        return folder

    return make


def curves(file):
    """{label: [rows of floats: seeds, step, return, low, high]}"""
    result = {}
    for row in csv.DictReader(file.open()):
        numbers = [float(row[key] or "nan") for key in ("seeds", "step", "return", "low", "high")]
        result.setdefault(row["label"], []).append(numbers)
    return {label: np.array(rows) for label, rows in result.items()}


def plotted(softrl, tmp_path, *arguments):
    out = tmp_path / "curves.csv"
    result = softrl("plot", *arguments, "--csv", out)
    assert result.returncode == 0, result
    return curves(out)


def test_seeds_become_one_curve_of_interquartile_means(softrl, make_run, tmp_path):
    returns = np.random.default_rng(1).normal(size=(5, 4))
    runs = [make_run(f"s{seed}", values, seed=seed) for seed, values in enumerate(returns)]
    ddpg = make_run("ddpg", [1, 2, 3, 4], algorithm='"ddpg"')
    table = plotted(softrl, tmp_path, *runs, ddpg)
    assert list(table) == ["sac", "ddpg"]
    seeds, steps, values, low, high = table["sac"].T
    assert list(seeds) == [5] * 4 and list(steps) == STEPS
    np.testing.assert_allclose(values, np.sort(returns, axis=0)[1:4].mean(axis=0), rtol=1e-8)
    assert np.all(low < values) and np.all(values < high)
    assert np.all(returns.min(axis=0) <= low) and np.all(high <= returns.max(axis=0))
    np.testing.assert_array_equal(table["ddpg"][:, :3], [[1, step, i + 1] for i, step in enumerate(STEPS)])
    assert np.isnan(table["ddpg"][:, 3:]).all()


def test_points_and_windows_can_be_chosen(softrl, make_run, tmp_path):
    run = make_run("run", [1, 2, 3, 5])
    rows = plotted(softrl, tmp_path, run, "--interval", 200, "--window", 300)["sac"]
    np.testing.assert_allclose(rows[:, 1:3], [[200, (1 + 2) / 2], [400, (2 + 3 + 5) / 3]])


def test_what_differs_makes_a_curve_of_its_own(softrl, make_run, tmp_path):
    a = make_run("a", [1, 1, 1, 1], steps=400, log_interval=100)
    b = make_run("b", [2, 2, 2, 2], discount=0.5)
    c = make_run("c", [3, 3, 3, 3], seed=2, discount=0.5)
    one = plotted(softrl, tmp_path, a, b, c)
    assert {label: rows[0, 0] for label, rows in one.items()} == {"sac, discount = 0.9": 1, "sac, discount = 0.5": 2}
    assert list(plotted(softrl, tmp_path, a, b, c, "--group-by", "algorithm")) == ["sac"]
    assert list(plotted(softrl, tmp_path, a, b, c, "--group-by", "seed")) == ["sac, seed = 1", "sac, seed = 2"]
    assert list(plotted(softrl, tmp_path, a, b, c, "--label", "far, sighted", "--label", "near")) == ["far, sighted", "near"]
    many = make_run("many", [4, 4, 4, 4], o=0, p=1, q=2, r=3)
    assert list(plotted(softrl, tmp_path, a, many)) == [f"sac, as {a}", f"sac, as {many}"]


def test_the_drawing_shows_the_numbers(softrl, make_run, tmp_path):
    returns = np.random.default_rng(2).normal(size=(3, 4))
    runs = [make_run(f"s{seed}", values, seed=seed) for seed, values in enumerate(returns)]
    other = make_run("ddpg", [3, 2, 1, 0], algorithm='"ddpg"')
    out = tmp_path / "curves.svg"
    table = plotted(softrl, tmp_path, *runs, other, "--out", out)
    tree = xml.parse(out).getroot()
    texts = [element.text for element in tree.iter(f"{SVG}text")]
    assert {"sac (3 seeds)", "ddpg (1 seed)", "return", "steps"} <= set(texts)

    def points(element):
        return np.array([point.split(",") for point in element.get("points").split()], dtype=float)

    lines = [points(element) for element in tree.iter(f"{SVG}polyline")]
    (band,) = [points(element) for element in tree.iter(f"{SVG}polygon")]  # one seed has none
    pixels = np.concatenate([*lines, band])
    sac, ddpg = table["sac"], table["ddpg"]
    data = np.concatenate([sac[:, 1:3], ddpg[:, 1:3], sac[:, [1, 4]], sac[::-1, [1, 3]]])
    for axis in (0, 1):  # pixels are a linear function of the data, to the tenth they are written with
        line = np.polynomial.Polynomial.fit(data[:, axis], pixels[:, axis], 1)
        np.testing.assert_allclose(line(data[:, axis]), pixels[:, axis], atol=0.1)
        assert (line.convert().coef[1] > 0) == (axis == 0)


def test_a_run_of_train_is_read_while_it_is_written(softrl, tmp_path):
    folder = tmp_path / "run"
    small = ["hidden=[16,16]", "batch_size=8", "start_steps=50", "log_interval=50", "checkpoint_interval=100"]
    settings = [word for setting in small for word in ("--set", setting)]
    assert softrl("train", "multi_goal", "--steps", 300, "--out", folder, *settings).returncode == 0
    expected = {int(row["step"]): float(row["return"]) for row in csv.DictReader((folder / "metrics.csv").open())}
    with (folder / "metrics.csv").open("a") as file:
        file.write("350,1")  # the rest of the line is not there yet
    rows = plotted(softrl, tmp_path, folder)["sql"]
    assert {int(step): value for step, value in rows[:, 1:3]} == pytest.approx(expected, rel=1e-8)


def test_plot_does_not_load_torch(softrl, make_run, tmp_path):
    result = softrl("plot", make_run("run", [1, 2, 3, 4]), "--csv", tmp_path / "x.csv", env={"LD_DEBUG": "libs"})
    assert result.returncode == 0 and "libm.so" in result.stderr and "libtorch" not in result.stderr


def test_refuses_what_cannot_be_one_plot(softrl, refuses, make_run, tmp_path):
    run, out = make_run("run", [1, 2, 3, 4]), tmp_path / "out.svg"
    pendulum = make_run("pendulum", [1, 2, 3, 4], task='"Pendulum-v1"')
    again = make_run("again", [1, 2, 3, 4], steps=400)
    nothing = make_run("nothing", [])
    none_ended = make_run("none_ended", ["", ""])
    broken = make_run("broken", [1, "high"])
    (tmp_path / "empty").mkdir()
    refuses("plot", words=["required"])
    refuses("plot", run, words=["--out"])
    refuses("plot", run, "--out", tmp_path / "out.png", words=["--out", ".svg", "out.png"])
    refuses("plot", run, "--out", tmp_path / "no" / "out.svg", words=["does not exist"])
    refuses("plot", run, "--out", run / "config.toml", words=["--out", ".svg"])
    refuses("plot", tmp_path / "none", "--out", out, words=["none: no such run folder"])
    refuses("plot", tmp_path / "empty", "--out", out, words=["empty: no training run", "config.toml"])
    refuses("plot", run, pendulum, "--out", out, words=[pendulum, "Pendulum-v1", "multi_goal", "one task"])
    refuses("plot", run, again, "--out", out, words=[run, again, "the same run, seed 1"])
    refuses("plot", nothing, "--out", out, words=[nothing, "no episode has ended"])
    refuses("plot", run, none_ended, "--out", out, words=[none_ended, "no episode has ended"])
    refuses("plot", broken, "--out", out, words=["metrics.csv:3", "finite number", "high"])
    refuses("plot", run, "--out", out, "--label", "a", "--label", "b", words=["--label", "1 curve", "2 labels"])
    refuses("plot", run, "--out", out, "--group-by", "colour", words=["--group-by", "colour"])
    refuses("plot", run, "--out", out, "--interval", 0, words=["--interval", "at least 1"])
    refuses("plot", run, "--out", out, "--interval", 500, words=["no point in common", "500"])
