"""Plots of fitted route preferences."""

import numpy as np
from matplotlib.figure import Figure

__all__ = ["weights"]


def weights(names, values, std_errors, truth=None, z=1.96):
    """Weights with confidence intervals of `z` standard errors, an axis each, because their units differ.

    `truth` maps names to the values that the data were generated with, if they were. Not a number as an error draws the
    weight without an interval.
    """
    errors = np.nan_to_num(np.asarray(std_errors, dtype=float))
    figure = Figure(figsize=(2.3 * len(names), 3.2), layout="constrained")
    for axis, name, value, error in zip(figure.subplots(1, len(names), squeeze=False)[0], names, values, errors):
        axis.errorbar([0.0], [value], yerr=[z * error], fmt="o", capsize=6, color="tab:blue", label="estimate")
        if truth and name in truth:
            axis.plot([0.25], [truth[name]], "x", color="tab:red", label="truth")
        axis.axhline(0.0, color="0.7", linewidth=0.8)
        axis.set(title=name, xticks=[], xlim=(-1, 1))
        axis.spines[["top", "right", "bottom"]].set_visible(False)
    figure.axes[0].set_ylabel("weight (utility per unit)")
    if truth:  # below the panels, where no marker of it can be taken for an estimate
        handles = {label: handle for axis in figure.axes for handle, label in zip(*axis.get_legend_handles_labels())}
        figure.legend(handles.values(), handles, loc="outside lower center", ncols=2, frameon=False, fontsize="small")
    figure.suptitle(f"Fitted route preferences, ±{z:g} standard errors")
    return figure
