"""Plots of gridworlds. Each function returns a matplotlib Figure; nothing is shown or saved."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from . import tabular

__all__ = ["convergence", "cooling", "draw_gridworld", "gridworld", "newton_rate"]

_STEPS = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])  # up, right, down, left as (row, column)


def _world(world):
    return world if isinstance(world, tabular.Gridworld) else tabular.read_gridworld(world)


def draw_gridworld(axes, world, mdp, solution):
    """Values as colour and the policy as arrows, each as long as its probability, on the map. Returns the image."""
    values = np.full(world.state_at.shape, np.nan)
    policy = tabular.to_dense(mdp, solution.policy)
    for state, (row, column) in enumerate(world.cells):
        if mdp.is_terminal(state):
            axes.text(column, row, world.symbol(state), ha="center", va="center", fontweight="bold")
            continue
        values[row, column] = solution.values[state]
        if world.symbol(state) != ".":
            axes.text(column - 0.45, row - 0.45, world.symbol(state), color="white", fontsize=7, va="top")
        for probability, (down, right) in zip(policy[state], _STEPS):
            if probability > 0.02:
                length = 0.45 * probability
                axes.arrow(
                    column, row, right * length, down * length, color="white", width=0.015, head_width=0.16 * probability**0.5,
                    head_length=0.16 * probability**0.5, length_includes_head=True, zorder=3,
                )  # fmt: skip
    axes.imshow(np.where(world.state_at < 0, 1.0, np.nan), cmap=ListedColormap(["0.25"]))
    image = axes.imshow(values, cmap="viridis")
    axes.set_xticks([])
    axes.set_yticks([])
    return image


def gridworld(world, discount=None, temperature=1.0):
    """Values and policy on the map. `world` is a Gridworld or a file; `temperature` one number or several, a panel each."""
    world = _world(world)
    mdp = world.mdp(discount)
    temperatures = np.atleast_1d(temperature)
    rows, columns = world.state_at.shape
    width = 5.0 if len(temperatures) == 1 or columns > 1.3 * rows else 4.0
    height = width * rows / columns + 0.5
    stacked = columns > 1.3 * rows  # wide maps one above the other, others side by side
    shape = (len(temperatures), 1) if stacked else (1, len(temperatures))
    figure, panels = plt.subplots(
        *shape, figsize=(shape[1] * (width + 1.2), shape[0] * height), squeeze=False, layout="constrained"
    )
    for axes, alpha in zip(panels.flat, temperatures):
        solution = tabular.soft_policy_iteration(mdp, temperature=alpha)
        image = draw_gridworld(axes, world, mdp, solution)
        axes.set_title(f"temperature {alpha:g}, discount {mdp.discount:g}", fontsize=10)
        figure.colorbar(image, ax=axes, shrink=0.9, label="soft value")
    return figure


def convergence(world, discount=None, temperature=1.0):
    """Certified bound and true error against the iteration, for value iteration and for policy iteration."""
    mdp = _world(world).mdp(discount)
    truth = tabular.soft_policy_iteration(mdp, temperature=temperature, tolerance=0.0)
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, solve, colour in (
        ("value iteration", tabular.soft_value_iteration, "tab:blue"),
        ("policy iteration", tabular.soft_policy_iteration, "tab:orange"),
    ):
        bounds = []
        solve(mdp, temperature=temperature, progress=lambda p: bounds.append(p["error_bound"]))
        iterations = np.arange(1, len(bounds) + 1)
        # The values after n iterations are what the solver returns when n is its limit.
        shown = np.unique(np.geomspace(1, len(bounds), 60).astype(int))
        errors = [
            np.abs(solve(mdp, temperature=temperature, tolerance=0.0, max_iterations=int(n)).values - truth.values).max()
            for n in shown
        ]
        axes.plot(iterations, bounds, color=colour, linewidth=4, alpha=0.35, label=f"{name}: certified bound")
        axes.plot(shown, np.maximum(errors, truth.error_bound), ".", color=colour, markersize=4, label=f"{name}: true error")
    axes.axhline(truth.error_bound, color="0.6", linewidth=1, linestyle=":", label="accuracy of the reference")
    axes.set(xscale="log", yscale="log", xlabel="iteration", ylabel="error of the values (reward units)")
    axes.set_title(f"temperature {temperature:g}, discount {mdp.discount:g}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=9)
    return figure


def cooling(world, discount=None, temperatures=None):
    """Largest gain V_α − V_0 of the soft over the hard values against the temperature, with its bound."""
    mdp = _world(world).mdp(discount)
    temperatures = np.geomspace(1e-3, 10.0, 40) if temperatures is None else np.asarray(temperatures)
    hard = tabular.soft_policy_iteration(mdp, temperature=0.0)
    gains = [
        (tabular.soft_policy_iteration(mdp, temperature=alpha).values - hard.values).max() for alpha in temperatures
    ]
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.plot(temperatures, gains, ".-", label=r"$\max_s\, V_\alpha(s) - V_0(s)$")
    bound = temperatures * np.log(mdp.action_names) / (1.0 - mdp.discount)
    axes.plot(temperatures, bound, "k--", linewidth=1, label=r"$\alpha \log|A| / (1 - \gamma)$")
    axes.set(xscale="log", yscale="log", xlabel="temperature α", ylabel="gain (reward units)")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure


def newton_rate(world, discount=None, temperature=1.0):
    """Error after a policy iteration against the error before it, with the quadratic bound of docs/math.md 2.7."""
    mdp = _world(world).mdp(discount)
    truth = tabular.soft_policy_iteration(mdp, temperature=temperature, tolerance=0.0)
    policy, errors = tabular.boltzmann_policy(mdp, np.zeros(mdp.pairs), temperature=temperature), []
    for _ in range(30):
        values = tabular.policy_evaluation(mdp, policy, temperature=temperature).values
        errors.append(np.abs(truth.values - values).max())
        if errors[-1] <= truth.error_bound:
            break
        policy = tabular.boltzmann_policy(mdp, tabular.action_values(mdp, values), temperature=temperature)
    before, after = np.array(errors[:-1]), np.maximum(errors[1:], truth.error_bound)

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    span = np.geomspace(before.min() / 3.0, before.max() * 3.0, 100)
    quadratic = mdp.discount**2 * span**2 / (8.0 * temperature * (1.0 - mdp.discount))
    axes.plot(span, np.minimum(mdp.discount * span, quadratic), "k--", linewidth=1, label="bound: linear, then quadratic")
    axes.axhline(truth.error_bound, color="0.6", linewidth=1, linestyle=":", label="accuracy of the reference")
    axes.plot(before, after, "o-", color="tab:orange", label="policy iteration")
    axes.set(xscale="log", yscale="log", xlabel="error before the step", ylabel="error after it")
    axes.set_ylim(bottom=truth.error_bound / 10.0)
    axes.set_title(f"temperature {temperature:g}, discount {mdp.discount:g}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure
