"""Plots of continuous agents. Each function returns a matplotlib Figure; nothing is shown or saved."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

__all__ = ["learning_curve", "trajectories"]

_GOALS = np.array([(5.0, 0.0), (-5.0, 0.0), (0.0, 5.0), (0.0, -5.0)])
_BOUND = 7.0


def _read_csv(file):
    """The columns of a CSV file with a header, as a dict of float arrays; empty cells are NaN."""
    with open(file) as lines:
        names = lines.readline().strip().split(",")
        return dict(zip(names, np.genfromtxt(lines, delimiter=",", ndmin=2).T))


def trajectories(file):
    """The multi-goal trajectories of `softrl evaluate --trajectories FILE`, over the reward for being at a place."""
    table = _read_csv(file)
    figure = Figure(figsize=(6.2, 5.2), layout="constrained")
    axis = figure.subplots()
    x, y = np.meshgrid(np.linspace(-_BOUND, _BOUND, 281), np.linspace(-_BOUND, _BOUND, 281))
    reward = -np.min((x[..., None] - _GOALS[:, 0]) ** 2 + (y[..., None] - _GOALS[:, 1]) ** 2, axis=-1)
    landscape = axis.contourf(x, y, reward, levels=np.linspace(reward.min(), 0.0, 25), cmap="Blues_r")
    figure.colorbar(landscape, label="reward of the position, without the cost of the action", ticks=range(-50, 1, 10))

    colours = ["tab:red", "tab:orange", "tab:green", "tab:purple"]
    for goal, colour in zip(_GOALS, colours):
        label = f"goal ({goal[0]:g}, {goal[1]:g})"
        axis.add_patch(Circle(goal, 1.0, edgecolor=colour, facecolor="none", linewidth=1.5, label=label))
    episodes = table["episode"]
    for episode in np.unique(episodes):
        path = np.column_stack([table["x"][episodes == episode], table["y"][episodes == episode]])
        distance = np.linalg.norm(_GOALS - path[-1], axis=1)
        colour = colours[int(distance.argmin())] if distance.min() < 1.0 else "black"
        axis.plot(path[:, 0], path[:, 1], color=colour, linewidth=0.8, alpha=0.7)
    axis.set(xlim=(-_BOUND, _BOUND), ylim=(-_BOUND, _BOUND), aspect="equal", xlabel="x", ylabel="y")
    axis.plot([], [], color="black", label="no goal")
    axis.legend(loc="upper right", fontsize="small", framealpha=0.9)
    axis.set_title(f"{np.unique(episodes).size} episodes, coloured by the goal they end in")
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
