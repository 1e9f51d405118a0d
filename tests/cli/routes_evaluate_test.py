"""softrl routes evaluate: what it writes agrees with what is computed here from the routes it predicts."""

import csv
import json
import shutil
from statistics import mean

import pytest

TABLE_1 = ["time", "max_margin", "action", "action_costs", "maxent"]
MEASURES = ["distance_in_common", "match_90", "mean_log_probability", "exact_match", "edit_distance", "bleu"]


@pytest.fixture(scope="module")
def generated(softrl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated") / "city"
    result = softrl("routes", "generate", folder, "--rows", 6, "--columns", 7, "--trips", 300, "--seed", 5)
    assert result.returncode == 0, result
    return folder


@pytest.fixture
def city(generated, tmp_path):
    """A copy whose files a test may spoil."""
    return shutil.copytree(generated, tmp_path / "city")


def evaluate(softrl, folder, *args):
    out = folder.parent / "evaluation.json"
    result = softrl("routes", "evaluate", folder / "study.toml", "--json", out, *args)
    return result, json.loads(out.read_text()) if out.exists() else None


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def in_common(predicted, driven, lengths):
    left = list(predicted)
    total = common = 0.0
    for link in driven:
        total += lengths[link]
        if link in left:
            left.remove(link)
            common += lengths[link]
    return common / total


def test_means_are_those_of_the_predicted_routes(softrl, city):
    result, answer = evaluate(softrl, city, "--held-out", 0.3, "--per-trip", "--replications", 200)
    assert result.returncode == 0, result
    assert [m["model"] for m in answer["models"]] == TABLE_1
    assert answer["held_out_trips"] == 90 and answer["distance"] == "length_m"
    positions = [result.stdout.index(f"\n{name} ") for name in TABLE_1]
    assert positions == sorted(positions)
    trips = {row["trip_id"]: row for row in rows_of(city / "trips.csv")}
    lengths = {row["link"]: float(row["length_m"]) for row in rows_of(city / "links.csv")}
    for model in answer["models"]:
        assert model["trips"] == 90 and model["without_route"] == model["zero_probability"] == 0
        assert len({entry["trip"] for entry in model["per_trip"]}) == 90
        for entry in model["per_trip"]:
            driven, predicted = trips[entry["trip"]]["links"].split(), entry["predicted"].split()
            assert entry["distance_in_common"] == pytest.approx(in_common(predicted, driven, lengths))
            assert entry["exact_match"] == (predicted == driven)
            assert entry["match_90"] == (entry["distance_in_common"] >= 0.9 - 1e-9)
            assert predicted[0] == driven[0]
        for measure in MEASURES:
            key = "log_probability" if measure == "mean_log_probability" else measure
            values = [entry[key] for entry in model["per_trip"]]
            if model["model"] in ("maxent", "action") or key != "log_probability":
                assert model[measure] == pytest.approx(mean(values))
                interval = model["intervals"][measure]
                assert interval["lower"] <= model[measure] <= interval["upper"]
                assert model["folds"] == [pytest.approx({"trips": 90, "training_trips": 210} | model["folds"][0])]
            else:
                assert values == [None] * 90 and model[measure] is None
    by_name = {m["model"]: m for m in answer["models"]}
    assert by_name["action"]["fits"] == by_name["action_costs"]["fits"]
    assert by_name["time"]["fits"] == []


# The weights that evaluate reports give its held-out trips the likelihood that it reports.
def test_log_probability_is_that_of_routes_likelihood(softrl, city):
    result, answer = evaluate(softrl, city, "--held-out", 0.3, "--per-trip", "--models", "maxent")
    assert result.returncode == 0, result
    (model,) = answer["models"]
    held_out = {entry["trip"] for entry in model["per_trip"]}
    rows = rows_of(city / "trips.csv")
    with open(city / "trips.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row for row in rows if row["trip_id"] in held_out)
    weights = ",".join(f"{p['name']}={p['value']!r}" for p in model["fits"][0]["parameters"])
    out = city / "likelihood.json"
    assert softrl("routes", "likelihood", city / "study.toml", "--weights", weights, "--json", out).returncode == 0
    assert json.loads(out.read_text())["log_likelihood"] == pytest.approx(90 * model["mean_log_probability"])


# Differences are paired: of the same trips, whose means they are the differences of.
def test_differences_are_paired(softrl, city):
    result, answer = evaluate(softrl, city, "--held-out", 0.3, "--per-trip", "--replications", 200)
    assert result.returncode == 0, result
    by_name = {m["model"]: m for m in answer["models"]}
    assert len(answer["differences"]) == 10
    for entry in answer["differences"]:
        for measure in MEASURES:
            a, b = (by_name[entry[key]][measure] for key in ("model", "other"))
            if a is None or b is None:
                assert entry[measure] == {"mean": None, "lower": None, "upper": None}
                continue
            assert entry[measure]["mean"] == pytest.approx(a - b)
            assert entry[measure]["lower"] <= a - b <= entry[measure]["upper"]


# One trip says nothing of how its mean would scatter.
def test_one_trip_has_no_intervals(softrl, city):
    result, answer = evaluate(softrl, city, "--held-out", 0.003, "--models", "time,maxent")
    assert result.returncode == 0 and answer["held_out_trips"] == 1 and "[-, -]" in result.stdout, result
    for model in answer["models"]:
        assert all(interval == {"lower": None, "upper": None} for interval in model["intervals"].values())
    (difference,) = answer["differences"]
    assert difference["bleu"]["mean"] is not None and difference["bleu"]["lower"] is None


def test_folds_hold_out_every_trip_once(softrl, city):
    result, answer = evaluate(softrl, city, "--folds", 3, "--split-by", "ends", "--models", "time", "--per-trip")
    assert result.returncode == 0, result
    (model,) = answer["models"]
    assert sorted(e["trip"] for e in model["per_trip"]) == sorted(r["trip_id"] for r in rows_of(city / "trips.csv"))
    assert [fold["trips"] + fold["training_trips"] for fold in model["folds"]] == [300] * 3
    assert sum(fold["trips"] for fold in model["folds"]) == 300
    weighted = sum(fold["trips"] * fold["bleu"] for fold in model["folds"]) / 300
    assert model["bleu"] == pytest.approx(weighted)
    again = evaluate(softrl, city, "--folds", 3, "--split-by", "ends", "--models", "time", "--per-trip")[1]
    assert again == answer
    other = evaluate(softrl, city, "--folds", 3, "--split-by", "ends", "--models", "time", "--seed", 2)[1]
    assert other["models"][0]["folds"] != model["folds"]


def test_held_out_trips_may_have_a_file_of_their_own(softrl, city):
    text = (city / "study.toml").read_text()
    (city / "study.toml").write_text(text.replace('file = "trips.csv"\n', "") + '\n[trips.files]\nfolds = 2\ntrain = "train{fold}.csv"\ntest = "test{fold}.csv"\n')
    lines = (city / "trips.csv").read_text().splitlines(keepends=True)
    for fold in range(2):
        (city / f"test{fold}.csv").write_text("".join(lines[:1] + lines[1 + fold :: 2]))
        (city / f"train{fold}.csv").write_text("".join(lines[:1] + lines[2 - fold :: 2]))
    result, answer = evaluate(softrl, city, "--fold", 1, "--models", "action,time", "--per-trip")
    assert result.returncode == 0, result
    assert [m["model"] for m in answer["models"]] == ["time", "action"]
    assert [e["trip"] for e in answer["models"][0]["per_trip"]] == [line.split(",")[0] for line in lines[2::2]]


def test_weights_may_come_from_a_saved_fit(softrl, refuses, city, tmp_path):
    lines = (city / "trips.csv").read_text().splitlines(keepends=True)
    (city / "trips.csv").write_text("".join(lines[:201]))
    (city / "test.csv").write_text("".join(lines[:1] + lines[201:]))
    text = (city / "study.toml").read_text()
    saved = tmp_path / "fit.json"
    assert softrl("routes", "fit", city / "study.toml", "--json", saved).returncode == 0
    overlapping = ("--weights-from", f"maxent={saved}", "--models", "maxent", "--held-out", 0.2)
    refuses("routes", "evaluate", city / "study.toml", *overlapping, words=["--weights-from", "learned from 40"])
    refuses("routes", "evaluate", city / "study.toml", "--weights-from", "maxent", words=["--weights-from", "MODEL=FILE"])
    (city / "study.toml").write_text(
        text.replace('file = "trips.csv"\n', "") + '\n[trips.files]\nfolds = 1\ntrain = "trips.csv"\ntest = "test.csv"\n'
    )
    result, fresh = evaluate(softrl, city, "--models", "maxent")
    assert result.returncode == 0, result
    result, answer = evaluate(softrl, city, "--models", "maxent", "--weights-from", f"maxent={saved}")
    assert result.returncode == 0, result
    for measure in MEASURES:
        assert answer["models"][0][measure] == pytest.approx(fresh["models"][0][measure], rel=1e-6)


def test_nested_with_scales_of_1_is_maxent(softrl, city):
    with (city / "study.toml").open("a") as study:
        study.write(
            "[link_size]\nweights = {travel_time = -2.5, left_turn = -1, link_constant = -0.4, u_turn = -4}\n"
            '[nested]\nscales = ["ways"]\n[feature.ways]\nout_degree = "from"\n[weights]\nways = {fixed = 0}\n'
        )
    models = ["maxent", "nested", "maxent_link_size", "nested_link_size"]
    result, answer = evaluate(softrl, city, "--models", ",".join(models), "--held-out", 0.2)
    assert result.returncode == 0, result
    rows = {row["model"]: row for row in answer["models"]}
    for maxent, nested in [models[:2], models[2:]]:
        for measure in MEASURES:
            assert rows[nested][measure] == pytest.approx(rows[maxent][measure], rel=1e-4), measure
    assert rows["maxent"]["mean_log_probability"] != rows["maxent_link_size"]["mean_log_probability"]


# routes fit and routes evaluate learn the same of the same trips.
def test_fits_are_those_of_routes_fit(softrl, city, tmp_path):
    lines = (city / "trips.csv").read_text().splitlines(keepends=True)
    (city / "trips.csv").write_text("".join(lines[:201]))
    (city / "test.csv").write_text("".join(lines[:1] + lines[201:]))
    text = (city / "study.toml").read_text()
    files = '\n[trips.files]\nfolds = 1\ntrain = "trips.csv"\ntest = "test.csv"\n'
    (city / "study.toml").write_text(text.replace('file = "trips.csv"\n', "") + files)
    result, answer = evaluate(softrl, city, "--models", "max_margin,action,action_costs,maxent")
    assert result.returncode == 0, result
    for model in answer["models"]:
        (city / "one.toml").write_text(text.replace('"maxent"', f'"{model["model"]}"'))
        saved = tmp_path / "fit.json"
        assert softrl("routes", "fit", city / "one.toml", "--json", saved).returncode == 0
        fit = json.loads(saved.read_text())
        for a, b in zip(model["fits"][0]["parameters"], fit["parameters"], strict=True):
            assert a["name"] == b["name"] and a["value"] == pytest.approx(b["value"], rel=1e-3)
        result, again = evaluate(softrl, city, "--models", model["model"], "--weights-from", f"{model['model']}={saved}")
        assert result.returncode == 0 and again["models"][0]["bleu"] == model["bleu"], result


def test_refuses(refuses, city, tmp_path):
    study = city / "study.toml"
    evaluate = ("routes", "evaluate", study, "--json", tmp_path / "out.json")
    refuses(*evaluate, words=["--held-out", "--folds"])
    refuses(*evaluate, "--held-out", 0.2, "--folds", 5, words=["--held-out", "--folds", "one of them"])
    for share in (0, 1.5):
        refuses(*evaluate, "--held-out", share, words=["share", f"between 0 and 1, got {share}"])
    refuses(*evaluate, "--folds", 1, words=["folds", "got 1"])
    refuses(*evaluate, "--folds", 5, "--split-by", "clusters", words=["--split-by", "trips.cluster"])
    refuses(*evaluate, "--held-out", 0.2, "--models", "maxent,guess", words=["guess", "max_margin"])
    refuses(*evaluate, "--held-out", 0.2, "--models", "nested", words=["nested", "[nested]"])
    refuses(*evaluate, "--held-out", 0.2, "--models", "maxent_link_size", words=["maxent_link_size", "[link_size]"])
    refuses(*evaluate, "--held-out", 0.2, "--models", "corridor", words=["corridor", "[corridor]"])
    refuses(*evaluate, "--held-out", 0.2, "--time-feature", "hurry", words=["--time-feature", "hurry"])
    refuses(*evaluate, "--held-out", 0.2, "--models", "time", "--confidence", 1, words=["confidence"])
    refuses(*evaluate, "--held-out", 0.2, "--models", "time", "--replications", 1, words=["--replications", "2"])
    refuses(*evaluate, "--held-out", 0.2, "--models", "max_margin", "--regularisation", 0, words=["regularisation"])
    refuses(*evaluate, "--held-out", 0.2, "--train-size", 7, words=["--train-size", "7"])
