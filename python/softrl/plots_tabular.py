"""Plots of gridworlds. Each function returns a matplotlib Figure; nothing is shown or saved."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.ticker import LogLocator, StrMethodFormatter

from . import tabular

__all__ = ["convergence", "cooling", "draw_gridworld", "gridworld", "newton_rate", "visitation"]

_STEPS = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])  # up, right, down, left as (row, column)


def _world(world):
    return world if isinstance(world, tabular.Gridworld) else tabular.read_gridworld(world)


def _solve(mdp, temperature, tolerance=1e-8):
    """The solution, or ValueError where there is none to draw."""
    solution = tabular.solve(mdp, "policy_iteration", temperature=temperature, tolerance=tolerance)
    if not np.isfinite(solution.error_bound):
        raise ValueError(
            f"no solution is certified at temperature {temperature:g} and discount {mdp.discount:g}: {solution.status}"
        )
    return solution


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


def _maps(world, count):
    """A figure with `count` panels in the shape of the map: wide maps one above the other, others side by side."""
    rows, columns = world.state_at.shape
    stacked = columns > 1.3 * rows
    width = 5.0 if count == 1 or stacked else 4.0
    height = width * rows / columns + 0.5
    shape = (count, 1) if stacked else (1, count)
    return plt.subplots(
        *shape, figsize=(shape[1] * (width + 1.2), shape[0] * height), squeeze=False, layout="constrained"
    )


def gridworld(world, discount=None, temperature=1.0):
    """Values and policy on the map. `world` is a Gridworld or a file; `temperature` one number or several, a panel each."""
    world = _world(world)
    mdp = world.mdp(discount)
    temperatures = np.atleast_1d(temperature)
    figure, panels = _maps(world, len(temperatures))
    for axes, alpha in zip(panels.flat, temperatures):
        solution = _solve(mdp, alpha)
        image = draw_gridworld(axes, world, mdp, solution)
        axes.set_title(f"temperature {alpha:g}, discount {mdp.discount:g}", fontsize=10)
        figure.colorbar(image, ax=axes, shrink=0.9, label="soft value")
    return figure


def visitation(world, discount=None, temperature=1.0):
    """Expected discounted visits from the start, on the map, down to a millionth of the largest.

    `temperature` is one number or several, a panel each.
    """
    world = _world(world)
    mdp = world.mdp(discount)
    temperatures = np.atleast_1d(temperature)
    figure, panels = _maps(world, len(temperatures))
    for axes, alpha in zip(panels.flat, temperatures):
        solution = _solve(mdp, alpha)
        visits = tabular.visitation(mdp, solution.policy).states
        shown = np.full(world.state_at.shape, np.nan)
        shown[tuple(world.cells.T)] = np.where(visits > 0, visits, np.nan)
        axes.imshow(np.where(world.state_at < 0, 1.0, np.nan), cmap=ListedColormap(["0.25"]))
        image = axes.imshow(shown, cmap="magma", norm=LogNorm(vmin=1e-6 * visits.max()))
        for state, (row, column) in enumerate(world.cells):
            if world.symbol(state) not in ". ":
                axes.text(column, row, world.symbol(state), ha="center", va="center", color="tab:cyan", fontweight="bold")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_title(f"temperature {alpha:g}, discount {mdp.discount:g}", fontsize=10)
        visits_name = "expected visits" if mdp.discount == 1.0 else "expected discounted visits"
        figure.colorbar(image, ax=axes, shrink=0.9, label=visits_name)
    return figure


def convergence(world, discount=None, temperature=1.0, methods=None):
    """Certified band around the values and their true error against the iteration, a panel for each method.

    Errors are on an axis that is linear near 0 and logarithmic beyond, so that both sides of the band are seen.
    """
    mdp = _world(world).mdp(discount)
    truth = _solve(mdp, temperature, tolerance=0.0)
    methods = [m for m in tabular.methods if m != "auto"] if methods is None else list(methods)
    columns = min(len(methods), 4)
    figure, panels = plt.subplots(
        -(-len(methods) // columns), columns, figsize=(3.6 * columns, 3.0 * -(-len(methods) // columns)), sharey=True,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axes, method in zip(panels.flat, methods):
        whole = tabular.solve(mdp, method, temperature=temperature)
        # The values after n iterations are what the solver returns when n is its limit.
        shown = np.unique(np.geomspace(1, whole.iterations, 40).astype(int))
        steps = [tabular.solve(mdp, method, temperature=temperature, max_iterations=int(n)) for n in shown]
        errors = np.array([[(s.values - truth.values).min(), (s.values - truth.values).max()] for s in steps])
        ends = [0.8, 1.25] if len(shown) == 1 else shown  # so that a band of one iteration is seen
        below, above = np.broadcast_to([[-s.upper_gap, s.lower_gap] for s in steps], (len(ends), 2)).T
        axes.fill_between(ends, below, above, color="tab:blue", alpha=0.25, linewidth=0, label="certified band")
        axes.plot(shown, errors[:, 0], ".", color="tab:orange", markersize=4, label="true error, least and largest")
        axes.plot(shown, errors[:, 1], ".", color="tab:orange", markersize=4)
        axes.set_title(method, fontsize=10)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if whole.iterations < 200 else (1,)))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.set_xlim(0.8, max(1.25 * whole.iterations, 2.5))
        axes.set_yscale("symlog", linthresh=1e-8)
        axes.set_yticks([-1, -1e-4, 0, 1e-4, 1])
        axes.minorticks_off()
        axes.set_xlabel("iteration")
        axes.grid(alpha=0.3)
    for axes in panels.flat[len(methods) :]:
        axes.axis("off")
    for axes in panels[:, 0]:
        axes.set_ylabel("values minus V* (reward units)")
    figure.suptitle(f"temperature {temperature:g}, discount {mdp.discount:g}", fontsize=11)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def cooling(world, discount=None, temperatures=None):
    """Largest gain V_α − V_0 of the soft over the hard values against the temperature, with its bound.

    At discount 1 there is no such bound, and from some temperature on no solution: that part is shaded.
    """
    mdp = _world(world).mdp(discount)
    temperatures = np.geomspace(1e-3, 10.0, 40) if temperatures is None else np.asarray(temperatures)
    hard = _solve(mdp, 0.0)
    solutions = [tabular.solve(mdp, "policy_iteration", temperature=alpha) for alpha in temperatures]
    solved = np.array([np.isfinite(solution.error_bound) for solution in solutions])
    gains = [(solution.values - hard.values).max() for solution in solutions]
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    axes.plot(temperatures, np.where(solved, gains, np.nan), ".-", label=r"$\max_s\, V_\alpha(s) - V_0(s)$")
    if mdp.discount < 1.0:
        bound = temperatures * np.log(mdp.action_names) / (1.0 - mdp.discount)
        axes.plot(temperatures, bound, "k--", linewidth=1, label=r"$\alpha \log|A| / (1 - \gamma)$")
    if not solved.all():
        axes.axvspan(temperatures[~solved].min(), temperatures.max(), color="0.9", label="no solution")
    axes.set(xscale="log", yscale="log", xlabel="temperature α", ylabel="gain (reward units)")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure


def newton_rate(world, discount=None, temperature=1.0):
    """Error after a policy iteration against the error before it; below discount 1 with the quadratic bound of
    docs/math.md 2.7. `temperature` must be positive.
    """
    if not temperature > 0.0:
        raise ValueError(f"temperature must be positive, got {temperature:g}")
    mdp = _world(world).mdp(discount)
    truth = _solve(mdp, temperature, tolerance=0.0)
    policy, errors = tabular.boltzmann_policy(mdp, np.zeros(mdp.pairs), temperature=temperature), []
    for _ in range(30):
        values = tabular.policy_evaluation(mdp, policy, temperature=temperature).values
        errors.append(np.abs(truth.values - values).max())
        if errors[-1] <= truth.error_bound:
            break
        policy = tabular.boltzmann_policy(mdp, tabular.action_values(mdp, values), temperature=temperature)
    before, after = np.array(errors[:-1]), np.maximum(errors[1:], truth.error_bound)

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    if mdp.discount < 1.0 and before.size:
        span = np.geomspace(before.min() / 3.0, before.max() * 3.0, 100)
        quadratic = mdp.discount**2 * span**2 / (8.0 * temperature * (1.0 - mdp.discount))
        bound = np.minimum(mdp.discount * span, quadratic)
        axes.plot(span, bound, "k--", linewidth=1, label="bound: linear, then quadratic")
    axes.axhline(truth.error_bound, color="0.6", linewidth=1, linestyle=":", label="accuracy of the reference")
    axes.plot(before, after, "o-", color="tab:orange", label="policy iteration")
    axes.set(xscale="log", yscale="log", xlabel="error before the step", ylabel="error after it")
    axes.set_ylim(bottom=truth.error_bound / 10.0)
    axes.set_title(f"temperature {temperature:g}, discount {mdp.discount:g}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return figure
