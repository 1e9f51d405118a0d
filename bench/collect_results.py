"""Keeps what training runs returned, and how their agents do, in bench/results/:

    .venv/bin/python bench/collect_results.py runs/hc_s1 runs/hc_s2 ...     # evaluates each; then the table
    .venv/bin/python bench/collect_results.py                              # the table alone

TASK_ALGORITHM_seedN.csv is the learning curve: step, mean return and length of the episodes that ended since the row
before. evaluations.csv has a row for each run, from `softrl evaluate RUN --episodes 20`: the mean return with drawn
actions (ddpg and td3: the best, as they have no others) and its 95 % bootstrap interval, and that with the best actions. A run that is there is replaced.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / "bench/results"
EVALUATIONS = RESULTS / "evaluations.csv"
KEY = ["task", "algorithm", "seed"]
COLUMNS = [*KEY, "steps", "mean_return", "return_low", "return_high", "best_mean_return"]


def write_whole(file, rows):
    partial = file.with_suffix(".partial")
    with partial.open("w", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)
    partial.replace(file)


def read_evaluations():
    if not EVALUATIONS.exists():
        return {}
    with EVALUATIONS.open(newline="") as lines:
        return {tuple(row[key] for key in KEY): row for row in csv.DictReader(lines)}


def add_evaluation(row):
    """Puts one row, a dict of COLUMNS, into evaluations.csv."""
    rows = read_evaluations()
    row = {column: f"{value:.6g}" if isinstance(value, float) else str(value) for column, value in row.items()}
    rows[tuple(row[key] for key in KEY)] = row
    write_whole(EVALUATIONS, [COLUMNS, *([rows[key][column] for column in COLUMNS] for key in sorted(rows))])


def collect(run, softrl, episodes):
    config = tomllib.loads((run / "config.toml").read_text())
    with (run / "metrics.csv").open(newline="") as lines:
        ended = [row for row in csv.DictReader(lines) if row["return"]]
    curve = RESULTS / f"{config['task']}_{config['algorithm']}_seed{config['seed']}.csv"
    write_whole(curve, [["step", "return", "length"], *([row["step"], row["return"], row["length"]] for row in ended)])

    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "evaluation.json"
        subprocess.run([softrl, "evaluate", run, "--episodes", str(episodes), "--json", file], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        result = json.loads(file.read_text())
    add_evaluation({**{key: config[key] for key in KEY}, "steps": result["trained_steps"],
                    **{column: result[column] for column in COLUMNS[4:7]},
                    "best_mean_return": result.get("best", result)["mean_return"]})  # fmt: skip


def print_table():
    print("| task | algorithm | steps | mean over seeds | each seed, 95 % interval of its episodes |")
    print("| --- | --- | --- | --- | --- |")
    groups = {}
    for (task, algorithm, _), row in read_evaluations().items():
        groups.setdefault((task, algorithm, row["steps"]), []).append(row)
    for (task, algorithm, steps), rows in groups.items():
        mean = sum(float(row["mean_return"]) for row in rows) / len(rows)
        each = "; ".join("{:.5g} ({:.5g} to {:.5g})".format(*(float(row[c]) for c in COLUMNS[4:7])) for row in rows)
        print(f"| {task} | {algorithm} | {int(steps):,} | {mean:.4g} | {each} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=pathlib.Path, nargs="*", help="folders that `softrl train` wrote")
    parser.add_argument("--softrl", default=ROOT / "build/softrl")
    parser.add_argument("--episodes", type=int, default=20)
    options = parser.parse_args()
    for run in options.runs:
        collect(run, options.softrl, options.episodes)
    print_table()


if __name__ == "__main__":
    main()
