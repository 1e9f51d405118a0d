"""Route choice by softrl and by SciPy, on the same trips, in the same run, on one thread.

    .venv/bin/python bench/peers/routes.py --borlange FOLDER --shanghai FOLDER

SciPy's side is written as its best user would: sparse matrices, SuperLU with its best column ordering, one
factorisation for all destinations, right-hand sides in blocks, the analytic gradient by one transposed solve for each
destination, trips grouped by origin and destination, and scipy.optimize's BFGS. Its standard errors come from central
differences of the analytic gradient, its robust ones from the scores of origin-destination pairs. softrl's come from
the exact Hessian. Both answers are checked against each other before a time is printed. Times are medians by the wall
clock, without reading the files.

With link size every origin-destination pair has a matrix of its own. SciPy factorises each; it is timed on
`--pairs` of them, spread evenly, and the time for all is in proportion.
"""

import argparse
import os
import pathlib
import statistics
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core for both sides

import csv

import numpy as np
import scipy.optimize
import scipy.sparse as sp
import scipy.sparse.linalg

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


class Trips:
    """Moves [M], features [M, K], ends of destinations, and trips grouped by destination and origin."""

    def __init__(self, links, start, end, features, destinations, routes, on_entering):
        self.links, self.start, self.end, self.features = links, start, end, features
        self.on_entering = on_entering
        move = {pair: m for m, pair in enumerate(zip(start.tolist(), end.tolist()))}
        self.totals = np.zeros(features.shape[1])
        pairs = {}
        for destination, route in routes:
            total = np.zeros(features.shape[1])
            for step in zip(route, route[1:]):
                total += features[move[step]]
            self.totals += total
            pairs.setdefault((destination, route[0]), []).append(total)
        used = sorted({d for d, _ in pairs})
        column = {d: c for c, d in enumerate(used)}
        self.ends = sp.csc_matrix(
            (
                np.ones(sum(len(destinations[d]) for d in used)),
                (
                    [k for d in used for k in destinations[d]],
                    [column[d] for d in used for _ in destinations[d]],
                ),
            ),
            (links, len(used)),
        ).toarray()
        self.goal = np.array([destinations[d][0] for d in used])
        self.columns = np.array([column[d] for d, _ in pairs])
        self.origins = np.array([o for _, o in pairs])
        self.counts = np.array([len(trips) for trips in pairs.values()], float)
        self.trip_totals = list(pairs.values())


def matrix(trips, weights):
    """exp(θ·f) as a matrix, its values in the order of the moves."""
    values = np.exp(trips.features @ weights)
    return values, sp.csr_matrix((values, (trips.start, trips.end)), (trips.links, trips.links))


class SciPyLogit:
    """The log-likelihood of trips and its gradient; +∞ and 0 where the path sum is not finite."""

    block = 64

    def __init__(self, trips):
        self.trips, self.identity = trips, sp.identity(trips.links, format="csc")

    def __call__(self, weights, scores=False):
        t = self.trips
        values, m = matrix(t, weights)
        lu = sp.linalg.splu(self.identity - m.tocsc(), permc_spec="COLAMD")
        log_likelihood = t.totals @ weights
        uses = np.zeros(len(values))
        expected = np.zeros((len(t.counts), len(weights))) if scores else None
        for first in range(0, t.ends.shape[1], self.block):
            y = lu.solve(t.ends[:, first : first + self.block])
            pairs = np.flatnonzero((t.columns >= first) & (t.columns < first + self.block))
            columns, origins, counts = t.columns[pairs] - first, t.origins[pairs], t.counts[pairs]
            at = y[origins, columns]
            if not np.all(at > 0):
                return np.inf, np.zeros(len(weights))
            log_likelihood -= counts @ np.log(at)
            starts = np.zeros_like(y)
            np.add.at(starts, (origins, columns), counts / at)
            if t.on_entering:
                wanted = np.arange(y.shape[1])
                goal = t.goal[first : first + self.block]
                trips = np.bincount(columns, counts, y.shape[1])
                log_likelihood += trips @ np.log(y[goal, wanted])
                starts[goal, wanted] -= trips / y[goal, wanted]
            x = lu.solve(starts, trans="T")
            uses += np.einsum("mc,mc->m", x[t.start], y[t.end]) * values
            if scores:
                for j in range(len(weights)):
                    slope = lu.solve(
                        sp.csr_matrix((values * t.features[:, j], (t.start, t.end)), m.shape) @ y
                    )
                    expected[pairs, j] = slope[origins, columns] / at
                    if t.on_entering:
                        expected[pairs, j] -= slope[goal[columns], columns] / y[goal[columns], columns]
        gradient = t.totals - t.features.T @ uses
        if scores:
            return expected
        return -log_likelihood, -gradient

    def fit(self, start):
        found = scipy.optimize.minimize(self, start, jac=True, method="BFGS", options={"gtol": 1e-3})
        step = 1e-5
        hessian = np.array(
            [(self(found.x + step * e)[1] - self(found.x - step * e)[1]) / (2 * step) for e in np.eye(len(start))]
        )
        covariance = np.linalg.inv(hessian)
        expected = self(found.x, scores=True)
        scores = np.concatenate([np.array(ts) - e for ts, e in zip(self.trips.trip_totals, expected)])
        robust = covariance @ (scores.T @ scores) @ covariance
        return found, np.sqrt(np.diag(covariance)), np.sqrt(np.diag(robust))


def borlange(folder):
    rows = list(csv.DictReader(open(folder / "network.csv")))
    links = {}
    for row in rows:
        for name in (row["from_link"], row["to_link"]):
            links.setdefault(name, len(links))
    names = ["travel_time", "left_turn", "link_constant", "u_turn"]
    start = np.array([links[row["from_link"]] for row in rows])
    end = np.array([links[row["to_link"]] for row in rows])
    features = np.array([[float(row[name]) for name in names] for row in rows])
    destinations = {}
    for row in csv.DictReader(open(folder / "destinations.csv")):
        destinations.setdefault(row["destination"], []).append(links[row["from_link"]])
    routes = [
        (row["destination"], [links[k] for k in row["links"].split()])
        for row in csv.DictReader(open(folder / "trips.csv"))
    ]
    return Trips(len(links), start, end, features, destinations, routes, on_entering=False)


def shanghai(folder, fold=0):
    classes = ["primary", "secondary", "tertiary", "unclassified", "living_street"]
    table = {row["link"]: row for row in csv.DictReader(open(folder / "links.csv"))}
    rows = list(csv.DictReader(open(folder / "transitions.csv")))
    features = []
    for row in rows:
        entered = table[row["to_link"]]
        features.append(
            [
                float(entered["length_m"]) / 1000,
                1.0,
                float(row["direction"] == "6"),
                float(row["direction"] == "2"),
                float(row["u_turn"]),
                *[float(entered["road_class"] == c) for c in classes],
            ]
        )
    routes = [
        (row["destination_link"], [int(k) for k in row["links"].split()])
        for row in csv.DictReader(open(folder / f"trips_train_cv{fold}.csv"))
    ]
    start = np.array([int(row["from_link"]) for row in rows])
    end = np.array([int(row["to_link"]) for row in rows])
    destinations = {str(k): [k] for k in range(714)}
    return Trips(714, start, end, np.array(features), destinations, routes, on_entering=True)


def link_size(trips, weights, base, pairs):
    """Seconds for all pairs of one evaluation with link size, from every n-th pair; and the sum over these."""
    values, m = matrix(trips, base)
    identity = sp.identity(trips.links, format="csc")
    lu = sp.linalg.splu(identity - m.tocsc(), permc_spec="COLAMD")
    chosen = np.linspace(0, len(trips.counts) - 1, min(pairs, len(trips.counts))).astype(int)
    total, seconds = 0.0, 0.0
    for p in chosen:
        o, d = trips.origins[p], trips.columns[p]
        y = lu.solve(trips.ends[:, d])
        x = lu.solve(np.eye(1, trips.links, o)[0] / y[o], trans="T")
        size = (x * y)[trips.end]  # expected flow over the link that a move enters
        begin = time.perf_counter()
        own = np.exp(trips.features @ weights[:-1] + size * weights[-1])
        matrix_of_pair = sp.csr_matrix((own, (trips.start, trips.end)), m.shape).tocsc()
        factors = sp.linalg.splu(identity - matrix_of_pair, permc_spec="COLAMD")
        z = factors.solve(trips.ends[:, d])
        flow = factors.solve(np.eye(1, trips.links, o)[0] / z[o], trans="T")
        uses = flow[trips.start] * own * z[trips.end]
        gradient = np.append(trips.features.T @ uses, size @ uses)
        seconds += time.perf_counter() - begin
        assert np.all(np.isfinite(gradient))
        total += trips.counts[p] * np.log(z[o])
    return seconds * len(trips.counts) / len(chosen), len(chosen)


def median_seconds(work, repeats):
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times), result


def line(what, peer, ours):
    print(f"{what:58} SciPy {peer:9.3f} s   softrl {ours:9.4f} s   {peer / ours:7.1f} times", flush=True)


def compare(name, trips, study, data, weights, start, repeats):
    import softrl.routes

    scipy_side = SciPyLogit(trips)
    model = softrl.routes.Model(study, data, threads=1)
    named = dict(zip(model.names, weights))
    peer, (value, gradient) = median_seconds(lambda: scipy_side(weights), repeats)
    ours, answer = median_seconds(lambda: model.evaluate(named), 5 * repeats)
    assert abs(answer.log_likelihood + value) < 1e-6 * abs(value), (answer.log_likelihood, -value)
    assert np.allclose(answer.gradient, -gradient, rtol=1e-6, atol=1e-4)
    line(f"{name}: log-likelihood and gradient", peer, ours)
    peer, (found, errors, robust) = median_seconds(lambda: scipy_side.fit(start), 1)
    fresh = [softrl.routes.Model(study, data, threads=1) for _ in range(repeats)]
    ours, fit = median_seconds(lambda: fresh.pop().fit(), repeats)
    assert fit.status == "converged"
    assert abs(fit.log_likelihood + found.fun) < 1e-3, (fit.log_likelihood, -found.fun)
    known = fit.estimated
    assert np.allclose(fit.std_error[known], errors[known], rtol=1e-2), (fit.std_error, errors)
    assert np.allclose(fit.robust_std_error[known], robust[known], rtol=1e-2), (fit.robust_std_error, robust)
    line(f"{name}: whole fit with both kinds of errors", peer, ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--borlange", type=pathlib.Path, help="folder of the Borlänge data")
    parser.add_argument("--shanghai", type=pathlib.Path, help="folder of the Shanghai data")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=71, help="origin-destination pairs that SciPy is timed on")
    options = parser.parse_args()
    if options.borlange:
        trips = borlange(options.borlange)
        weights = np.array([-2.5, -1.0, -0.4, -4.5])
        compare("Borlänge", trips, EXAMPLES / "borlange.toml", options.borlange, weights, np.array([-3.0, -1, -1, -4]),
                options.repeats)
        import softrl.routes

        with_size = np.append(np.array([-3.0, -1.0, -0.3, -4.5]), -0.2)
        peer, timed = link_size(trips, with_size, np.array([-2.5, -1.0, -0.4, -20.0]), options.pairs)
        model = softrl.routes.Model(EXAMPLES / "borlange_link_size.toml", options.borlange, threads=1)
        ours, _ = median_seconds(lambda: model.evaluate(dict(zip(model.names, with_size))), options.repeats)
        line(f"Borlänge, link size ({timed} of {len(trips.counts)} pairs timed)", peer, ours)
    if options.shanghai:
        trips = shanghai(options.shanghai)
        weights = np.array([-2.0, -1.0, -1.0, -1.0, -3.0, 0.5, 0.5, 0.3, -0.3, -1.0])
        compare("Shanghai, 10,000 trips", trips, EXAMPLES / "shanghai.toml", options.shanghai, weights,
                np.array([-2.0, -1.0, -1.0, -1.0, -3.0, 0, 0, 0, 0, 0]), options.repeats)


if __name__ == "__main__":
    main()
