"""softrl routes: fit, likelihood and generate, and what they refuse."""

import csv
import heapq
import json
import math
import re
import shlex
import shutil
from random import Random
from statistics import NormalDist, mean, pstdev, stdev

import pytest

WEIGHTS = "travel_time=-2,left_turn=-0.8,link_constant=-0.6,u_turn=-3"
TRUTH = {"travel_time": -2.0, "left_turn": -0.8, "link_constant": -0.6, "u_turn": -3.0}


@pytest.fixture(scope="module")
def generated(softrl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated") / "city"
    result = softrl("routes", "generate", folder, "--rows", 8, "--columns", 9, "--trips", 300, "--seed", 5)
    assert result.returncode == 0, result
    return folder


@pytest.fixture
def city(generated, tmp_path):
    """A copy whose files a test may spoil."""
    return shutil.copytree(generated, tmp_path / "city")


def fit(softrl, folder, *args):
    out = folder.parent / "fit.json"
    result = softrl("routes", "fit", folder / "study.toml", "--json", out, *args)
    return result, json.loads(out.read_text()) if out.exists() else None


# An estimate lies within 6 of its standard errors but for a chance of 2e-9; four of them, with a wide margin, 1e-6.
def test_fit_finds_the_weights_of_a_generated_city(softrl, city):
    result, answer = fit(softrl, city)
    assert result.returncode == 0, result
    assert answer["status"] == "converged"
    assert answer["trips"] == 300 and answer["evaluations"] > 0 and answer["seconds"] >= 0
    assert answer["null_log_likelihood"] < answer["log_likelihood"] < 0
    assert [p["name"] for p in answer["parameters"]] == list(TRUTH)
    for p in answer["parameters"]:
        for error in (p["std_error"], p["robust_std_error"]):
            assert abs(p["value"] - TRUTH[p["name"]]) < 6 * error
        assert p["t_value"] == pytest.approx(p["value"] / p["std_error"])
        assert f"{p['value']:.4f}" in result.stdout


def test_shipped_study_reads_a_generated_city(softrl, city, source_dir):
    args = ["--data", city, "--weights", WEIGHTS, "--json"]
    for study, out in ((source_dir / "examples/generated_city.toml", "a.json"), (city / "study.toml", "b.json")):
        assert softrl("routes", "likelihood", study, *args, city / out).returncode == 0
    assert json.loads((city / "a.json").read_text()) == json.loads((city / "b.json").read_text())


def test_start_fix_and_iteration_limit(softrl, city):
    result, answer = fit(softrl, city, "--start", "travel_time=-5", "--fix", "u_turn=-3,left_turn=-1")
    assert result.returncode == 0, result
    fixed = {p["name"]: p for p in answer["parameters"] if not p["estimated"]}
    assert {name: p["value"] for name, p in fixed.items()} == {"u_turn": -3, "left_turn": -1}
    assert all(p["std_error"] is None and p["t_value"] is None for p in fixed.values())

    result, answer = fit(softrl, city, "--max-iterations", 1)
    assert result.returncode == 1
    assert answer["status"] == "iteration_limit" and answer["remaining_gain"] > 1e-8


def add_weights(folder, weights):
    study = folder / "study.toml"
    study.write_text(study.read_text().replace("[network]\n", "[weights]\n" + weights + "\n[network]\n"))


# The study's word is the default; the options prevail.
def test_a_study_says_what_is_known_of_weights(softrl, refuses, city):
    _, free = fit(softrl, city)
    add_weights(city, "u_turn = {fixed = -5}\ntravel_time = {start = -3, upper = 0}")
    result, answer = fit(softrl, city)
    assert result.returncode == 0, result
    values = {p["name"]: p["value"] for p in answer["parameters"]}
    assert values["u_turn"] == -5 and not any(p["at_bound"] for p in answer["parameters"])
    assert [p["estimated"] for p in answer["parameters"]] == [True, True, True, False]
    _, again = fit(softrl, city, "--start", "u_turn=-4,travel_time=-2.5")
    assert again["log_likelihood"] == pytest.approx(free["log_likelihood"], abs=1e-6)
    refuses("routes", "fit", city / "study.toml", "--start", "travel_time=1", words=["--start: travel_time=1", "bounds"])


def test_a_weight_that_ends_at_its_bound_is_named(softrl, refuses, city, tmp_path):
    _, free = fit(softrl, city)
    (tmp_path / "fit.json").rename(tmp_path / "free.json")
    add_weights(city, "travel_time = {upper = -3}")
    result, answer = fit(softrl, city)
    assert result.returncode == 0 and re.search(r"travel_time +-3.0000 +at bound", result.stdout)
    assert answer["log_likelihood"] < free["log_likelihood"]
    latex = tmp_path / "table.tex"
    fit(softrl, city, "--latex", latex)
    assert latex.read_text().count("at bound") == 1 and "fixed" not in latex.read_text()
    at_bound = answer["parameters"][0]
    assert at_bound["at_bound"] and at_bound["value"] == -3 and at_bound["std_error"] is None
    files = (tmp_path / "fit.json", tmp_path / "free.json")
    refuses("routes", "compare", *files, words=["fit.json", "travel_time", "bound"])


# p-values, intervals and criteria from the errors and log-likelihoods, by the standard library's normal distribution.
def test_fit_says_what_its_errors_mean(softrl, city):
    normal = NormalDist()
    result, answer = fit(softrl, city, "--confidence", "0.9", "--fix", "u_turn=-3")
    assert result.returncode == 0, result
    assert max(map(len, result.stdout.splitlines())) <= 100
    told = [p for p in answer["parameters"] if p["estimated"]]
    for p in told:
        for prefix in ("", "robust_"):
            error, t = p[prefix + "std_error"], p[prefix + "t_value"]
            assert t == pytest.approx(p["value"] / error)
            assert p[prefix + "p_value"] == pytest.approx(2 * normal.cdf(-abs(t)), rel=1e-9, abs=1e-15)
            reach = error * normal.inv_cdf(0.95)
            assert p[prefix + "interval"]["lower"] == pytest.approx(p["value"] - reach)
            assert p[prefix + "interval"]["upper"] == pytest.approx(p["value"] + reach)
    fixed = answer["parameters"][3]
    assert fixed["name"] == "u_turn" and fixed["p_value"] is None and fixed["robust_interval"]["lower"] is None

    best, null = answer["log_likelihood"], answer["null_log_likelihood"]
    assert answer["adjusted_rho_squared"] == pytest.approx(1 - (best - 3) / null)
    assert answer["aic"] == pytest.approx(6 - 2 * best)
    assert answer["bic"] == pytest.approx(3 * math.log(300) - 2 * best)
    assert len(answer["trip_names"]) == 300 == answer["clusters"]
    assert sum(answer["trip_log_likelihoods"]) == pytest.approx(best)
    for matrix in (answer["correlation"], answer["robust_correlation"]):
        assert [matrix[j][j] for j in range(4)] == [1, 1, 1, None]
        assert matrix[0][1] == pytest.approx(matrix[1][0]) and -1 < matrix[0][1] < 1


# Every trip four times, by one driver: robust errors by cluster are those of the trips taken once, and others half that.
def test_clusters_of_trips(softrl, city):
    _, once = fit(softrl, city)
    header, *rows = (city / "trips.csv").read_text().splitlines()
    copies = [f"{copy}_{row},{row.split(',')[0]}" for row in rows for copy in range(4)]
    (city / "trips.csv").write_text("\n".join([header + ",driver", *copies]) + "\n")
    _, apart = fit(softrl, city)
    study = city / "study.toml"
    study.write_text(study.read_text().replace("[trips]\n", '[trips]\ncluster = "driver"\n'))
    result, together = fit(softrl, city, "--latex", city / "table.tex")
    assert result.returncode == 0 and "by the robust error, of 300 clusters" in result.stdout
    assert "Robust errors by $300$ clusters" in (city / "table.tex").read_text()
    assert (once["clusters"], apart["clusters"], together["clusters"]) == (300, 1200, 300)
    for one, independent, clustered in zip(once["parameters"], apart["parameters"], together["parameters"]):
        assert clustered["robust_std_error"] == pytest.approx(one["robust_std_error"], rel=1e-4)
        assert independent["robust_std_error"] == pytest.approx(one["robust_std_error"] / 2, rel=1e-4)
        assert clustered["std_error"] == pytest.approx(one["std_error"] / 2, rel=1e-4)
    few = [row[: row.rindex(",")] + f",{i % 3}" for i, row in enumerate(copies)]
    (city / "trips.csv").write_text("\n".join([header + ",driver", *few]) + "\n")
    result, answer = fit(softrl, city)
    assert answer["clusters"] == 3 and "confidence interval by the standard error)" in result.stdout


def compare(softrl, folder, first, second):
    out = folder / "compare.json"
    result = softrl("routes", "compare", first, second, "--json", out)
    assert result.returncode == 0, result
    return result.stdout, json.loads(out.read_text())


@pytest.fixture
def fits(softrl, city):
    """Files of a fit of all weights, of two that fix one, and of one of two."""
    fixes = {
        "all": [],
        "no_left": ["--fix", "left_turn=0"],
        "no_u": ["--fix", "u_turn=0"],
        "neither": ["--fix", "left_turn=0,u_turn=0"],
    }
    for name, args in fixes.items():
        result = softrl("routes", "fit", city / "study.toml", "--json", city / f"{name}.json", *args)
        assert result.returncode == 0, result
    return {name: city / f"{name}.json" for name in fixes}


# The tail of chi-squared with two degrees of freedom is exp(-x/2), with one erfc(sqrt(x/2)).
def test_compare_nested_fits(softrl, city, fits):
    best = {name: json.loads(file.read_text())["log_likelihood"] for name, file in fits.items()}
    for first, second, degrees in (("neither", "all", 2), ("all", "neither", 2), ("neither", "no_left", 1)):
        text, answer = compare(softrl, city, fits[first], fits[second])
        gain = abs(best[second] - best[first])
        test = answer["likelihood_ratio"]
        assert test["restricted"] == str(fits["neither"]) and test["degrees_of_freedom"] == degrees
        assert test["statistic"] == pytest.approx(2 * gain)
        tail = math.exp(-gain) if degrees == 2 else math.erfc(math.sqrt(gain))
        assert test["p_value"] == pytest.approx(tail, rel=1e-9)
        assert answer["log_likelihood_difference"] == pytest.approx(best[first] - best[second])
        weights = degrees if first == "all" else -degrees
        assert answer["aic_difference"] == pytest.approx(2 * weights - 2 * (best[first] - best[second]))
        assert answer["bic_difference"] == pytest.approx(math.log(300) * weights - 2 * (best[first] - best[second]))
        assert answer["vuong"] is None and "is nested in" in text


def test_compare_fits_that_are_not_nested(softrl, city, fits):
    text, answer = compare(softrl, city, fits["no_left"], fits["no_u"])
    first, second = (json.loads(fits[name].read_text())["trip_log_likelihoods"] for name in ("no_left", "no_u"))
    differences = [a - b for a, b in zip(first, second)]
    z = math.sqrt(len(differences)) * mean(differences) / pstdev(differences)
    assert answer["vuong"]["statistic"] == pytest.approx(z)
    assert answer["vuong"]["p_value"] == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))
    assert answer["likelihood_ratio"] is None and "not nested" in text

    text, answer = compare(softrl, city, fits["all"], fits["all"])
    assert answer["vuong"] == {"statistic": None, "p_value": None} and "no test tells them apart" in text


def with_model(city, name, model, extra=""):
    study = (city / "study.toml").read_text()
    assert 'model = "maxent"' in study
    (city / f"{name}.toml").write_text(study.replace('model = "maxent"', f'model = "{model}"') + extra)
    return city / f"{name}.toml"


# The same weights, one more fixed, and yet neither is a special case of the other.
def test_models_of_different_families_are_not_nested(softrl, refuses, city, fits):
    action = with_model(city, "action", "action")
    assert softrl("routes", "fit", action, "--json", city / "action.json").returncode == 0
    text, answer = compare(softrl, city, fits["no_u"], city / "action.json")
    assert answer["likelihood_ratio"] is None and answer["vuong"]["p_value"] is not None and "not nested" in text
    trip = (city / "trips.csv").read_text().splitlines()[1].split(",")
    ends = ["--from", trip[2].split()[0], "--to", trip[1]]
    words = ["action.json", "another model, action; here it is maxent"]
    refuses("routes", "predict", city / "study.toml", "--fit", city / "action.json", *ends, words=words)


# A corridor keeps all observed links, so that trips gain: by what its paths leave out.
def test_a_corridor_says_what_it_costs(softrl, refuses, city, fits):
    corridor = with_model(city, "corridor", "maxent", "\n[corridor]\ndetour = 1.2\nweights = {travel_time = -1}\n")
    result = softrl("routes", "fit", corridor, "--json", city / "corridor.json")
    assert result.returncode == 0 and "note: the log-likelihood is over the paths of the corridors alone" in result.stdout
    fitted = json.loads((city / "corridor.json").read_text())
    cost = fitted["corridor"]
    assert cost["trips_outside"] > 0 and cost["mean_links"] > 1 and fitted["family"].startswith("maxent in the corridor")
    weights = ",".join(f"{p['name']}={p['value']!r}" for p in fitted["parameters"])
    softrl("routes", "likelihood", city / "study.toml", "--weights", weights, "--json", city / "all_paths.json")
    everywhere = json.loads((city / "all_paths.json").read_text())
    if everywhere["feasible"]:
        assert cost["log_likelihood_over_all_paths"] == pytest.approx(everywhere["log_likelihood"], rel=1e-12)
        assert everywhere["log_likelihood"] < fitted["log_likelihood"]
    else:
        assert cost["log_likelihood_over_all_paths"] is None
    assert json.loads(fits["all"].read_text())["corridor"] is None
    refuses("routes", "compare", fits["all"], city / "corridor.json", words=["over the paths of a corridor"])


# What only a penalty tells scatters hardly at all: its error says nothing of how well it is known.
def test_a_penalised_fit_tests_nothing(softrl, city):
    result, answer = fit(softrl, city, "--l2", 0.01)
    for parameter in answer["parameters"]:
        assert parameter["std_error"] > 0 and parameter["robust_std_error"] > 0
        assert all(parameter[key] is None for key in ("t_value", "p_value", "robust_t_value", "robust_p_value"))
        assert parameter["interval"] == parameter["robust_interval"] == {"lower": None, "upper": None}
    assert "there are no tests and intervals" in result.stdout
    result, answer = fit(softrl, city, "--l2", 0.01, "--in-units-of", "travel_time")
    assert "no weights in units of travel_time: errors under a penalty" in result.stdout


# Travel time in millionths of what it was: weights a millionth, and the screen still has their digits.
def test_weights_of_any_unit_have_digits(softrl, city):
    before = fit(softrl, city)[1]["parameters"][0]["value"]
    with open(city / "study.toml", "a") as file:
        file.write('[feature.travel_time]\ncolumn = "travel_time"\nscale = 1e6\n')
    latex = city / "table.tex"
    result, answer = fit(softrl, city, "--latex", latex)
    value = answer["parameters"][0]["value"]
    assert value == pytest.approx(1e-6 * before, rel=1e-5)
    assert f"{value:#.4g}" in result.stdout
    mantissa, exponent = f"{value:#.4g}".split("e")
    assert f"${mantissa} \\times 10^{{{int(exponent)}}}$" in latex.read_text()


# The Wald statistic of one restriction is the squared t of what it says to be 0, from the covariances in the JSON.
def test_wald_tests_and_ratios_of_a_fit(softrl, refuses, city):
    result, answer = fit(softrl, city, "--in-units-of", "travel_time")
    assert result.returncode == 0 and "in units of travel_time" in result.stdout
    file, out = city.parent / "fit.json", city / "out.json"
    value = {p["name"]: p["value"] for p in answer["parameters"]}
    result = softrl("routes", "test", file, "left_turn = 0, u_turn = 2 * left_turn", "--json", out)
    assert result.returncode == 0, result
    both = json.loads(out.read_text())
    assert both["classical"]["degrees_of_freedom"] == 2 and len(both["restrictions"]) == 2
    for kind in ("classical", "robust"):
        c = answer["covariance" if kind == "classical" else "robust_covariance"]
        softrl("routes", "test", file, "u_turn - 2*left_turn = 0.5", "--json", out)
        distance = value["u_turn"] - 2 * value["left_turn"] - 0.5
        z = distance / math.sqrt(c[3][3] - 4 * c[1][3] + 4 * c[1][1])
        one = json.loads(out.read_text())[kind]
        assert one["statistic"] == pytest.approx(z * z)
        assert one["p_value"] == pytest.approx(2 * NormalDist().cdf(-abs(z)), rel=1e-6, abs=1e-12)
        assert both[kind]["p_value"] < 1e-6

        result = softrl("routes", "ratio", file, "left_turn/travel_time", "u_turn/travel_time", "--json", out)
        assert result.returncode == 0 and "left_turn/travel_time" in result.stdout
        ratio = json.loads(out.read_text())["ratios"][0]
        r, b = value["left_turn"] / value["travel_time"], value["travel_time"]
        error = math.sqrt(c[1][1] - 2 * r * c[0][1] + r * r * c[0][0]) / abs(b)
        assert ratio["value"] == pytest.approx(r) and ratio[kind]["std_error"] == pytest.approx(error)
        assert ratio[kind]["fieller"]["kind"] == "interval"
        assert answer["parameters"][1]["ratio"][kind] == ratio[kind]
    refuses("routes", "test", file, "speed = 0", words=["speed", "travel_time"])
    refuses("routes", "ratio", file, "left_turn/speed", words=["left_turn/speed", "name/name"])
    fit(softrl, city, "--l2", "0.01")
    refuses("routes", "test", file, "left_turn = 0", words=["fit.json", "penalised"])
    refuses("routes", "fit", city / "study.toml", "--in-units-of", "speed", words=["--in-units-of", "speed", "u_turn"])


def test_penalised_fits(softrl, refuses, city):
    _, free = fit(softrl, city)
    assert free["penalty"] == {"l1": 0, "l2": 0} and free["degrees_of_freedom"] == 4
    result, ridge = fit(softrl, city, "--l2", "0.1")
    assert result.returncode == 0 and "degrees of freedom" in result.stdout and "note: " in result.stdout
    assert 1 < ridge["degrees_of_freedom"] < 4 and ridge["objective"] < ridge["log_likelihood"] < free["log_likelihood"]
    result, lasso = fit(softrl, city, "--l1", "1")
    assert result.returncode == 0 and lasso["status"] == "converged"
    assert "confidence interval" not in result.stdout
    files = ["--latex", city / "table.tex", "--report", city / "report.html", "--in-units-of", "travel_time"]
    result, _ = fit(softrl, city, "--l1", "1", *files)
    latex, page = (city / "table.tex").read_text(), (city / "report.html").read_text()
    assert "L1 penalty of $1$ nats per trip" in latex and "0 by L1" in latex and "fixed" not in latex
    assert "confidence intervals" not in page and f"<td>{lasso['objective']:.4f}</td>" in page
    assert "no weights in units of travel_time: " in result.stdout
    fit(softrl, city, "--max-iterations", 1, "--latex", city / "table.tex")
    assert r"did not converge: iteration\_limit" in (city / "table.tex").read_text()
    zeros = [p["name"] for p in lasso["parameters"] if p["value"] == 0]
    assert zeros and lasso["degrees_of_freedom"] == 4 - len(zeros)
    assert all(p["std_error"] is None for p in lasso["parameters"]) and "no standard errors" in lasso["notes"][0]
    (city / "free.json").write_text(json.dumps(free))
    refuses("routes", "compare", city / "free.json", city.parent / "fit.json", words=["fit.json", "penalised"])
    refuses("routes", "fit", city / "study.toml", "--l1", "-1", words=["--l1", "-1"])


def test_tables_and_report_of_a_fit(softrl, city):
    files = {kind: city / f"table.{kind}" for kind in ("csv", "latex", "html")}
    args = ["--csv", files["csv"], "--latex", files["latex"], "--report", files["html"], "--stars"]
    result, answer = fit(softrl, city, *args, "--fix", "link_constant=-0.6", "--in-units-of", "travel_time")
    assert result.returncode == 0, result
    rows = list(csv.DictReader(files["csv"].open()))
    for row, parameter in zip(rows, answer["parameters"], strict=True):
        assert row["name"] == parameter["name"] and float(row["value"]) == parameter["value"]
        error = row["robust_std_error"]
        assert (float(error) if error else None) == parameter["robust_std_error"]
        assert row["estimated"] == str(parameter["estimated"]).lower()
    assert float(rows[1]["ratio"]) == pytest.approx(float(rows[1]["value"]) / float(rows[0]["value"]))

    latex = files["latex"].read_text()
    assert r"left\_turn & $-" in latex and "$^{***}$" in latex and "fixed" in latex and r"\hline" in latex
    assert latex.startswith(r"\begin{tabular}{lrrr}") and latex.rstrip().endswith(r"\end{tabular}")
    assert f"${answer['log_likelihood']:.2f}$" in latex and "$300$" in latex

    page = files["html"].read_text()
    assert page.count("<svg") >= 4 and "http" not in page.replace("http://www.w3.org/2000/svg", "")
    moves = [max(1, len(row["links"].split()) - 1) for row in csv.DictReader((city / "trips.csv").open())]
    worst = min(range(300), key=lambda t: answer["trip_log_likelihoods"][t] / moves[t])
    first = page.index(f"<td>{answer['trip_names'][worst]}</td>", page.index("Worst explained"))
    assert page.count("<tr>", page.index("Worst explained"), first) == 2  # header, worst
    assert f"{answer['log_likelihood']:.4f}" in page


# A fit cut short leaves its state; the same call goes on from there, and removes it in the end.
def test_an_interrupted_fit_continues(softrl, refuses, city):
    state = city / "fit.state"
    _, whole = fit(softrl, city)
    result, cut = fit(softrl, city, "--max-iterations", 3, "--resume", state)
    assert result.returncode == 1 and cut["iterations"] == 3 and json.loads(state.read_text())["iterations"] == 3
    refuses("routes", "fit", city / "study.toml", "--resume", state, "--l2", "0.1", words=["other options"])
    (city / "other").mkdir()
    assert softrl("routes", "generate", city / "other", "--trips", 50, "--seed", 1).returncode == 0
    refuses("routes", "fit", city / "other/study.toml", "--resume", state, words=["another study"])
    result, rest = fit(softrl, city, "--resume", state)
    assert result.returncode == 0 and "continues after 3 iterations" in result.stdout and not state.exists()
    assert rest["log_likelihood"] == pytest.approx(whole["log_likelihood"], abs=2e-8)
    assert rest["iterations"] > 3

    # The plot of convergence shows the iterations before the interruption, too.
    report = city / "fit.html"
    fit(softrl, city, "--max-iterations", 3, "--resume", state)
    before = json.loads(state.read_text())["objectives"]
    assert len(before) == 3 and before == sorted(before)
    fit(softrl, city, "--max-iterations", 2, "--resume", state)
    assert json.loads(state.read_text())["objectives"][:3] == before
    assert len(json.loads(state.read_text())["objectives"]) == 5
    result, _ = fit(softrl, city, "--resume", state, "--report", report)
    assert result.returncode == 0 and "Convergence" in report.read_text()
    state.write_text('{"names": 3}')
    refuses("routes", "fit", city / "study.toml", "--resume", state, words=["fit.state", "not the state of a fit"])


def test_path_of_penalties(softrl, refuses, city):
    out, table = city / "p.json", city / "p.csv"
    args = ["routes", "path", city / "study.toml", "--count", 5, "--folds", 3, "--json", out, "--csv", table]
    for penalty in ("l1", "l2"):
        result = softrl(*args, "--penalty", penalty, "--greatest", 2, "--least", 0.001)
        assert result.returncode == 0 and "best" in result.stdout, result
        answer = json.loads(out.read_text())
        assert [p["penalty"] for p in answer["points"]] == pytest.approx([2 * 0.0005 ** (i / 4) for i in range(5)])
        _, alone = fit(softrl, city, f"--{penalty}", answer["points"][2]["penalty"])
        assert alone["objective"] == pytest.approx(answer["points"][2]["objective"], abs=2e-8)
        best = max(answer["points"], key=lambda p: p["held_out"])
        assert answer["best"] == best["penalty"] <= answer["one_standard_error"]
        rows = list(csv.DictReader(table.open()))
        assert [float(row["u_turn"]) for row in rows] == [p["weights"][3] for p in answer["points"]]
    few = ["--folds", 2, "--json", out]
    for least, greatest in ((20, 40), (0.5, 4)):
        result = softrl(*args[:3], "--count", 2, *few, "--penalty", "l2", "--greatest", greatest, "--least", least)
        best = json.loads(out.read_text())["best"]
        assert best == pytest.approx(least) and "a smaller --least" in result.stdout, result
    refuses(*args[:3], "--folds", 301, words=["folds", "300", "301"])
    refuses(*args[:3], "--least", 20, words=["greatest", "20"])


def test_bootstrap(softrl, refuses, city):
    out, state = city / "b.json", city / "b.state"
    args = ["routes", "bootstrap", city / "study.toml", "--replications", 60, "--seed", 3, "--json", out]
    result = softrl(*args, "--resume", state, "--threads", 2)
    assert result.returncode == 0 and not state.exists(), result
    answer = json.loads(out.read_text())
    assert answer["failed"] == 0 and len(answer["replicated"]) == 60
    for p in answer["parameters"]:
        # The bound: 5.5 standard errors of an error from 60 replications, and what small samples add.
        assert abs(p["bootstrap_std_error"] / p["robust_std_error"] - 1) < 5.5 / math.sqrt(120) + 0.1
        for kind in ("percentile_interval", "normal_interval"):
            assert p[kind]["lower"] < p["value"] < p[kind]["upper"]
    # From a state of the first 20 replications.
    first = {"seed": 3, "log_likelihood": answer["log_likelihood"], "replications": answer["replicated"][:20]}
    state.write_text(json.dumps(first))
    result = softrl(*args, "--resume", state, "--threads", 1)
    assert result.returncode == 0 and "continues after 20 replications" in result.stdout
    again = json.loads(out.read_text())
    assert again["replicated"] == answer["replicated"] and again["parameters"] == answer["parameters"]
    state.write_text(json.dumps(first | {"seed": 4}))
    refuses(*args, "--resume", state, words=["--resume", "another --seed"])
    refuses(*args[:3], "--replications", 1, words=["--replications", "1"])


# A weight at its bound stays within it in every replication, and leaves it in some; a penalty draws all of them.
def test_bootstrap_keeps_bounds_and_penalties(softrl, city):
    out = city / "b.json"
    _, free = fit(softrl, city)
    value = {p["name"]: p["value"] for p in free["parameters"]}
    args = ["routes", "bootstrap", city / "study.toml", "--replications", 40, "--seed", 3, "--json", out]
    assert softrl(*args).returncode == 0
    plain = json.loads(out.read_text())
    result = softrl(*args, "--l2", 1)
    assert result.returncode == 0, result
    drawn = json.loads(out.read_text())
    _, shrunk = fit(softrl, city, "--l2", 1)
    for a, b, p in zip(plain["parameters"], drawn["parameters"], shrunk["parameters"]):
        assert b["value"] == p["value"] and b["bootstrap_std_error"] < a["bootstrap_std_error"]
    add_weights(city, f"left_turn = {{upper = {value['left_turn'] - 0.01}}}")
    result = softrl(*args)
    assert result.returncode == 0, result
    bounded = json.loads(out.read_text())
    draws = [one["weights"][1] for one in bounded["replicated"]]
    assert max(draws) == pytest.approx(value["left_turn"] - 0.01, abs=1e-12) and min(draws) < value["left_turn"] - 0.02
    left = bounded["parameters"][1]
    assert left["std_error"] is None and left["bootstrap_std_error"] == pytest.approx(stdev(draws))


def test_the_order_of_trips_does_not_matter_to_a_comparison(softrl, city, fits):
    _, before = compare(softrl, city, fits["no_left"], fits["no_u"])
    spoilt = json.loads(fits["no_u"].read_text())
    for key in ("trip_names", "trip_log_likelihoods"):
        spoilt[key].reverse()
    fits["no_u"].write_text(json.dumps(spoilt))
    _, after = compare(softrl, city, fits["no_left"], fits["no_u"])
    assert after["vuong"]["statistic"] == pytest.approx(before["vuong"]["statistic"])


@pytest.mark.parametrize(
    "change, words",
    [
        ({"trip_names": ["a"], "trip_log_likelihoods": [-1.0]}, ["different trips", "300 and 1"]),
        ({"trip_names": ["a"]}, ["all.json", "1 trip_names", "300 trip_log_likelihoods"]),
        ({"null_log_likelihood": -1.0}, ["different trips", "null log-likelihood"]),
        ({"status": "stalled"}, ["all.json", "stalled", "converged"]),
        ({"warnings": ["the trips do not determine x"]}, ["all.json", "do not determine x"]),
        ({"log_likelihood": None}, ["all.json", "knows no probabilities"]),
        ({"parameters": [{"name": "x"}]}, ["all.json", "not what softrl routes fit --json writes"]),
        ({"log_likelihood": -1e6}, ["not nested"]),
    ],
)
def test_compare_refuses_fits(refuses, fits, change, words):
    fits["all"].write_text(json.dumps(json.loads(fits["all"].read_text()) | change))
    refuses("routes", "compare", fits["no_u"], fits["all"], words=words)


def test_compare_refuses_files(refuses, city, fits):
    renamed = json.loads(fits["all"].read_text())
    renamed["trip_names"][7] = "other"
    (city / "renamed.json").write_text(json.dumps(renamed))
    refuses("routes", "compare", fits["no_u"], city / "renamed.json", words=["different trips", "trip 8 is in", fits["no_u"]])
    (city / "cut.json").write_text(fits["all"].read_text()[:1000])
    refuses("routes", "compare", city / "cut.json", fits["all"], words=["cut.json"])
    refuses("routes", "compare", city / "none.json", fits["all"], words=["none.json", "cannot be read"])
    refuses("routes", "compare", fits["no_u"], fits["all"], "--json", fits["all"], words=["all.json", "input"])


def test_generate_depends_on_the_seed_alone(softrl, generated, tmp_path):
    for folder, seed in (("same", 5), ("other", 6)):
        args = ["--rows", 8, "--columns", 9, "--trips", 300, "--seed", seed]
        assert softrl("routes", "generate", tmp_path / folder, *args).returncode == 0
    for file in ("network.csv", "links.csv", "destinations.csv", "trips.csv", "study.toml", "true_weights.csv"):
        assert (tmp_path / "same" / file).read_bytes() == (generated / file).read_bytes()
    assert (tmp_path / "other" / "trips.csv").read_bytes() != (generated / "trips.csv").read_bytes()


def test_generate_names_a_folder_as_a_shell_reads_it(softrl, tmp_path):
    result = softrl("routes", "generate", tmp_path / "Anna's city", "--trips", 5)
    words = shlex.split(re.search(r"To find them again: (.*)", result.stdout)[1])
    assert words == ["softrl", "routes", "fit", str(tmp_path / "Anna's city/study.toml")]


def test_likelihood_on_both_sides_of_the_boundary(softrl, city):
    def at(weights):
        out = city / "l.json"
        result = softrl("routes", "likelihood", city / "study.toml", "--weights", weights, "--json", out)
        return result, json.loads(out.read_text())

    result, inside = at(WEIGHTS)
    assert result.returncode == 0 and inside["feasible"]
    assert [g["name"] for g in inside["gradient"]] == list(TRUTH)
    assert 0 < inside["spectral_radius"]["lower"] <= inside["spectral_radius"]["upper"] < 1

    result, outside = at("travel_time=0,left_turn=0,link_constant=-0.1,u_turn=0")
    assert result.returncode == 1 and not outside["feasible"]
    assert outside["log_likelihood"] is None and all(g["value"] is None for g in outside["gradient"])
    assert 1 < outside["spectral_radius"]["lower"] <= outside["spectral_radius"]["upper"]
    assert outside["reason"] == "diverges" and inside["reason"] is None and "must be below 1" in result.stdout
    assert "diverges" in result.stdout and f"{outside['spectral_radius']['lower']:.6g}"[:6] in result.stdout


# Trips end on entering a link: to A from 1, and to B from 5, where none can come back from A to 1. Each is certain.
def test_a_network_without_choices(softrl, tmp_path):
    (tmp_path / "n.csv").write_text("a,b,f\n1,A,1\nA,1,1\n5,B,1\n")
    (tmp_path / "t.csv").write_text("n,d,l\n0,A,1 A\n1,B,5 B\n")
    (tmp_path / "s.toml").write_text(
        'model = "maxent"\nfeatures = ["f"]\n[network]\nfile = "n.csv"\nfrom = "a"\nto = "b"\n'
        '[trips]\nfile = "t.csv"\nname = "n"\nlinks = "l"\ndestination = "d"\n'
    )
    out = tmp_path / "o.json"
    result = softrl("routes", "likelihood", tmp_path / "s.toml", "--weights", " f = 0.1 ", "--json", out)
    assert result.returncode == 0, result
    assert json.loads(out.read_text())["log_likelihood"] == pytest.approx(0, abs=1e-12)
    assert "log-likelihood 0.000000" in result.stdout

    result = softrl("routes", "fit", tmp_path / "s.toml", "--json", out)
    assert result.returncode == 1 and "do not determine f" in result.stdout
    assert "nan" not in result.stdout and json.loads(out.read_text())["rho_squared"] is None


def test_help_shows_defaults(softrl):
    assert re.search(r"--max-iterations INT=200", softrl("routes", "fit", "--help").stdout)
    text = softrl("routes", "generate", "--help").stdout
    for option, value in {"rows": 12, "columns": 12, "destinations": 20, "trips": 1000, "seed": 1}.items():
        assert re.search(rf"--{option} \S+={value}\b", text), text


def test_a_weight_that_the_data_cannot_tell_is_said_so(softrl, city):
    network = (city / "network.csv").read_text().splitlines()
    header, rows = network[0] + ",seconds,tolls", [line.split(",") for line in network[1:]]
    rows = [row + [str(60 * float(row[2])), "0"] for row in rows]
    (city / "network.csv").write_text("\n".join([header, *map(",".join, rows)]))
    study = (city / "study.toml").read_text().replace('"u_turn"]', '"u_turn", "seconds", "tolls"]')
    (city / "study.toml").write_text(study)
    result, answer = fit(softrl, city)
    assert result.returncode == 1
    assert len(answer["warnings"]) == 2
    assert re.search("tolls is 0 on every move", result.stdout) and re.search("travel_time, seconds", result.stdout)
    errors = {p["name"]: p["std_error"] for p in answer["parameters"]}
    assert errors["tolls"] is None and errors["seconds"] is None and errors["left_turn"] > 0


@pytest.mark.parametrize(
    "args, words",
    [
        (["--start", "speed=1"], ["--start", "speed", "travel_time"]),
        (["--start", "u_turn"], ["--start", "u_turn"]),
        (["--start", "u_turn=fast"], ["--start", "u_turn=fast"]),
        (["--start", "u_turn=nan"], ["--start", "u_turn=nan"]),
        (["--start", "u_turn=0x10"], ["--start", "u_turn=0x10"]),
        (["--start", "u_turn=-1 2"], ["--start", "u_turn=-1 2"]),
        (["--start", "u_turn=-1", "--fix", "u_turn=-3"], ["--start", "u_turn=-1", "--fix u_turn=-3"]),
        (["--start", "travel_time=-1e308"], ["--start travel_time=-1e+308", "the utility of a move is too large"]),
        (["--fix", "travel_time=1e300"], ["--fix travel_time=1e+300"]),
        (["--fix", "u_turn=1e400"], ["--fix", "u_turn=1e400"]),
        (["--fix", "u_turn=-1,u_turn=-2"], ["--fix", "u_turn", "twice"]),
        (["--start", "travel_time=0,left_turn=0,link_constant=0,u_turn=0"], ["--start", "diverges", "spectral radius"]),
        (["--confidence", "95"], ["--confidence", "between 0 and 1", "95"]),
        (["--max-iterations", "0"], ["--max-iterations", "0"]),
        (["--max-iterations", "many"], ["--max-iterations", "many"]),
        (["--json", "no/such/folder/fit.json"], ["no/such/folder"]),
        (["--data", "no/such/folder"], ["no/such/folder/network.csv"]),
    ],
)
def test_fit_refuses_options(refuses, city, args, words):
    refuses("routes", "fit", city / "study.toml", *args, words=words)


@pytest.mark.parametrize(
    "weights, words",
    [
        ("travel_time=-2", ["--weights", "left_turn", "missing"]),
        (WEIGHTS + ",speed=1", ["--weights", "speed"]),
        ("", ["--weights"]),
    ],
)
def test_likelihood_refuses_weights(refuses, city, weights, words):
    refuses("routes", "likelihood", city / "study.toml", "--weights", weights, words=words)


def test_generate_refuses(refuses, city, tmp_path):
    refuses("routes", "generate", city, words=[city, "empty"])
    refuses("routes", "generate", tmp_path / "new", "--rows", 1, words=["rows", 1])
    refuses("routes", "generate", tmp_path / "new", "--trips", 0, words=["trips", 0])
    refuses("routes", "generate", tmp_path / "new", "--seed", -1, words=["seed", -1])
    refuses("routes", "generate", tmp_path / "new", "--rows", 100000, "--columns", 100000, words=["rows", "columns"])
    refuses("routes", "generate", tmp_path / "new", "--destinations", 500, words=["destinations", 500])


@pytest.mark.parametrize(
    "file, pattern, replacement, words",
    [
        ("study.toml", 'model = "maxent"', 'model = "logit"', ["study.toml:1:", "model", "logit"]),
        ("study.toml", "$", "speed = 3\n", ["study.toml:", "speed", "unknown key"]),
        ("study.toml", 'file = "trips.csv"\n', "", ["study.toml:", "trips.file", "missing"]),
        ("study.toml", 'file = "trips.csv"', "file = 3", ["study.toml:", "trips.file", "must be a string"]),
        ("study.toml", "trips.csv", "tours.csv", ["tours.csv", "cannot be read"]),
        ("study.toml", '"u_turn"', '"turn"', ["network.csv:1:", "no column", "turn"]),
        ("network.csv", "left_turn", "right_turn", ["network.csv:1:", "left_turn"]),
        ("network.csv", r"\n[^\n]*\n", "\n1,2,fast,0,1,0\n", ["network.csv:2:", "travel_time", "fast"]),
        ("network.csv", r"\n[^\n]*\n", "\n1,2\n", ["network.csv:2:", "2 fields"]),
        ("network.csv", r"\n[^\n]*\n", "\n1,2,1e200,0,1,0\n", ["network.csv:2:", "travel_time", "1e+200"]),
        ("network.csv", r"\n[\s\S]*", "\n", ["network.csv:1:", "no moves"]),
        ("trips.csv", r"\n(\d+,[^\n]*)\n", r"\n\1\n\1\n", ["trips.csv:3:", "trip 1", "twice"]),
        ("destinations.csv", "$", "junction_1,0\n", ["destinations.csv:", "no link 0"]),
        ("trips.csv", r"\n[\s\S]*", "\n", ["trips.csv:1:", "no trips"]),
    ],
)
def test_fit_refuses_files(refuses, city, file, pattern, replacement, words):
    text = (city / file).read_text()
    spoilt = text + replacement if pattern == "$" else re.sub(pattern, replacement, text, count=1)
    assert spoilt != text
    (city / file).write_text(spoilt)
    refuses("routes", "fit", city / "study.toml", "--json", city / "fit.json", words=words)


def test_a_trip_must_end_where_its_destination_can_be_reached(refuses, city):
    lines = (city / "trips.csv").read_text().splitlines()
    number, destination, links = lines[1].split(",")
    ends = [row.split(",")[1] for row in (city / "destinations.csv").read_text().splitlines() if row.startswith(destination + ",")]
    moves = [row.split(",")[:2] for row in (city / "network.csv").read_text().splitlines()[1:]]
    start, end = next(move for move in moves if move[1] not in ends)
    lines[1] = f"{number},{destination},{start} {end}"
    (city / "trips.csv").write_text("\n".join(lines))
    words = ["trips.csv:2:", destination, f"cannot be reached from link {end}"]
    refuses("routes", "fit", city / "study.toml", "--strict", words=words)


BAD_TRIPS = {
    "unknown_destination": ("x,nowhere,1", "trip x: destination nowhere cannot be reached"),
    "unknown_move": ("x,{0},1 1", "trip x: there is no move from link 1 to link 1"),
    "unknown_link": ("x,{0},0", "trip x: there is no link 0 in the network"),
    "empty": ("x,{0},", "trip x: trip has no links"),
}


@pytest.mark.parametrize("reason", BAD_TRIPS)
def test_strict_refuses_trips_with_faults(refuses, city, reason):
    row, words = BAD_TRIPS[reason]
    destination = (city / "trips.csv").read_text().splitlines()[1].split(",")[1]
    with open(city / "trips.csv", "a") as file:
        file.write(row.format(destination) + "\n")
    refuses("routes", "fit", city / "study.toml", "--strict", words=["trips.csv:302: " + words])


# The others are fitted as if those with faults were not there.
def test_trips_with_faults_are_counted(softrl, city, tmp_path):
    _, clean = fit(softrl, city)
    assert clean["trips_read"] == clean["trips"] == 300 and clean["trips_left_out"] == []
    destination = (city / "trips.csv").read_text().splitlines()[1].split(",")[1]
    with open(city / "trips.csv", "a") as file:
        for copy in ("a", "b"):
            for row, _ in BAD_TRIPS.values():
                file.write(row.format(destination).replace("x", copy + row[2] + str(len(row)), 1) + "\n")
    result, answer = fit(softrl, city)
    assert result.returncode == 0, result
    assert answer["trips_read"] == 308 and answer["trips"] == 300
    assert answer["log_likelihood"] == clean["log_likelihood"] and answer["trip_names"] == clean["trip_names"]
    left_out = [{"reason": reason, "count": 2, "first_line": 302 + i} for i, reason in enumerate(BAD_TRIPS)]
    assert answer["trips_left_out"] == left_out
    for reason, (_, words) in BAD_TRIPS.items():
        line = next(line for line in result.stdout.splitlines() if f"({reason})" in line)
        assert line.startswith("warning: 2 trips left out of 308") and words.split(": ")[1] in line

    origin = (city / "trips.csv").read_text().splitlines()[1].split(",")[2].split()[0]
    weights = ["--weights", WEIGHTS]
    for command, args in {
        "likelihood": weights,
        "flows": weights,
        "predict": [*weights, "--from", origin, "--to", destination],
        "bootstrap": ["--replications", 2],
        "path": ["--count", 2, "--folds", 2],
    }.items():
        result = softrl("routes", command, city / "study.toml", *args, "--json", tmp_path / "answer.json")
        assert "left out" in result.stdout, (command, result)
        answer = json.loads((tmp_path / "answer.json").read_text())
        assert answer["trips_left_out"] == left_out and answer["trips_read"] == 308, command


def test_no_trip_is_left(refuses, city):
    (city / "trips.csv").write_text("trip_id,destination,links\n1,nowhere,1\n2,nowhere,2\n")
    refuses("routes", "fit", city / "study.toml", words=["trips.csv:2: trip 1", "no other trip can be used"])


def test_same_names_of_different_features(softrl, refuses, city, fits):
    study = (city / "study.toml").read_text()
    (city / "minutes.toml").write_text(study + '[feature.travel_time]\ncolumn = "travel_time"\nscale = 60\n')
    assert softrl("routes", "fit", city / "minutes.toml", "--json", city / "minutes.json").returncode == 0
    words = ["different features by travel_time", '"column travel_time"', '"column travel_time, scale 60"']
    refuses("routes", "compare", fits["no_u"], city / "minutes.json", words=words)


def test_fold_and_train_size_choose_the_trips(softrl, refuses, city):
    header, *rows = (city / "trips.csv").read_text().splitlines()
    study = city / "study.toml"
    files = '[trips.files]\nfolds = 2\ntest = "test{fold}.csv"\ntrain = {10 = "few{fold}.csv", 40 = "many{fold}.csv"}\n'
    study.write_text(study.read_text().replace('file = "trips.csv"\n', "") + files)
    for fold in (0, 1):
        (city / f"few{fold}.csv").write_text("\n".join([header, *rows[fold : fold + 10]]))
        (city / f"many{fold}.csv").write_text("\n".join([header, *rows[fold : fold + 40]]))
    for args, number, first in (([], 40, "1"), (["--fold", 1, "--train-size", 10], 10, "2")):
        _, answer = fit(softrl, city, "--max-iterations", 1, *args)
        assert answer["trips"] == number and answer["trip_names"][0] == first
    refuses("routes", "fit", study, "--fold", 2, words=["--fold", "between 0 and 1", "2"])
    refuses("routes", "fit", study, "--train-size", 20, words=["--train-size 20", "10, 40"])


def test_a_model_that_there_is_not(refuses, city):
    study = (city / "study.toml").read_text()
    study = study.replace('model = "maxent"', 'model = "action"')
    (city / "study.toml").write_text(study + '[corridor]\ndetour = 1.5\nweights = {travel_time = -1}\n')
    refuses("routes", "fit", city / "study.toml", words=["corridor", "no such model"])


def of_model(folder, model):
    study = folder / "study.toml"
    study.write_text(re.sub(r'^model = .*$', f'model = "{model}"', study.read_text(), flags=re.M))


# One kind of answer for every model: what a model has not got is null, and a note says why.
def test_models_without_probabilities(softrl, refuses, city):
    of_model(city, "action")
    result, action = fit(softrl, city)
    assert result.returncode == 0 and action["model"] == "action" and action["remaining_gain"] <= 1e-8, result
    of_model(city, "action_costs")
    result, costs = fit(softrl, city)
    assert result.returncode == 0 and any("best path" in note for note in costs["notes"]), result
    assert costs["parameters"] == action["parameters"] and costs["log_likelihood"] == action["log_likelihood"]

    of_model(city, "max_margin")
    table = city / "weights.csv"
    result, margin = fit(softrl, city, "--csv", table)
    assert result.returncode == 0 and "no standard errors" in result.stdout, result
    assert margin.keys() == action.keys() and margin["status"] == "converged" and margin["iterations"] > 0
    assert 0 < margin["objective"] <= 1 and 0 <= margin["remaining_gain"] <= 1e-4
    assert margin["log_likelihood"] is None and margin["aic"] is None and margin["trips"] == 300
    assert margin["null_log_likelihood"] == action["null_log_likelihood"]
    assert [p["name"] for p in margin["parameters"]] == list(TRUTH)
    for p in margin["parameters"]:
        assert p["value"] <= 0 and p["std_error"] is None and f"{p['value']:.4f}" in result.stdout
    assert len(table.read_text().splitlines()) == 5

    of_model(city, "time")
    result, time = fit(softrl, city)
    assert result.returncode == 0 and "fastest path, by the study's time" in result.stdout, result
    assert time["status"] == "converged" and time["parameters"] == [] and time["log_likelihood"] is None
    for option in (("--fix", "u_turn=-1"), ("--l2", 1), ("--report", city / "r.html"), ("--resume", city / "state")):
        refuses("routes", "fit", city / "study.toml", *option, words=[option[0], "time"])
    refuses("routes", "likelihood", city / "study.toml", "--weights", WEIGHTS, words=["no probabilities"])


# Trips along best paths only: every weight may grow for ever.
def test_separable_trips_are_said_so(softrl, city, tmp_path):
    weights = "travel_time=-400,left_turn=-160,link_constant=-120,u_turn=-600"
    sure = tmp_path / "sure"
    assert softrl("routes", "simulate", city / "study.toml", sure, "--weights", weights).returncode == 0
    result, answer = fit(softrl, sure)
    assert result.returncode == 1 and len(answer["warnings"]) == 1, result
    for word in [*TRUTH, "rises for ever", "separable", "L2 penalty"]:
        assert word in answer["warnings"][0]
    result, answer = fit(softrl, sure, "--l2", 0.001)
    assert result.returncode == 0 and answer["warnings"] == []


# A feature that is twice another changes nothing but how many weights there are: not what trips tell.
def test_collinear_features_are_said_so(softrl, city):
    _, alone = fit(softrl, city)
    study = city / "study.toml"
    study.write_text(
        study.read_text().replace('["travel_time"', '["twice", "travel_time"')
        + '\n[feature.twice]\ncolumn = "travel_time"\nscale = 2\n'
    )
    result, answer = fit(softrl, city)
    assert result.returncode == 1 and len(answer["warnings"]) == 1, result
    for word in ["twice, travel_time one by one", "Leave one out"]:
        assert word in answer["warnings"][0]
    assert answer["log_likelihood"] == pytest.approx(alone["log_likelihood"], abs=1e-6)
    assert answer["aic"] == pytest.approx(alone["aic"], abs=1e-5)
    latex = city / "table.tex"
    result, _ = fit(softrl, city, "--latex", latex, "--in-units-of", "travel_time", "--fix", "u_turn=-3")
    assert result.stdout.count("not identified") == 0 and "no weights in units of travel_time: the trips do not" in result.stdout
    assert latex.read_text().count("not identified") == 2 and latex.read_text().count("fixed") == 1
    result = softrl("routes", "bootstrap", study)
    assert result.returncode == 1 and "no bootstrap: the trips do not tell every weight" in result.stdout
    assert "warning: " in result.stdout and "converged" not in result.stdout
    result = softrl("routes", "evaluate", study, "--held-out", 0.5, "--models", "maxent", "--replications", 2)
    assert result.returncode == 1 and "warning: the fit of maxent" in result.stdout, result


def test_likelihood_of_the_trips_of_borlange(softrl, source_dir, data_dir, tmp_path):
    if not (data_dir / "borlange").is_dir():
        pytest.skip(f"no data at {data_dir / 'borlange'}")
    out = tmp_path / "l.json"
    args = ["--data", data_dir / "borlange", "--json", out]
    published = "travel_time=-2.494,left_turn=-0.933,link_constant=-0.411,u_turn=-4.459"
    result = softrl("routes", "likelihood", source_dir / "examples/borlange.toml", *args, "--weights", published)
    assert result.returncode == 0, result
    answer = json.loads(out.read_text())
    assert answer["trips"] == 1832
    # At the published estimates, which have four digits. The literature prints -6303.9 for its own copy of these trips.
    assert answer["log_likelihood"] == pytest.approx(-6302.93, abs=0.005)
    assert answer["feasible"] and answer["reason"] is None


def test_likelihood_far_below_the_range_of_double_precision(softrl, source_dir, data_dir, tmp_path):
    if not (data_dir / "borlange").is_dir():
        pytest.skip(f"no data at {data_dir / 'borlange'}")
    out = tmp_path / "l.json"
    args = ["--data", data_dir / "borlange", "--json", out]
    steep = "travel_time=-1000,left_turn=-1,link_constant=-1,u_turn=-1"
    result = softrl("routes", "likelihood", source_dir / "examples/borlange.toml", *args, "--weights", steep)
    assert result.returncode == 0, result
    answer = json.loads(out.read_text())
    assert answer["feasible"] and answer["log_likelihood"] < -6303 and answer["spectral_radius"]["upper"] < 0.03


@pytest.mark.parametrize("name", ["study.toml", "network.csv", "trips.csv", "destinations.csv"])
def test_an_output_never_overwrites_an_input(city, softrl, name):
    before = (city / name).read_bytes()
    result = softrl("routes", "fit", city / "study.toml", "--json", city / name)
    assert result.returncode == 2 and name in result.stderr and "input" in result.stderr
    assert (city / name).read_bytes() == before


# A grid of streets with random attributes in the layout of examples/ziebart.toml, and trips along the shortest ways of
# drivers who see each length with an error of their own.
def write_streets(folder, size=6, trips=150):
    random = Random(1)
    steps = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    links = [
        ((x, y), (x + dx, y + dy))
        for x in range(size)
        for y in range(size)
        for dx, dy in steps
        if 0 <= x + dx < size and 0 <= y + dy < size
    ]
    miles = {k: random.uniform(0.05, 0.15) for k in range(len(links))}
    types = ["interstate", "highway", "arterial", "collector", "local"]
    rows = [
        f"{k},{miles[k]},{random.choice(types)},{random.randint(1, 6)},{random.randint(1, 5)}" for k in range(len(links))
    ]
    (folder / "links.csv").write_text("\n".join(["link,length_miles,road_type,speed_class,lanes", *rows]))

    turns = ["straight", "left", "hard_left", "right"]
    moves = {k: [a for a in range(len(links)) if links[a][0] == links[k][1]] for k in range(len(links))}
    rows = []
    for k, following in moves.items():
        for a in following:
            headings = [steps.index((end[0] - start[0], end[1] - start[1])) for start, end in (links[k], links[a])]
            turn = turns[(headings[1] - headings[0]) % 4]
            rows.append(f"{k},{a},{'hard_right' if turn == 'right' and random.random() < 0.3 else turn}")
    (folder / "network.csv").write_text("\n".join(["from_link,to_link,turn", *rows]))

    rows = []
    for trip in range(trips):
        origin, destination = random.sample(range(len(links)), 2)
        cost = {k: length * random.lognormvariate(0, 0.7) for k, length in miles.items()}
        queue, route = [(0.0, origin, (origin,))], None
        done = set()
        while route is None:
            so_far, link, way = heapq.heappop(queue)
            if link == destination:
                route = way
            elif link not in done:
                done.add(link)
                for a in moves[link]:
                    heapq.heappush(queue, (so_far + cost[a], a, (*way, a)))
        rows.append(f"{trip},cab_{trip % 40},{destination},{' '.join(map(str, route))}")
    (folder / "trips.csv").write_text("\n".join(["trip_id,driver,destination,links", *rows]))


def test_the_features_of_ziebart(softrl, refuses, source_dir, tmp_path):
    write_streets(tmp_path)
    study, out = source_dir / "examples/ziebart.toml", tmp_path / "fit.json"
    result = softrl("routes", "fit", study, "--data", tmp_path, "--json", out)
    answer = json.loads(out.read_text())
    assert result.returncode == 0, result
    assert answer["status"] == "converged" and answer["clusters"] == 40
    parameters = {p["name"]: p for p in answer["parameters"]}
    assert len(parameters) == 22 and sum(p["estimated"] for p in parameters.values()) == 19
    assert not parameters["lanes_1"]["estimated"] and parameters["type_local"]["value"] < 0
    # Without the convention three directions are flat, as the study says.
    free = tmp_path / "free.toml"
    text = study.read_text()
    free.write_text(text[: text.index("[weights]")] + text[text.index("[network]") :])
    result = softrl("routes", "fit", free, "--data", tmp_path, "--json", out)
    assert result.returncode == 1 and len(json.loads(out.read_text())["warnings"]) == 3

    out.unlink()
    (tmp_path / "links.csv").write_text((tmp_path / "links.csv").read_text().replace("highway", "path", 1))
    refuses("routes", "fit", study, "--data", tmp_path, words=["links.csv:", "road_type", "path", "neither a class"])


def test_a_fit_of_other_features_by_the_same_names_is_refused(refuses, city, fits):
    saved = json.loads(fits["all"].read_text())
    saved["parameters"][0]["definition"] = "move_column travel_time, scale 60"
    fits["all"].write_text(json.dumps(saved))
    name = saved["parameters"][0]["name"]
    refuses("routes", "flows", city / "study.toml", "--fit", fits["all"], words=[name, "another feature", "scale 60"])
