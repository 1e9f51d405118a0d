"""Plots of fitted route preferences."""

import csv

import numpy as np
from matplotlib.figure import Figure

__all__ = ["destination_accuracy", "weights"]


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


def destination_accuracy(*files, labels=None):
    """How well destinations are told against how much of the trips was seen: Figure 5 of Ziebart et al. 2008.

    `files` are what `softrl routes destinations --csv` wrote of held-out trips, a line each, named by `labels`. Points
    where no trip's destination is possible are left out. The dashed line is what chance can do: the destination that is
    most probable when nothing has been seen yet.
    """
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    axis = figure.subplots()
    for index, file in enumerate(files):
        with open(file, newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["accuracy"]]
        seen, right = ([100.0 * float(row[column]) for row in rows] for column in ("fraction", "accuracy"))
        (line,) = axis.plot(seen, right, "o-", markersize=4, label=labels[index] if labels else None)
        if seen and seen[0] == 0.0:
            axis.axhline(right[0], linestyle="--", linewidth=0.9, color=line.get_color())
    axis.plot([], [], "--", linewidth=0.9, color="0.4", label="nothing seen: the most frequent one")
    axis.set(xlabel="moves of the trip seen (%)", ylabel="most probable destination right (%)", xlim=(0, 100))
    axis.set_ylim(bottom=0)
    axis.set_title("Destinations told from part of a trip")
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="0.9")
    axis.legend(frameon=False, loc="upper left")
    return figure
