"""The three jobs of softrl at demo size, on real input; plots go to demo/. Run it with ./dev demo."""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import matplotlib

matplotlib.use("Agg")

from softrl import plots  # noqa: E402  (after the choice of backend)

ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = pathlib.Path(os.environ.get("SOFTRL_DATA", ROOT.parent / "shared" / "data"))
OUT = ROOT / "demo"
STEPS = 12_000  # of the agent's training
SHORTER = ["start_steps=1000", "updates=1", f"learning_rate_steps={STEPS}"]  # half of what the profile does


def say(text=""):
    print(text, flush=True)


def heading(text):
    say(f"\n\033[1m{text}\033[0m")


def run(*args):
    """Runs the program as a user would, showing the command."""
    shown = [os.path.relpath(a, ROOT) if isinstance(a, pathlib.Path) else str(a) for a in args]
    say(f"\n$ build/softrl {' '.join(shown)}")
    result = subprocess.run([str(ROOT / "build" / "softrl"), *shown], cwd=ROOT)
    if result.returncode != 0:
        sys.exit(f"demo: the command above ended with exit code {result.returncode}")


def save(figure, name, what):
    figure.savefig(OUT / name, dpi=150, bbox_inches="tight")
    say(f"  demo/{name:<22} {what}")


def gridworld():
    heading("1  Theory on a gridworld: certified soft values, and the theorems measured")
    world = ROOT / "examples" / "gridworlds" / "four_rooms.toml"
    model = ["--discount", 0.95, "--temperature", 0.1]
    run("solve", world, *model, "--tolerance", 1e-8, "--json", OUT / "solve.json")
    run("verify", world, *model, "--json", OUT / "verify.json")
    say("\nLook at:")
    figure = plots.gridworld(world, discount=0.95, temperature=0.1)
    save(figure, "gridworld.png", "values as colour, the policy as arrows")
    figure = plots.convergence(world, discount=0.95, temperature=0.1)
    save(figure, "convergence.png", "the true error stays below the certified bound, sweep by sweep")


def routes():
    heading("2  Route preferences: MaxEnt inverse reinforcement learning (recursive logit)")
    say("A generated city whose drivers follow known weights: the estimates must come out near the truth.")
    city = OUT / "city"
    shutil.rmtree(city, ignore_errors=True)
    run("routes", "generate", city, "--seed", 1)
    run("routes", "fit", city / "study.toml", "--json", OUT / "weights_city.json")
    with open(city / "true_weights.csv", newline="") as file:
        truth = {row["name"]: float(row["value"]) for row in csv.DictReader(file)}
    borlange = DATA / "borlange"
    if borlange.is_dir():
        say("\nBorlänge, Sweden: 1,832 car trips observed by GPS on 7,288 links.")
        run("routes", "fit", "examples/borlange.toml", "--data", borlange, "--json", OUT / "weights_borlange.json")
    else:
        say(f"\nThe Borlänge trips are not at {DATA}; set SOFTRL_DATA to see the fit to real trips.")
    say("\nLook at:")
    save(weights(OUT / "weights_city.json", truth), "weights_city.png", "95 % intervals around the estimates, and the truth")
    if borlange.is_dir():
        figure = weights(OUT / "weights_borlange.json")
        save(figure, "weights_borlange.png", "what drivers in Borlänge dislike, with 95 % intervals")


def weights(fit, truth=None):
    parameters = json.loads(fit.read_text())["parameters"]
    names, values, errors = ([p[key] for p in parameters] for key in ("name", "value", "robust_std_error"))
    return plots.weights(names, values, errors, truth=truth)


def agent():
    heading("3  A continuous agent: soft Q-learning with an amortised Stein sampler on the multi-goal task")
    folder = OUT / "multi_goal"
    shutil.rmtree(folder, ignore_errors=True)
    run("train", "multi_goal", "--algorithm", "sql", "--seed", 1, "--steps", STEPS, "--out", folder,
        *(word for setting in SHORTER for word in ("--set", setting)))  # fmt: skip
    trajectories = OUT / "trajectories.csv"
    run("evaluate", folder, "--episodes", 200, "--json", OUT / "evaluate.json", "--trajectories", trajectories)
    say("\nLook at:")
    save(plots.trajectories(trajectories), "trajectories.png", "one policy from one start, all four goals")
    save(plots.learning_curve(folder), "learning_curve.png", "return per episode during training")


def main():
    started = time.monotonic()
    OUT.mkdir(exist_ok=True)
    gridworld()
    routes()
    agent()
    heading(f"Done in {time.monotonic() - started:.0f} s: all plots are in demo/.")


if __name__ == "__main__":
    main()
