"""softrl routes predict, destinations, flows and simulate, and what they refuse."""

import csv
import json
import math
import re
import shutil

import pytest

WEIGHTS = "travel_time=-2,left_turn=-0.8,link_constant=-0.6,u_turn=-3"


@pytest.fixture(scope="module")
def generated(softrl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated") / "city"
    result = softrl("routes", "generate", folder, "--rows", 6, "--columns", 6, "--trips", 200, "--seed", 5)
    assert result.returncode == 0, result
    return folder


@pytest.fixture
def city(generated, tmp_path):
    """A copy whose files a test may spoil."""
    return shutil.copytree(generated, tmp_path / "city")


@pytest.fixture
def two_ways(tmp_path):
    """From link 0 to link 3 by link 1 or link 2, with a loop on link 1; trips end on entering their destination."""
    folder = tmp_path / "two_ways"
    folder.mkdir()
    (folder / "network.csv").write_text("from,to,cost\n0,1,1\n0,2,2\n1,1,3\n1,3,1\n2,3,1\n")
    (folder / "trips.csv").write_text("name,destination,links\na,3,0 1 3\nb,3,0 2 3\nc,1,0 1\n")
    (folder / "links.csv").write_text("link,a,b\n0,m,n\n1,n,o\n2,n,o\n3,o,m\n")
    (folder / "nodes.csv").write_text("node,lon,lat\nm,15,60\nn,15.5,60\no,15.5,60.5\n")
    (folder / "study.toml").write_text(
        'model = "maxent"\nfeatures = ["cost"]\n'
        '[network]\nfile = "network.csv"\nfrom = "from"\nto = "to"\n'
        '[links]\nfile = "links.csv"\nlink = "link"\nfrom_node = "a"\nto_node = "b"\n'
        '[nodes]\nfile = "nodes.csv"\nnode = "node"\nlon = "lon"\nlat = "lat"\n'
        '[trips]\nfile = "trips.csv"\nname = "name"\nlinks = "links"\ndestination = "destination"\n'
    )
    return folder


def table(file):
    with open(file, newline="") as stream:
        return list(csv.DictReader(stream))


# The paths and their weights: e^-2 by link 1, times 1 / (1 - e^-3) for the loop, and e^-3 by link 2.
def test_predict_has_a_closed_form(softrl, two_ways, tmp_path):
    args = ["--count", 3, "--passing", "1,2", "--passing-at-least", 0.01, "--samples", 4]
    files = {option: tmp_path / option for option in ("csv", "passing-csv", "json", "geojson")}
    outputs = [word for option, file in files.items() for word in (f"--{option}", file)]
    result = softrl(
        "routes", "predict", two_ways / "study.toml", "--weights", "cost=-1", "--from", 0, "--to", 3, *args, *outputs
    )
    assert result.returncode == 0, result
    by_1, by_2 = math.exp(-2), math.exp(-3)
    total = by_1 / (1 - math.exp(-3)) + by_2
    (trip,) = json.loads(files["json"].read_text())["trips"]
    assert [route["links"] for route in trip["routes"]] == [["0", "1", "3"], ["0", "2", "3"]], "no loops"
    for route, weight in zip(trip["routes"], (by_1, by_2)):
        assert route["log_probability"] == pytest.approx(math.log(weight / total), abs=1e-12)
    passing = {link["link"]: link for link in trip["passing"]}
    assert list(passing) == ["1", "2", "0", "3"]
    assert passing["1"]["probability"] == pytest.approx(1 - by_2 / total)
    assert passing["1"]["expected_visits"] == pytest.approx((1 - by_2 / total) / (1 - math.exp(-3)))
    assert passing["2"]["probability"] == pytest.approx(by_2 / total)
    assert len(trip["samples"]) == 4

    rows = table(files["csv"])
    assert [row["kind"] for row in rows] == ["likely"] * 2 + ["sample"] * 4
    assert rows[0]["links"] == "0 1 3" and float(rows[1]["log_probability"]) == trip["routes"][1]["log_probability"]
    assert [row["link"] for row in table(files["passing-csv"])] == ["1", "2", "0", "3"]
    features = json.loads(files["geojson"].read_text())["features"]
    assert features[0]["geometry"] == {
        "type": "LineString",
        "coordinates": [[15, 60], [15.5, 60], [15.5, 60.5], [15, 60]],
    }
    assert features[0]["properties"]["rank"] == 1 and features[-1]["properties"]["link"] == "3"


# A file of trips gets what each trip gets on its own; a fit's weights are those that it found.
def test_predict_takes_a_file_of_trips_and_a_fit(softrl, city, tmp_path):
    fit, trips = tmp_path / "fit.json", tmp_path / "trips.csv"
    assert softrl("routes", "fit", city / "study.toml", "--json", fit).returncode == 0
    ends = [(row["links"].split()[0], row["destination"]) for row in table(city / "trips.csv")[:5]]
    trips.write_text("origin,destination\n" + "".join(f"{origin},{destination}\n" for origin, destination in ends))
    result = softrl("routes", "predict", city / "study.toml", "--fit", fit, "--trips", trips, "--json", tmp_path / "a")
    assert result.returncode == 0, result
    together = json.loads((tmp_path / "a").read_text())["trips"]
    values = {p["name"]: p["value"] for p in json.loads(fit.read_text())["parameters"]}
    weights = ",".join(f"{name}={value!r}" for name, value in values.items())
    for (origin, destination), trip in zip(ends, together):
        ask = ["--weights", weights, "--from", origin, "--to", destination, "--json", tmp_path / "b"]
        assert softrl("routes", "predict", city / "study.toml", *ask).returncode == 0
        assert json.loads((tmp_path / "b").read_text())["trips"] == [trip]


def test_flows_balance_and_sum_to_the_demand(softrl, city, tmp_path):
    first, second = table(city / "trips.csv")[:2]
    demand = tmp_path / "demand.csv"
    rows = [(trip["links"].split()[0], trip["destination"], count) for trip, count in ((first, 40), (second, 2.5))]
    demand.write_text("origin,destination,trips\n" + "".join(f"{o},{d},{count}\n" for o, d, count in rows))
    out = {option: tmp_path / option for option in ("csv", "moves-csv", "json")}
    outputs = [word for option, file in out.items() for word in (f"--{option}", file)]
    result = softrl("routes", "flows", city / "study.toml", "--weights", WEIGHTS, "--demand", demand, *outputs)
    assert result.returncode == 0, result
    answer = json.loads(out["json"].read_text())
    assert answer["demand"] == 42.5 and answer["ended"] == pytest.approx(42.5)
    assert answer["link_imbalance"] < 1e-9 and answer["intersection_imbalance"] < 1e-9
    links = {row["link"]: row for row in table(out["csv"])}
    assert [float(row["flow"]) for row in links.values()] == [link["flow"] for link in answer["links"]]
    into = dict.fromkeys(links, 0.0)
    for move in table(out["moves-csv"]):
        into[move["to_link"]] += float(move["flow"])
    for name, link in links.items():
        assert into[name] + float(link["started"]) == pytest.approx(float(link["flow"]), abs=1e-9)
    ends = {row["from_link"] for row in table(city / "destinations.csv") if row["destination"] in rows[0] + rows[1]}
    assert {name for name, link in links.items() if float(link["ended"]) > 0} <= ends


def test_flows_of_any_size_are_legible(softrl, two_ways, tmp_path):
    (tmp_path / "demand.csv").write_text("origin,destination,trips\n0,3,1e300\n")
    result = softrl("routes", "flows", two_ways / "study.toml", "--weights", "cost=-1", "--demand", tmp_path / "demand.csv")
    assert result.returncode == 0 and "1e+300" in result.stdout, result
    assert max(map(len, result.stdout.splitlines())) <= 130


def test_flows_of_the_studys_trips_by_default(softrl, city, tmp_path):
    assert softrl("routes", "flows", city / "study.toml", "--weights", WEIGHTS, "--json", tmp_path / "f").returncode == 0
    assert json.loads((tmp_path / "f").read_text())["demand"] == 200


# By Bayes' theorem: both trips to 3 have passed link 1 with P_3 = by_1 / total, the one to 1 with probability 1.
def test_destinations_of_one_trip(softrl, two_ways, tmp_path):
    ask = ["routes", "destinations", two_ways / "study.toml", "--weights", "cost=-1", "--links", "0 1"]
    result = softrl(*ask, "--json", tmp_path / "json", "--csv", tmp_path / "csv")
    assert result.returncode == 0, result
    by_1 = math.exp(-2) / (1 - math.exp(-3))
    to_3 = 2 / 3 * by_1 / (by_1 + math.exp(-3))
    answer = {d["destination"]: d for d in json.loads((tmp_path / "json").read_text())["destinations"]}
    assert answer["3"]["prior"] == pytest.approx(2 / 3) and answer["1"]["prior"] == pytest.approx(1 / 3)
    assert answer["3"]["posterior"] == pytest.approx(to_3 / (to_3 + 1 / 3))
    rows = table(tmp_path / "csv")
    assert [(row["moves"], row["link"]) for row in rows] == [("0", "0"), ("0", "0"), ("1", "1"), ("1", "1")]
    # from link 2 on, only 3 is left; with a prior of a file only what it names
    result = softrl(*ask[:-1], "0 2", "--json", tmp_path / "json")
    assert json.loads((tmp_path / "json").read_text())["destinations"][0]["posterior"] == 1
    (tmp_path / "prior.csv").write_text("destination,prior\n3,2\n2,2\n")
    assert softrl(*ask, "--prior", tmp_path / "prior.csv", "--json", tmp_path / "json").returncode == 0
    answer = json.loads((tmp_path / "json").read_text())["destinations"]
    assert (answer[0]["destination"], answer[0]["posterior"]) == ("3", 1)
    assert json.loads((tmp_path / "json").read_text())["destinations_of_prior_zero"] == 1
    result = softrl(*ask, "--prior", tmp_path / "prior.csv")
    assert "1 of 3 destinations has prior 0" in result.stdout and re.search(r"\n1 +0 +0\n", result.stdout), result


def test_accuracy_of_destinations_grows_with_what_is_seen(softrl, city, tmp_path):
    held_out = tmp_path / "held_out"
    assert (
        softrl("routes", "simulate", city / "study.toml", held_out, "--weights", WEIGHTS, "--trips", 300).returncode == 0
    )
    ask = ["routes", "destinations", city / "study.toml", "--weights", WEIGHTS, "--held-out", held_out / "trips.csv"]
    result = softrl(*ask, "--json", tmp_path / "json", "--csv", tmp_path / "csv")
    assert result.returncode == 0, result
    answer = json.loads((tmp_path / "json").read_text())
    assert answer["held_out_trips"] == 300 and answer["prior_zero"] == 0
    accuracy = [row["accuracy"] for row in answer["fractions"]]
    assert [row["fraction"] for row in answer["fractions"]] == pytest.approx([n / 10 for n in range(10)])
    assert accuracy[9] > 2 * accuracy[0] and accuracy[9] > accuracy[5] > accuracy[0]
    assert [float(row["accuracy"]) for row in table(tmp_path / "csv")] == accuracy

    # Without the most frequent destination among the study's trips, its held-out trips cannot be told.
    rows = (city / "trips.csv").read_text().splitlines(keepends=True)
    left_out = rows[1].split(",")[1]
    (city / "trips.csv").write_text("".join(row for row in rows if row.split(",")[1] != left_out))
    gone = sum(row["destination"] == left_out for row in table(held_out / "trips.csv"))
    result = softrl(*ask, "--json", tmp_path / "json")
    answer = json.loads((tmp_path / "json").read_text())
    assert answer["folds"][0]["destinations_of_prior_zero"] == 1
    assert re.search(r"1 of \d+ destinations has prior 0", result.stdout)
    assert answer["prior_zero"] == gone == answer["fractions"][0]["impossible"] and f"{gone} of 300 held-out trips go" in result.stdout
    result = softrl(*ask, "--smoothing", 1, "--json", tmp_path / "json")
    answer = json.loads((tmp_path / "json").read_text())
    assert answer["prior_zero"] == 0 and answer["fractions"][0]["trips"] == 300


# What is held out at random is neither fitted to nor in the prior: counted here from the names of the trips.
def test_destinations_of_trips_held_out_at_random(softrl, refuses, city, tmp_path):
    ask = ["routes", "destinations", city / "study.toml", "--fractions", "0,0.5", "--json", tmp_path / "json"]
    result = softrl(*ask, "--held-out", 0.25, "--seed", 4)
    assert result.returncode == 0, result
    answer = json.loads((tmp_path / "json").read_text())
    (fold,) = answer["folds"]
    assert answer["held_out_trips"] == fold["trips"] == 50 and fold["training_trips"] == 150
    assert answer["split"] == "trips drawn at random (seed 4)" and "150 trips to learn from" in result.stdout
    assert all(p["value"] < 0 for p in fold["parameters"]) and len(fold["parameters"]) == 4
    # the same weights by hand, on the same split
    weights = ",".join(f"{p['name']}={p['value']!r}" for p in fold["parameters"])
    assert softrl(*ask, "--held-out", 0.25, "--seed", 4, "--weights", weights).returncode == 0
    assert json.loads((tmp_path / "json").read_text())["fractions"] == answer["fractions"]
    # every trip once
    assert softrl(*ask, "--folds", 3, "--weights", WEIGHTS).returncode == 0
    answer = json.loads((tmp_path / "json").read_text())
    assert answer["held_out_trips"] == 200 and [fold["trips"] for fold in answer["folds"]] == [67, 67, 66]
    assert answer["fractions"][0]["trips"] + answer["fractions"][0]["impossible"] == 200
    # fewer of them
    some = [*ask, "--held-out", 0.25, "--weights", WEIGHTS, "--trips", 10]
    assert softrl(*some).returncode == 0
    first = (tmp_path / "json").read_text()
    assert json.loads(first)["held_out_trips"] == 10
    assert softrl(*some, "--threads", 1).returncode == 0 and (tmp_path / "json").read_text() == first
    (tmp_path / "json").unlink()
    assert softrl("routes", "fit", city / "study.toml", "--json", tmp_path / "fit").returncode == 0
    refuses(*ask, "--held-out", 0.25, "--fit", tmp_path / "fit", words=["learned from 50 of the 50 held-out trips"])
    for share in (0, 1.5):
        refuses(*ask, "--held-out", share, words=[f"between 0 and 1, got {share}"])
    refuses(*ask, "--held-out", 0.2, "--folds", 3, words=["--held-out and --folds"])
    refuses(*ask, "--links", "0", "--folds", 3, words=["--links"])


# An estimate lies within 6 of its standard errors but for a chance of 2e-9; four of them, with a wide margin, 1e-6.
def test_simulated_trips_are_a_study(softrl, city, tmp_path):
    ask = ["routes", "simulate", city / "study.toml", "--weights", WEIGHTS, "--seed", 3]
    result = softrl(*ask, "power", "--trips", 400, "--json", tmp_path / "json", cwd=tmp_path)
    assert result.returncode == 0, result
    assert json.loads((tmp_path / "json").read_text())["trips"] == 400
    assert softrl("routes", "fit", tmp_path / "power/study.toml", "--json", tmp_path / "fit").returncode == 0
    fit = json.loads((tmp_path / "fit").read_text())
    truth = {row["name"]: float(row["value"]) for row in table(tmp_path / "power/true_weights.csv")}
    assert fit["trips"] == 400 and len(truth) == 4
    for p in fit["parameters"]:
        assert abs(p["value"] - truth[p["name"]]) < 6 * p["std_error"]
    pairs = {(row["links"].split()[0], row["destination"]) for row in table(city / "trips.csv")}
    drawn = [(row["links"].split()[0], row["destination"]) for row in table(tmp_path / "power/trips.csv")]
    assert set(drawn) <= pairs
    # the same seed, the same trips; another, others
    assert softrl(*ask, tmp_path / "again", "--trips", 400).returncode == 0
    assert softrl(*ask[:-1], 4, tmp_path / "other", "--trips", 400).returncode == 0
    trips = [(tmp_path / name / "trips.csv").read_text() for name in ("power", "again", "other")]
    assert trips[0] == trips[1] != trips[2]
    # files are named from there on, so that the folder can be moved with what it belongs to
    assert str(tmp_path) not in (tmp_path / "power/study.toml").read_text()
    (tmp_path / "moved").mkdir()
    for folder in (city, tmp_path / "power"):
        shutil.move(folder, tmp_path / "moved" / folder.name)
    assert softrl("routes", "fit", tmp_path / "moved/power/study.toml", "--json", tmp_path / "same").returncode == 0
    assert json.loads((tmp_path / "same").read_text())["parameters"] == fit["parameters"]


def test_simulate_takes_a_demand_and_leaves_clusters_out(softrl, two_ways, tmp_path):
    rows = (two_ways / "trips.csv").read_text().splitlines()
    (two_ways / "trips.csv").write_text("\n".join([rows[0] + ",driver"] + [row + ",ann" for row in rows[1:]]) + "\n")
    study = two_ways / "study.toml"
    study.write_text(study.read_text() + 'cluster = "driver"\n')
    (tmp_path / "demand.csv").write_text("origin,destination,trips\n0,3,1\n1,3,0\n0,2,3\n")
    ask = ["--weights", "cost=-1", "--demand", tmp_path / "demand.csv", "--trips", 50]
    assert softrl("routes", "simulate", study, tmp_path / "out", *ask).returncode == 0
    trips = table(tmp_path / "out/trips.csv")
    assert len(trips) == 50 and {row["destination"] for row in trips} == {"2", "3"}
    result = softrl("routes", "likelihood", tmp_path / "out/study.toml", "--weights", "cost=-1")
    assert result.returncode == 0, result


def test_predictions_refuse_what_has_no_answer(refuses, city, two_ways, tmp_path):
    study = two_ways / "study.toml"
    weights = ["--weights", "cost=-1"]
    trips = tmp_path / "trips.csv"
    trips.write_text("origin,destination,trips\n0,3,1\n3,1,1\n")
    say = ["trips.csv:3", "destination 1 cannot be reached from link 3"]
    for command in (["predict", "--trips"], ["flows", "--demand"], ["simulate", tmp_path / "new", "--demand"]):
        refuses("routes", command[0], study, *command[1:], trips, *weights, words=say)
        bad = ["routes", command[0], study, *command[1:], tmp_path / "ok.csv", "--weights", "cost=0"]
        (tmp_path / "ok.csv").write_text("origin,destination,trips\n0,3,1\n")
        refuses(*bad, words=["from link 0 to destination 3", "diverges"])
    predict = ["routes", "predict", study]
    refuses(*predict, *weights, "--from", 3, "--to", 1, words=["destination 1 cannot be reached from link 3"])
    refuses(*predict, *weights, "--from", 9, "--to", 1, words=["there is no link 9"])
    refuses(*predict, *weights, "--from", 0, "--to", 9, words=["there is no destination 9"])
    refuses(*predict, *weights, "--from", 0, words=["--from and --to"])
    refuses(*predict, *weights, "--from", 0, "--to", 3, "--trips", trips, words=["--from and --to"])
    refuses(*predict, *weights, "--from", 0, "--to", 3, "--passing", "7", words=["there is no link 7"])
    refuses(*predict, *weights, "--from", 0, "--to", 3, "--passing-at-least", 0, words=["passing_at_least"])
    refuses(*predict, "--from", 0, "--to", 3, words=["--weights", "--fit"])
    refuses(*predict, "--from", 0, "--to", 3, "--weights", "speed=1", words=["speed"])
    (tmp_path / "fit.json").write_text("{}")
    refuses(*predict, "--from", 0, "--to", 3, "--fit", tmp_path / "fit.json", words=["fit.json", "routes fit --json"])
    refuses(*predict, *weights, "--trips", trips, "--csv", trips, words=["trips.csv"])
    ends = table(city / "trips.csv")[0]
    without = ["--from", ends["links"].split()[0], "--to", ends["destination"], "--geojson", tmp_path / "map.json"]
    refuses("routes", "predict", city / "study.toml", "--weights", WEIGHTS, *without, words=["[nodes]"])

    destinations = ["routes", "destinations", study, *weights]
    refuses(*destinations, words=["--links", "--held-out"])
    refuses(*destinations, "--links", "0", "--held-out", trips, words=["--links", "--held-out"])
    refuses(*destinations, "--links", "0 3", words=["--links", "no move from link 0 to link 3"])
    refuses(*destinations, "--links", "0", "--prior", "uniform", "--smoothing", 1, words=["--smoothing"])
    refuses(*destinations, "--links", "0", "--smoothing", -1, words=["smoothing"])
    (tmp_path / "prior.csv").write_text("destination,prior\n3,-1\n")
    refuses(*destinations, "--links", "0", "--prior", tmp_path / "prior.csv", words=["prior.csv:2", "-1"])
    (tmp_path / "prior.csv").write_text("destination,prior\n9,1\n")
    refuses(*destinations, "--links", "0", "--prior", tmp_path / "prior.csv", words=["prior.csv:2", "destination 9"])
    (tmp_path / "prior.csv").write_text("destination,prior\n3,0\n")
    refuses(*destinations, "--links", "0", "--prior", tmp_path / "prior.csv", words=["prior", "0"])
    (two_ways / "new").mkdir()
    (two_ways / "new/file").write_text("")
    refuses("routes", "simulate", study, two_ways / "new", *weights, words=["not an empty folder"])
    refuses("routes", "simulate", study, tmp_path / "0", *weights, "--trips", 0, words=["--trips", "must be at least 1"])
