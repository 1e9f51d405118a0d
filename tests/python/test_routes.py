"""softrl.routes: what goes in and comes out. The mathematics is tested in C++."""

import signal
import threading
from statistics import NormalDist

import numpy as np
import pytest

import softrl

NAMES = ["travel_time", "left_turn", "link_constant", "u_turn"]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city")
    return folder, softrl.routes.generate_city(folder, rows=8, columns=8, destinations=6, trips=400, seed=2)


# Wald's statistic is chi-squared of 4 degrees of freedom for many trips: P(> 45) = 4e-9.
def test_fit_finds_the_true_weights_within_their_errors(city):
    folder, truth = city
    result = softrl.routes.fit(folder / "study.toml")
    assert result.status == "converged" and result.warnings == []
    assert result.names == NAMES and result.trips == 400
    error = result.values - np.array([truth[name] for name in result.names])
    assert error @ np.linalg.solve(result.covariance, error) < 45
    assert error @ np.linalg.solve(result.robust_covariance, error) < 45
    np.testing.assert_allclose(result.std_error, np.sqrt(np.diag(result.covariance)))
    np.testing.assert_allclose(result.t_values, result.values / result.std_error)
    assert result.log_likelihood > result.null_log_likelihood
    assert 0 < result.spectral_radius[0] <= result.spectral_radius[1] < 1
    assert "travel_time=" in repr(result)


# Against the standard library's normal distribution and the definitions of docs/route_studies.md.
def test_fit_says_what_its_errors_mean(city):
    normal = NormalDist()
    result = softrl.routes.fit(city[0] / "study.toml", fix={"u_turn": -3.0})
    for p_values, error in ((result.p_values, result.std_error), (result.robust_p_values, result.robust_std_error)):
        for p, value, e in list(zip(p_values, result.values, error))[:3]:
            assert p == pytest.approx(2 * normal.cdf(-abs(value / e)), rel=1e-6, abs=1e-15)
    reach = normal.inv_cdf(0.95) * result.robust_std_error
    np.testing.assert_allclose(result.intervals(0.9)[:, 1], result.values + reach)
    assert (result.intervals(0.9, robust=False)[:3, 0] < result.values[:3]).all()
    scale = np.sqrt(np.outer(np.diag(result.covariance), np.diag(result.covariance)))
    np.testing.assert_allclose(result.correlation[:3, :3], (result.covariance / np.where(scale > 0, scale, 1))[:3, :3])
    assert result.degrees_of_freedom == 3 and result.clusters == 400 and result.notes == []
    assert result.aic == pytest.approx(6 - 2 * result.log_likelihood)
    assert result.bic == pytest.approx(3 * np.log(400) - 2 * result.log_likelihood)
    assert result.rho_squared == pytest.approx(1 - result.log_likelihood / result.null_log_likelihood)
    assert result.adjusted_rho_squared < result.rho_squared
    assert result.trip_log_likelihoods.sum() == pytest.approx(result.log_likelihood)
    assert not result.at_bound.any()


def test_penalised_fits(city):
    study = city[0] / "study.toml"
    free, ridge = softrl.routes.fit(study), softrl.routes.fit(study, l2=0.1)
    assert free.objective == pytest.approx(free.log_likelihood)
    assert ridge.objective < ridge.log_likelihood < free.log_likelihood and ridge.degrees_of_freedom < 4
    lasso = softrl.routes.fit(study, l1=1.0)
    assert (lasso.values == 0).any() and np.isnan(lasso.std_error).all() and "L1" in lasso.notes[0]


def test_likelihood_has_no_slope_at_the_fit_and_agrees_with_differences(city):
    study = city[0] / "study.toml"
    fitted = softrl.routes.fit(study)
    at_fit = softrl.routes.likelihood(study, dict(zip(NAMES, fitted.values)))
    assert at_fit.log_likelihood == pytest.approx(fitted.log_likelihood, abs=1e-9)
    assert np.abs(at_fit.gradient).max() < 1e-2

    def value(step):
        weights = np.array([-2.0, -1.0, -1.0, -2.0]) + step
        return softrl.routes.likelihood(study, dict(zip(NAMES, weights)))

    steps = 1e-5 * np.eye(4)
    differences = [(value(s).log_likelihood - value(-s).log_likelihood) / 2e-5 for s in steps]
    np.testing.assert_allclose(value(0).gradient, differences, atol=1e-4)


def test_a_model_reads_its_study_once_and_answers_alike(city):
    study = city[0] / "study.toml"
    model = softrl.routes.Model(study)
    weights = dict(zip(NAMES, [-2.0, -1.0, -1.0, -2.0]))
    assert model.names == NAMES and model.trips == 400
    assert model.evaluate(weights).log_likelihood == softrl.routes.likelihood(study, weights).log_likelihood
    np.testing.assert_array_equal(model.fit().values, softrl.routes.fit(study).values)


def test_start_and_fix(city):
    study = city[0] / "study.toml"
    result = softrl.routes.fit(study, start={"travel_time": -4}, fix={"u_turn": -3})
    assert result.values[3] == -3 and not result.estimated[3] and result.estimated[:3].all()
    assert np.isnan(result.std_error[3]) and np.isfinite(result.std_error[:3]).all()


def test_infeasible_weights_have_no_likelihood(city):
    result = softrl.routes.likelihood(city[0] / "study.toml", dict.fromkeys(NAMES, 0.0))
    assert not result.feasible and "diverges" in result.reason
    assert result.log_likelihood is None and result.gradient is None
    assert result.spectral_radius[0] > 1


def test_errors_are_pythons(city, tmp_path):
    study = city[0] / "study.toml"
    with pytest.raises(ValueError, match="unknown weight \"speed\""):
        softrl.routes.fit(study, start={"speed": 1.0})
    with pytest.raises(ValueError, match="u_turn is missing"):
        softrl.routes.likelihood(study, dict.fromkeys(NAMES[:3], -1.0))
    with pytest.raises(ValueError, match="spectral radius"):
        softrl.routes.fit(study, start=dict.fromkeys(NAMES, 0.0))
    with pytest.raises(ValueError, match="rows"):
        softrl.routes.generate_city(tmp_path, rows=0)
    with pytest.raises(RuntimeError, match="network.csv: cannot be read"):
        softrl.routes.fit(study, data=tmp_path)
    with pytest.raises(RuntimeError, match="none.toml"):
        softrl.routes.fit("none.toml")


def test_a_signal_ends_a_fit(tmp_path):
    """Python sees signals while a fit runs: three of them one by one. After it, it would see them as one."""
    softrl.routes.generate_city(tmp_path, rows=50, columns=50, destinations=200, trips=2000, seed=1)
    seen = []

    def handler(*_):
        seen.append(True)
        if len(seen) == 3:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            softrl.routes.fit(tmp_path / "study.toml")
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_threads_get_the_same_answers(city):
    study = city[0] / "study.toml"
    results = [None] * 4
    threads = [threading.Thread(target=lambda i=i: results.__setitem__(i, softrl.routes.fit(study))) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        np.testing.assert_array_equal(result.values, results[0].values)


WEIGHTS = dict(zip(NAMES, [-2.0, -0.8, -0.6, -3.0]))


@pytest.fixture
def two_ways(tmp_path):
    """From link 0 to 3 by link 1 (and from 3 back to 0) or by link 2, which costs 1 more; trips end on entering."""
    (tmp_path / "network.csv").write_text("from,to,cost\n0,1,1\n0,2,1\n1,3,1\n2,3,2\n1,0,1\n")
    (tmp_path / "trips.csv").write_text("name,destination,links\na,3,0 1 3\nb,3,0 2 3\nc,1,0 1\n")
    (tmp_path / "study.toml").write_text(
        'model = "maxent"\nfeatures = ["cost"]\n'
        '[network]\nfile = "network.csv"\nfrom = "from"\nto = "to"\n'
        '[trips]\nfile = "trips.csv"\nname = "name"\nlinks = "links"\ndestination = "destination"\n'
    )
    return softrl.routes.Model(tmp_path / "study.toml")


# Paths to 3 weigh e^-2 by link 1 and e^-3 by link 2; going back from 1 to 0 costs 2 more, once or many times.
def test_predictions_have_a_closed_form(two_ways):
    weights = {"cost": -1.0}
    loops = 1 / (1 - np.exp(-2))
    by_1, by_2 = np.exp(-2) * loops, np.exp(-3) * loops
    (trip,) = two_ways.predict(weights, [("0", "3")], count=3, passing=["2"], passing_at_least=0.01, samples=5)
    assert (trip["origin"], trip["destination"], trip["status"]) == ("0", "3", "converged")
    assert [route["links"] for route in trip["routes"]] == [["0", "1", "3"], ["0", "2", "3"]]
    for route, weight in zip(trip["routes"], np.exp([-2, -3])):
        assert route["log_probability"] == pytest.approx(np.log(weight / (by_1 + by_2)))
    passing = trip["passing"]
    assert passing["links"] == ["2", "0", "1", "3"]
    assert passing["probability"][0] == pytest.approx(by_2 / (by_1 + by_2))
    assert (passing["expected_visits"] >= passing["probability"] - 1e-12).all()
    assert len(trip["samples"]) == 5 and all(sample["links"][-1] == "3" for sample in trip["samples"])
    assert two_ways.predict(weights, [("0", "2")])[0]["routes"][0]["links"] == ["0", "2"], "no trip of the study's"
    assert two_ways.evaluate(weights).feasible

    flows = two_ways.flows(weights, [("0", "3", 3.0), ("0", "1", 1.0)])
    assert flows["links"] == ["0", "1", "2", "3"] and flows["demand"] == 4
    np.testing.assert_allclose(flows["flow"][2], 3 * by_2 / (by_1 + by_2))
    np.testing.assert_allclose(flows["ended"], [0, 1, 0, 3], atol=1e-12)
    np.testing.assert_allclose(flows["started"], [4, 0, 0, 0])
    into = np.bincount(flows["moves_to"], flows["moves_flow"], minlength=4)
    np.testing.assert_allclose(into + flows["started"], flows["flow"])
    assert flows["link_imbalance"] < 1e-12 and two_ways.flows(weights)["demand"] == 3


# By Bayes' theorem: a trip to 1 moves on to link 1 at once, one to 3 with probability e^-1 / (e^-1 + e^-2 + ...).
def test_posterior_over_destinations(two_ways):
    weights = {"cost": -1.0}
    to_1 = np.exp(-2) / (np.exp(-2) + np.exp(-3)) * (1 - np.exp(-2)) + np.exp(-2)
    answer = two_ways.destinations(weights, ["0", "1"])
    place = {name: i for i, name in enumerate(answer["destinations"])}
    assert answer["posterior"].shape == (2, len(place))
    np.testing.assert_allclose(answer["posterior"][0], answer["prior"])
    assert answer["prior"][place["3"]] == pytest.approx(2 / 3)
    expected = 2 * to_1 / (2 * to_1 + 1)
    assert answer["posterior"][1, place["3"]] == pytest.approx(expected)
    only = two_ways.destinations(weights, ["0"], prior={"2": 5.0})
    assert dict(zip(only["destinations"], only["posterior"][0]))["2"] == 1
    for wrong in (lambda: two_ways.destinations(weights, []), lambda: two_ways.destinations(weights, ["0", "3"])):
        with pytest.raises(ValueError, match="link"):
            wrong()
    with pytest.raises(ValueError, match="there is no destination 9"):
        two_ways.predict(weights, [("0", "9")])


# What is simulated has the study's ends, and the same for the same seed on any number of threads.
def test_simulated_trips(city):
    model = softrl.routes.Model(city[0] / "study.toml", threads=2)
    trips = model.simulate(WEIGHTS, 50, seed=3)
    assert trips == softrl.routes.Model(city[0] / "study.toml", threads=1).simulate(WEIGHTS, 50, seed=3)
    assert trips != model.simulate(WEIGHTS, 50, seed=4) and len(trips) == 50
    assert all(trip["links"][0] == trip["origin"] for trip in trips)
    demand = [(trips[0]["origin"], trips[0]["destination"], 1.0)]
    assert {trip["destination"] for trip in model.simulate(WEIGHTS, 5, demand=demand)} == {demand[0][1]}


# One restriction: Wald's statistic is the square of a t value; likelihood ratio and vuong by their definitions.
def test_tests_between_weights_and_fits(city):
    model = softrl.routes.Model(city[0] / "study.toml")
    full, fixed = model.fit(), model.fit(fix={"left_turn": -0.8})
    wald = full.test("left_turn = 0", robust=False)
    assert wald["statistic"] == pytest.approx(full.t_values[1] ** 2) and wald["degrees_of_freedom"] == 1
    ratio = full.ratio("left_turn", "travel_time")
    assert ratio["value"] == full.values[1] / full.values[0] and ratio["lower"] < ratio["value"] < ratio["upper"]
    test = softrl.routes.likelihood_ratio(fixed, full)
    assert test["statistic"] == pytest.approx(2 * (full.log_likelihood - fixed.log_likelihood))
    assert test["p_value"] == pytest.approx(2 * NormalDist().cdf(-np.sqrt(test["statistic"])))
    other = model.fit(fix={"u_turn": -1.0})
    d = fixed.trip_log_likelihoods - other.trip_log_likelihoods
    vuong = softrl.routes.vuong(fixed, other)
    assert vuong["statistic"] == pytest.approx(d.sum() / (d.std() * np.sqrt(d.size)))
    with pytest.raises(ValueError, match="vuong"):
        softrl.routes.likelihood_ratio(fixed, other)
    with pytest.raises(ValueError, match="penalised"):
        model.fit(l2=0.1).test("u_turn = 0")
    with pytest.raises(ValueError, match="speed"):
        full.ratio("speed", "u_turn")


# The errors are the robust ones for many trips. Of 100 replications they scatter by 7 %: a factor of 2 is ten times that.
def test_bootstrap_scatters_as_the_robust_errors_say(city):
    model = softrl.routes.Model(city[0] / "study.toml")
    fit = model.fit()
    drawn = model.bootstrap(fit, replications=100, seed=7)
    assert drawn["weights"].shape == (100, 4) and drawn["converged"].all()
    np.testing.assert_allclose(drawn["mean"], drawn["weights"].mean(axis=0))
    np.testing.assert_allclose(drawn["std_error"], drawn["weights"].std(axis=0, ddof=1))
    assert (np.abs(np.log(drawn["std_error"] / fit.robust_std_error)) < np.log(2)).all()
    assert (drawn["lower"] < drawn["mean"]).all() and (drawn["mean"] < drawn["upper"]).all()


# Replications are fits with the same penalty: they scatter about the penalised estimate, not about the free one, whose
# u_turn is ten times as large. Of 40 the mean is within 6 of its standard errors, but for the curvature's bias.
def test_bootstrap_keeps_the_penalty_of_the_fit(city):
    model = softrl.routes.Model(city[0] / "study.toml")
    free, fit = model.fit(), model.fit(l2=10.0)
    drawn = model.bootstrap(fit, replications=40, seed=7)
    assert drawn["converged"].all()
    from_fit = np.abs(drawn["mean"] - fit.values) / drawn["std_error"]
    assert (from_fit < 6 / np.sqrt(40) + 0.2).all()
    u_turn = fit.names.index("u_turn")
    assert np.abs(drawn["mean"] - free.values)[u_turn] > 10 * drawn["std_error"][u_turn]


def test_regularisation_path_ends_at_the_free_fit(city):
    model = softrl.routes.Model(city[0] / "study.toml")
    path = model.regularisation_path(penalty="l2", least=1e-9, count=4, folds=2)
    assert path["penalty"][0] == 1 and path["penalty"][-1] == pytest.approx(1e-9) and path["weights"].shape == (4, 4)
    np.testing.assert_allclose(path["weights"][-1], model.fit().values, atol=1e-4)
    assert (np.diff(path["log_likelihood"]) > 0).all() and set(path["status"]) == {"converged"}
    assert path["best"] == np.argmax(path["held_out"]) >= path["one_standard_error"]
    with pytest.raises(ValueError, match="penalty"):
        model.regularisation_path(penalty="l3")


def test_results_are_documented():
    for name in ("fit", "likelihood", "generate_city", "likelihood_ratio", "vuong"):
        assert len(getattr(softrl.routes, name).__doc__) > 80
    for name in ("predict", "destinations", "flows", "simulate", "bootstrap", "regularisation_path"):
        assert len(getattr(softrl.routes.Model, name).__doc__) > 80


def test_plot_shows_every_weight_with_its_interval(city):
    from softrl.plots_routes import weights

    result = softrl.routes.fit(city[0] / "study.toml", fix={"u_turn": -3})
    figure = weights(result.names, result.values, result.std_error, truth=city[1])
    assert [axis.get_title() for axis in figure.axes] == NAMES
    for axis, value, error in zip(figure.axes, result.values, np.nan_to_num(result.std_error)):
        (interval,) = axis.containers[0].lines[2][0].get_segments()
        np.testing.assert_allclose(interval[:, 1], [value - 1.96 * error, value + 1.96 * error])


def test_plot_of_destinations_reads_what_the_program_writes(tmp_path):
    from softrl.plots_routes import destination_accuracy

    file = tmp_path / "accuracy.csv"
    header = "fraction,trips,accuracy,mean_posterior,mean_log_posterior,impossible\n"
    file.write_text(header + "0,4,0.25,0.25,-1.4,1\n0.5,4,0.75,0.6,-0.6,1\n0.9,0,,,,5\n")
    (axis,) = destination_accuracy(file, labels=["maxent"]).axes
    np.testing.assert_allclose(axis.lines[0].get_xydata(), [[0, 25], [50, 75]])
    np.testing.assert_allclose(axis.lines[1].get_ydata(), 25)
    assert [text.get_text() for text in axis.get_legend().get_texts()][0] == "maxent"
