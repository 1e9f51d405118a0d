"""Plots of continuous agents. Each function returns a matplotlib Figure; nothing is shown or saved."""

import csv
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from .drawings import GOALS, draw_rewards

__all__ = ["learning_curve", "learning_curves", "multi_goal_figure", "trajectories", "validation"]


def _read_csv(file):
    """The columns of a CSV file with a header, as a dict of float arrays; empty cells are NaN."""
    with open(file) as lines:
        names = lines.readline().strip().split(",")
        return dict(zip(names, np.genfromtxt(lines, delimiter=",", ndmin=2).T))


def _draw_ways(axis, ways):
    """Ways through the plane, [T, 2] each, in the colour of the goal they end in, over the reward; its contours."""
    landscape = draw_rewards(axis)
    colours = ["tab:red", "tab:orange", "tab:green", "tab:purple"]
    for goal, colour in zip(GOALS, colours):
        label = f"goal ({goal[0]:g}, {goal[1]:g})"
        axis.add_patch(Circle(goal, 1.0, edgecolor=colour, facecolor="none", linewidth=1.5, label=label))
    for way in ways:
        distance = np.linalg.norm(GOALS - way[-1], axis=1)
        colour = colours[int(distance.argmin())] if distance.min() < 1.0 else "black"
        axis.plot(way[:, 0], way[:, 1], color=colour, linewidth=0.8, alpha=0.7)
    return landscape


def trajectories(file):
    """The multi-goal trajectories of `softrl evaluate --trajectories FILE`, over the reward for being at a place."""
    table = _read_csv(file)
    figure = Figure(figsize=(6.2, 5.2), layout="constrained")
    axis = figure.subplots()
    places, episodes = np.column_stack([table["x"], table["y"]]), np.unique(table["episode"])
    landscape = _draw_ways(axis, [places[table["episode"] == episode] for episode in episodes])
    figure.colorbar(landscape, label="reward of the position, without the cost of the action", ticks=range(-50, 1, 10))
    axis.plot([], [], color="black", label="no goal")
    axis.legend(loc="upper right", fontsize="small", framealpha=0.9)
    axis.set_title(f"{episodes.size} episodes, coloured by the goal they end in")
    return figure


_NAMED_STATES = [(-2.5, 0.0), (0.0, 0.0), (2.5, 2.5)]


def _draw_samples(axis, policy, state, seed):
    """Actions drawn in `state` over contours of Q."""
    at = np.linspace(-1, 1, 61)
    actions = np.stack(np.meshgrid(at, at, indexing="xy"), axis=-1).reshape(-1, 2)
    q = policy.q_values(np.tile(state, (len(actions), 1)), actions).reshape(61, 61)
    axis.contourf(at, at, q, levels=20, cmap="Greys_r")
    drawn = policy.sample(np.tile(state, (100, 1)), seed=seed)
    axis.scatter(*drawn.T, s=3, color="tab:red", linewidths=0)
    axis.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axis.set_title(f"({state[0]:g}, {state[1]:g})", fontsize="small")
    axis.tick_params(labelsize="x-small")


def _draw_shares(axis, counts, episodes):
    """Shares of episodes that end in each goal, with their intervals, beside a quarter; and in none."""
    shares = np.array([goal.share for goal in counts.goals])
    bounds = np.array([(goal.interval.low, goal.interval.high) for goal in counts.goals])
    names = [f"({goal.goal[0]:g}, {goal.goal[1]:g})" for goal in counts.goals]
    axis.axhline(0.25, color="0.6", linewidth=0.8, linestyle="--")
    axis.bar(names, shares, color="tab:blue", width=0.6)
    axis.errorbar(names, shares, np.abs(bounds.T - shares), fmt="none", color="black", capsize=3, linewidth=1)
    axis.set_xlabel(f"goal ({counts.no_goal} of {episodes} episodes end in none)", fontsize="small")
    axis.set(ylim=(0, 1), ylabel="share of episodes")
    axis.tick_params(labelsize="small")
    interval = counts.entropy_interval
    text = f"entropy {counts.entropy:.2f} nats ({interval.low:.2f} to {interval.high:.2f})"
    axis.set_title(text if not np.isnan(counts.entropy) else "no episode ends in a goal", fontsize="medium")


def multi_goal_figure(runs, episodes=400, shown=30, seed=1):
    """Runs on multi_goal side by side, as in Haarnoja et al. 2017, figure 1: ways of `shown` episodes from the origin over
    the reward; actions drawn in three states over contours of Q; shares of the `episodes` from the origin that end in
    each goal, and the entropy of the goals, with 95 % intervals (Wilson, bootstrap)."""
    from . import continuous  # loads Torch

    if not runs:
        raise ValueError("runs must be at least one")
    policies = [continuous.load_policy(run) for run in runs]
    for run, policy in zip(runs, policies):
        if policy.task != "multi_goal":
            raise ValueError(f"runs must be of multi_goal, but {run} is of {policy.task}")
    figure = Figure(figsize=(4 * len(runs), 8.2), layout="constrained")
    for column, policy in zip(np.ravel(figure.subfigures(1, len(runs))), policies):
        evaluation = continuous.evaluate(policy, episodes=episodes, seed=seed, start=[0.0, 0.0])
        above, middle, below = column.subfigures(3, 1, height_ratios=(4, 1.7, 2.2))
        axis = above.subplots()
        _draw_ways(axis, evaluation.observations[:shown])
        axis.set_title(f"{policy.algorithm}, {policy.steps} steps: {min(shown, episodes)} episodes")
        middle.suptitle("actions drawn, over Q", fontsize="medium")
        for panel, state in zip(middle.subplots(1, len(_NAMED_STATES)), _NAMED_STATES):
            _draw_samples(panel, policy, state, seed)
        _draw_shares(below.subplots(), continuous.count_goals(evaluation), episodes)
    return figure


def learning_curve(run):
    """Return and critic loss over the steps of a training run (the folder with metrics.csv)."""
    table = _read_csv(Path(run) / "metrics.csv")
    figure = Figure(figsize=(6.5, 4.8), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    ended = np.isfinite(table["return"])
    top.plot(table["step"][ended], table["return"][ended], color="tab:blue", linewidth=1.2)
    top.set(ylabel="mean return of the\nepisodes in between", title="Learning curve")
    updated = np.isfinite(table["critic_loss"])
    bottom.semilogy(table["step"][updated], table["critic_loss"][updated], color="tab:orange", linewidth=1.2)
    bottom.set(xlabel="environment step", ylabel="critic loss")
    for axis in (top, bottom):
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    return figure


def learning_curves(file):
    """The curves of `softrl plot RUNS... --csv FILE`: the interquartile mean over seeds, with its 95 % bootstrap band
    where there are several."""
    with open(file, newline="") as lines:
        rows = list(csv.DictReader(lines))
    figure = Figure(figsize=(6.5, 4), layout="constrained")
    axis = figure.subplots()
    for label in dict.fromkeys(row["label"] for row in rows):
        curve = [row for row in rows if row["label"] == label]
        steps, values = ([float(row[key]) for row in curve] for key in ("step", "return"))
        seeds = int(curve[0]["seeds"])
        (line,) = axis.plot(steps, values, linewidth=1.4, label=f"{label} ({seeds} seed{'s' * (seeds > 1)})")
        if seeds > 1:
            low, high = ([float(row[key]) for row in curve] for key in ("low", "high"))
            axis.fill_between(steps, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    axis.set(xlabel="environment step", ylabel="return", title=rows[0]["task"])
    axis.legend(fontsize="small")
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    return figure


_STATE_LABELS = {"Pendulum-v1": ("angle (rad)", "angular speed (rad/s)"), "double_integrator": ("x (m)", "v (m/s)")}


def _show_map(axis, table, column, label, **style):
    """An image of a column over the nodes of a grid in the plane, with its colour bar."""
    x, y = np.unique(table["state_0"]), np.unique(table["state_1"])
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (x[0] - half_x, x[-1] + half_x, y[0] - half_y, y[-1] + half_y)
    values = column.reshape(x.size, y.size).T
    image = axis.imshow(values, origin="lower", extent=extent, aspect="auto", **style)
    axis.figure.colorbar(image, ax=axis)
    axis.set_title(label)


def _show_actions(axes, policy):
    """The action histograms of one state: two images in two dimensions, two curves in one."""
    title = "({})".format(", ".join(f"{x:.3g}" for x in policy["state"]))
    kl = "infinite" if policy["kl"] is None else f"{policy['kl']:.3g} nats"
    exact, learned = np.array(policy["exact"]), np.array(policy["learned"])
    if exact.size == 20:
        edges = np.linspace(-1, 1, 21)
        axes[0].stairs(exact, edges, label="exact")
        axes[0].stairs(learned, edges, label="learned")
        axes[0].set(xlabel="action", ylabel="probability", title=f"{title}: KL {kl}")
        axes[0].legend(fontsize="small")
        return
    top = max(exact.max(), learned.max())
    for axis, shares, name in zip(axes, (exact, learned), ("exact", f"learned, KL {kl}")):
        axis.imshow(shares.reshape(10, 10).T, origin="lower", extent=(-1, 1, -1, 1), vmin=0, vmax=top, cmap="magma")
        axis.set_title(f"{title}: {name}", fontsize="medium")


def validation(figures, values):
    """A learned run against the exact solution, from the files of `softrl validate --json FIGURES --csv VALUES`: exact
    and learned V and their difference over the states; below, the actions at the named states, in [-1, 1]."""
    figures, table = json.loads(Path(figures).read_text()), _read_csv(values)
    policies = figures["policy_kl"]
    rows = 1 if len(policies[0]["exact"]) == 20 else 2
    figure = Figure(figsize=(12, 4 + 3.2 * rows), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(4, 3.2 * rows))
    maps = above.subplots(1, 3, sharex=True, sharey=True)
    exact, learned = table["exact"], table["learned"]
    scale = {"vmin": exact.min(), "vmax": exact.max()}
    worst = max(np.abs(learned - exact).max(), 1e-12)
    _show_map(maps[0], table, exact, "exact V", **scale)
    _show_map(maps[1], table, learned, "learned V", **scale)
    _show_map(maps[2], table, learned - exact, "learned − exact", cmap="RdBu_r", vmin=-worst, vmax=worst)
    x_label, y_label = _STATE_LABELS.get(figures["task"], ("x", "y"))
    for axis in maps:
        axis.set_xlabel(x_label)
    maps[0].set_ylabel(y_label)
    panels = below.subplots(rows, len(policies), squeeze=False)
    for column, policy in enumerate(policies):
        _show_actions(panels[:, column], policy)
    title = f"{figures['task']} after {figures['trained_steps']} steps"
    if figures["value_rmse"] is not None:
        title += f", V within {100 * figures['value_rmse']:.2g} % of its range where the agent goes"
    figure.suptitle(title)
    return figure
