"""Agent steps per second of MuJoCo tasks: softrl's VectorEnvironment beside mujoco.rollout, which does the physics alone,
and Gymnasium.

    PYTHONPATH=build/python .venv/bin/python bench/environments_bench.py

All do the same physics: the same start states and actions, no episode ends early. mujoco.rollout computes no
observations, rewards or contact forces and is told all actions in advance, so it is the limit. softrl and mujoco.rollout
step the same number of copies; Gymnasium steps one environment on one thread and, for two, two in processes of their own
(AsyncVectorEnv). Rounds alternate between the candidates; the figures are medians of the ratios within a round.
"""

import argparse
import json
import statistics
import time

import gymnasium
import mujoco
import numpy as np
from mujoco import rollout

from softrl import continuous

TASKS = {"HalfCheetah-v5": 200, "Walker2d-v5": 200, "Ant-v5": 100, "Humanoid-v5": 50}  # steps of each copy in a round
ENDLESS = {"terminate_when_unhealthy": False}


def options(name):
    return {} if name == "HalfCheetah-v5" else ENDLESS


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Softrl:
    def __init__(self, name, copies, steps, threads):
        self.vector = continuous.VectorEnvironment(name, copies, threads, **options(name))

    def prepare(self, seed, actions):
        self.vector.reset(seed=seed)
        self.actions = np.ascontiguousarray(actions.transpose(1, 0, 2))  # [T, N, d]

    def run(self):
        for actions in self.actions:
            self.vector.step(actions)


class Rollout:
    """The same copies from the same states, each action repeated for the frames of an agent step."""

    def __init__(self, name, copies, steps, threads):
        env = gymnasium.make(name).unwrapped
        self.model, self.frame_skip = env.model, env.frame_skip
        self.pool = rollout.Rollout(nthread=threads if threads > 1 else 0)
        self.data = [mujoco.MjData(self.model) for _ in range(threads)]
        self.task = continuous.make_task(name)

    def prepare(self, seed, actions):
        states = []
        for i in range(len(actions)):
            self.task.reset(seed=seed + i)
            states.append(np.concatenate([[0.0], self.task.state]))  # time, positions, velocities
        self.states = np.array(states)
        self.controls = np.repeat(actions, self.frame_skip, axis=1)

    def run(self):
        self.pool.rollout(self.model, self.data, self.states, self.controls)


class Gymnasium:
    def __init__(self, name, copies, steps, threads):
        self.threads = threads
        if threads == 1:
            self.env = gymnasium.make(name, **options(name))
        else:
            self.env = gymnasium.make_vec(name, num_envs=threads, vectorization_mode="async", **options(name))

    def prepare(self, seed, actions):
        self.env.reset(seed=seed)
        self.actions = actions[: self.threads].transpose(1, 0, 2)
        self.episodes = 2  # a part of the others' steps will do
        self.count = self.episodes * self.threads * len(self.actions)

    def run(self):
        for _ in range(self.episodes):
            for actions in self.actions:
                self.env.step(actions if self.threads > 1 else actions[0])
            self.env.reset(seed=1)


def measure(name, steps, copies, rounds):
    """Agent steps per second of every candidate in every round."""
    candidates = {(kind.__name__, threads): kind(name, copies, steps, threads)
                  for kind in (Softrl, Rollout, Gymnasium) for threads in (1, 2)}  # fmt: skip
    space = gymnasium.make(name).action_space
    rng = np.random.default_rng(1)
    rates = {key: [] for key in candidates}
    for round in range(rounds + 1):  # the first one warms up
        actions = rng.uniform(space.low, space.high, size=(copies, steps, space.shape[0]))
        for key, candidate in candidates.items():
            candidate.prepare(1000 * round, actions)
            duration = seconds(candidate.run)
            count = getattr(candidate, "count", copies * steps)
            if round > 0:
                rates[key].append(count / duration)
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--json", help="write the medians to this file")
    arguments = parser.parse_args()
    print("steps/s on one thread, then ratios: to rollout on one and two threads, two threads to one, to Gymnasium")
    result = {}
    for name in arguments.tasks:
        rates = measure(name, TASKS[name], arguments.copies, arguments.rounds)

        def ratio(a, b):
            return statistics.median(x / y for x, y in zip(rates[a], rates[b]))

        row = {
            "steps_per_s": statistics.median(rates["Softrl", 1]),
            "rollout_1": ratio(("Softrl", 1), ("Rollout", 1)),
            "rollout_2": ratio(("Softrl", 2), ("Rollout", 2)),
            "two_threads": ratio(("Softrl", 2), ("Softrl", 1)),
            "rollout_two_threads": ratio(("Rollout", 2), ("Rollout", 1)),
            "gymnasium_1": ratio(("Softrl", 1), ("Gymnasium", 1)),
            "gymnasium_2": ratio(("Softrl", 2), ("Gymnasium", 2)),
        }
        result[name] = row
        print(f"{name:16}", "  ".join(f"{key} {value:.3g}" for key, value in row.items()), flush=True)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(result, file, indent=2)


if __name__ == "__main__":
    main()
