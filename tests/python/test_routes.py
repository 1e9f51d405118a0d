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


def test_results_are_documented():
    for name in ("fit", "likelihood", "generate_city"):
        assert len(getattr(softrl.routes, name).__doc__) > 80


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
