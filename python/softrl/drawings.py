"""Drawings of the tasks that are not MuJoCo's: functions from an axis to what updates the drawing there, given the
states of an episode so far, [T, state_size]."""

import numpy as np
from matplotlib.patches import Circle

GOALS = np.array([(5.0, 0.0), (-5.0, 0.0), (0.0, 5.0), (0.0, -5.0)])
BOUND = 7.0  # of multi-goal's positions


def distance_reward(x, y):
    """Multi-goal's reward for being at (x, y), without the cost of the action."""
    return -np.min((x[..., None] - GOALS[:, 0]) ** 2 + (y[..., None] - GOALS[:, 1]) ** 2, axis=-1)


def mixture_reward(x, y):
    """The same of multi_goal_mixture."""
    squared = (x[..., None] - GOALS[:, 0]) ** 2 + (y[..., None] - GOALS[:, 1]) ** 2
    return 25.0 * (np.exp(-squared / 8.0).sum(axis=-1) - 1.0)


def draw_rewards(axis, reward=distance_reward):
    """Contours of the reward over the plane, and the goals; returns the contours."""
    x, y = np.meshgrid(np.linspace(-BOUND, BOUND, 281), np.linspace(-BOUND, BOUND, 281))
    values = reward(x, y)
    contours = axis.contourf(x, y, values, levels=np.linspace(values.min(), values.max(), 25), cmap="Blues_r")
    axis.set(xlim=(-BOUND, BOUND), ylim=(-BOUND, BOUND), aspect="equal", xlabel="x", ylabel="y")
    return contours


def _plane(axis):
    """The way of a point in the plane, and where it is now."""
    (path,) = axis.plot([], [], color="tab:red", linewidth=1.5)
    (point,) = axis.plot([], [], "o", color="tab:red", markeredgecolor="white")

    def update(states):
        path.set_data(*states.T)
        point.set_data(*states[-1:].T)

    return update


def _multi_goal(reward):
    def draw(axis):
        draw_rewards(axis, reward)
        axis.set_axis_off()
        for goal in GOALS:
            axis.add_patch(Circle(goal, 1.0, edgecolor="black", facecolor="none", linewidth=1.5))
        return _plane(axis)

    return draw


def _lqg(axis):
    axis.set(xlim=(-2, 2), ylim=(-2, 2), aspect="equal", xlabel="$s_1$", ylabel="$s_2$")
    for radius in (0.5, 1.0, 1.5):
        axis.add_patch(Circle((0, 0), radius, edgecolor="0.8", facecolor="none"))
    axis.plot(0, 0, "+", color="black")
    return _plane(axis)


def _double_integrator(axis):
    axis.set(xlim=(-4, 4), ylim=(-2, 2), xlabel="position (m)", ylabel="velocity (m/s)")
    axis.grid(alpha=0.3)
    axis.plot(0, 0, "+", color="black")
    return _plane(axis)


def _pendulum(axis):
    axis.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal", xticks=[], yticks=[])
    (rod,) = axis.plot([], [], color="tab:red", linewidth=8, solid_capstyle="round")
    axis.plot(0, 0, "o", color="black", zorder=3)

    def update(states):
        angle, _ = states[-1]  # 0 is upright, positive to the left, as Gymnasium draws it
        rod.set_data([0, -np.sin(angle)], [0, np.cos(angle)])

    return update


DRAWINGS = {
    "Pendulum-v1": _pendulum,
    "double_integrator": _double_integrator,
    "lqg": _lqg,
    "multi_goal": _multi_goal(distance_reward),
    "multi_goal_mixture": _multi_goal(mixture_reward),
}
