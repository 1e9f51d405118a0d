"""softrl.irl against brute force: all paths of a short horizon, counted in NumPy."""

import itertools

import numpy as np
import pytest

from softrl import irl, tabular

HORIZON = 4


@pytest.fixture
def ring():
    """Four states in a ring; action 0 moves on, action 1 stays."""
    successors = [s for state in range(4) for s in ((state + 1) % 4, state)]
    return tabular.Mdp(discount=1.0, action_offsets=[0, 2, 4, 6, 8], rewards=np.zeros(8), successors=successors)


def walk(actions, state=0):
    states = [state]
    for action in actions:
        states.append((states[-1] + 1) % 4 if action == 0 else states[-1])
    return states, list(actions)


def test_matches_features_as_all_paths_do(ring):
    features = np.random.default_rng(0).normal(size=(8, 2))
    shown = [walk(a) for a in [(0, 0, 1, 0), (1, 0, 0, 0), (0, 1, 1, 0)]]
    fit = irl.maxent_irl(ring, features, shown, horizon=HORIZON, names=["x", "y"])
    assert fit.status == "converged" and fit.feature_mismatch < 1e-8 and fit.names == ["x", "y"]

    def total(path):
        return sum(features[2 * s + a] for s, a in zip(path[0], path[1]))

    paths = [walk(a) for a in itertools.product((0, 1), repeat=HORIZON)]
    counts = np.array([total(path) for path in paths])
    weights = np.exp(counts @ fit.values)
    expected = weights @ counts / weights.sum()
    np.testing.assert_allclose(expected, np.mean([total(path) for path in shown], axis=0), atol=1e-8)
    log_likelihood = sum(total(path) @ fit.values - np.log(weights.sum()) for path in shown)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=1e-8)
    # The likelihood of independent paths: the inverse Hessian is that of the features' covariance.
    spread = np.cov(counts.T, aweights=weights, ddof=0) * len(shown)
    np.testing.assert_allclose(fit.std_error, np.sqrt(np.diag(np.linalg.inv(spread))), rtol=1e-6)


def test_keeps_weights_that_are_fixed(ring):
    features = np.random.default_rng(0).normal(size=(8, 2))
    shown = [walk(a) for a in [(0, 0, 1, 0), (1, 0, 0, 0), (0, 1, 1, 0)]]
    fit = irl.maxent_irl(ring, features, shown, horizon=HORIZON, fix={"w0": 0.25})
    assert fit.status == "converged" and fit.values[0] == 0.25 and np.isnan(fit.std_error[0])
    # Of the other weight the slope is 0: demonstrated and expected features agree.
    paths = [walk(a) for a in itertools.product((0, 1), repeat=HORIZON)]
    counts = np.array([sum(features[2 * s + a] for s, a in zip(*path)) for path in paths])
    weights = np.exp(counts @ fit.values)
    target = np.mean([sum(features[2 * s + a] for s, a in zip(*path)) for path in shown], axis=0)
    assert (weights @ counts / weights.sum())[1] == pytest.approx(target[1], abs=1e-8)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"horizon": 4, "model": "guess"}, "maxent_paths"),
        ({"horizon": 4, "on": "rows"}, "state_actions"),
        ({"horizon": 4, "optimiser": "adam"}, "exponentiated_gradient"),
        ({"horizon": 4, "discount": 0.9}, "both"),
        ({"discount": 0.9, "at_goal": True}, "at_goal needs a horizon"),
        ({"horizon": 4, "at_goal": True}, "terminal state"),
        ({"horizon": 4, "names": ["a", ""]}, "empty"),
        ({"horizon": 4, "l1": -1.0}, "l1"),
        ({"horizon": 4, "start": {"w0": 1.0}, "fix": {"w0": 2.0}}, "w0=1 is fixed, by fix w0=2"),
        ({"horizon": 4, "names": ["a", "a"]}, "a"),
    ],
)
def test_refuses(ring, options, words):
    with pytest.raises(ValueError, match=words):
        irl.maxent_irl(ring, np.eye(8)[:, :2], [walk((0, 0, 1, 0))], **options)
