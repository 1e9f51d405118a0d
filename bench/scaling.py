"""How the time of `softrl solve` (method auto) grows with the size of the model, from 10^5 to 10^7 states.

    .venv/bin/python bench/scaling.py --softrl build/softrl --plot bench/scaling.png

Slippery open gridworlds (intended direction 0.8, to either side 0.1), discount 0.99, certified to 1e-6. The time is that
of the solve alone, as the program reports it; each size is solved `--repeats` times and the least is taken.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of backend)

SIDES = (316, 1000, 3162)
TEMPERATURES = {1.0: "soft (temperature 1)", 0.0: "hard (temperature 0)"}


def measure(program, folder, side, temperature, repeats):
    """States, transitions, and the least seconds of `repeats` solves."""
    model, report = folder / f"{side}.npz", folder / "report.json"
    if not model.exists():
        subprocess.run([program, "generate", "gridworld", model, "--rows", str(side), "--columns", str(side)], check=True)
    seconds = []
    for _ in range(repeats):
        command = [program, "solve", model, "--temperature", str(temperature), "--tolerance", "1e-6", "--json", report]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        solved = json.loads(report.read_text())
        seconds.append(solved["seconds"])
    return solved["states"], solved["transitions"], min(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--softrl", type=pathlib.Path, default="build/softrl")
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--plot", type=pathlib.Path)
    arguments = parser.parse_args()

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    print(f"{'problem':22} {'states':>10} {'transitions':>12} {'seconds':>9} {'ns/transition':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for temperature, name in TEMPERATURES.items():
            rows = [
                measure(arguments.softrl.resolve(), pathlib.Path(folder), side, temperature, arguments.repeats)
                for side in arguments.sides
            ]
            for states, transitions, seconds in rows:
                print(f"{name:22} {states:10} {transitions:12} {seconds:9.2f} {1e9 * seconds / transitions:14.1f}", flush=True)
            transitions, seconds = [row[1] for row in rows], [row[2] for row in rows]
            (line,) = axes.plot(transitions, seconds, "o-", label=name)
            axes.plot(transitions, [seconds[0] * t / transitions[0] for t in transitions], ":", color=line.get_color())
    axes.plot([], [], ":", color="0.4", label="linear growth from the smallest")
    axes.set(xscale="log", yscale="log", xlabel="transitions", ylabel="time to a certified 1e-6 (s)")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    if arguments.plot:
        figure.savefig(arguments.plot, dpi=120)


if __name__ == "__main__":
    main()
