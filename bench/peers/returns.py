"""What Stable-Baselines3's SAC returns, for the table of learning curves in bench/README.md:

    peers/bin/python bench/peers/returns.py HalfCheetah-v5 --seed 1 --steps 100000 --out bench/results

(peers/ as in training.py.) Its defaults, but for 1,000 random steps at the start, as softrl's; one thread. Writes
TASK_stable_baselines3_sac_seedN.csv with the columns step, return and length of the episodes that ended in each 1,000
steps, and prints the mean return of 20 more episodes with drawn actions and its 95 % bootstrap interval.
"""

import argparse
import collections
import csv
import pathlib

import gymnasium
import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

ROW = 1000  # steps


class Episodes(BaseCallback):
    """Return and length of the episodes that ended, by the row of steps."""

    def _init_callback(self):
        self.rows = collections.defaultdict(list)

    def _on_step(self):
        row = -(-self.num_timesteps // ROW) * ROW
        self.rows[row] += [info["episode"] for info in self.locals["infos"] if "episode" in info]
        return True


def bootstrap_interval(values, resamples=10_000):
    means = np.random.default_rng(0).choice(values, (resamples, len(values))).mean(axis=1)
    return np.percentile(means, [2.5, 97.5])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder")
    options = parser.parse_args()

    torch.set_num_threads(1)
    model = SAC("MlpPolicy", options.task, learning_starts=1000, seed=options.seed)
    episodes = Episodes()
    model.learn(options.steps, callback=episodes)

    file = options.out / f"{options.task}_stable_baselines3_sac_seed{options.seed}.csv"
    with file.with_suffix(".partial").open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["step", "return", "length"])
        for row, ended in sorted(episodes.rows.items()):
            if ended:
                writer.writerow([row, *(f"{np.mean([episode[key] for episode in ended]):.9g}" for key in "rl")])
    file.with_suffix(".partial").replace(file)

    environment = Monitor(gymnasium.make(options.task))
    environment.reset(seed=options.seed)
    returns, _ = evaluate_policy(model, environment, 20, deterministic=False, return_episode_rewards=True)
    low, high = bootstrap_interval(np.array(returns))
    print(f"{options.task}, Stable-Baselines3's SAC, seed {options.seed}, {options.steps} steps: "
          f"{np.mean(returns):.1f} ({low:.1f} to {high:.1f})")  # fmt: skip


if __name__ == "__main__":
    main()
