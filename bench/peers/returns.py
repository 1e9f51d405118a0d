"""What Stable-Baselines3's SAC returns, for the table of learning curves in bench/README.md:

    peers/bin/python bench/peers/returns.py HalfCheetah-v5 --seed 1 --steps 100000

(peers/ as in training.py.) Its defaults, but for 1,000 random steps at the start, as softrl's; one thread. Writes what
bench/collect_results.py does of a run of softrl, with the algorithm stable_baselines3_sac: the curve, a row for each 1,000
steps, and the row of evaluations.csv, of 20 more episodes with drawn and 20 with the best actions.
"""

import argparse
import collections
import pathlib
import sys

import gymnasium
import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from collect_results import RESULTS, add_evaluation, write_whole  # noqa: E402

ALGORITHM = "stable_baselines3_sac"
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
    options = parser.parse_args()

    torch.set_num_threads(1)
    model = SAC("MlpPolicy", options.task, learning_starts=1000, seed=options.seed)
    episodes = Episodes()
    model.learn(options.steps, callback=episodes)

    curve = [
        [row, *(f"{np.mean([episode[key] for episode in ended]):.9g}" for key in "rl")]
        for row, ended in sorted(episodes.rows.items())
        if ended
    ]
    write_whole(RESULTS / f"{options.task}_{ALGORITHM}_seed{options.seed}.csv", [["step", "return", "length"], *curve])

    environment = Monitor(gymnasium.make(options.task))
    environment.reset(seed=options.seed)
    drawn, best = (
        evaluate_policy(model, environment, 20, deterministic=deterministic, return_episode_rewards=True)[0]
        for deterministic in (False, True)
    )
    low, high = bootstrap_interval(np.array(drawn))
    add_evaluation({"task": options.task, "algorithm": ALGORITHM, "seed": options.seed, "steps": options.steps,
                    "mean_return": float(np.mean(drawn)), "return_low": float(low), "return_high": float(high),
                    "best_mean_return": float(np.mean(best))})  # fmt: skip
    print(f"{options.task}, seed {options.seed}, {options.steps} steps: {np.mean(drawn):.1f} ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
