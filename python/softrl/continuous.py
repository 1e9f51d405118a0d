"""Continuous tasks and trained soft Q-learning agents.

    task = softrl.continuous.make_task("multi_goal")
    policy = softrl.continuous.load_policy("runs/mg")
    actions = policy.sample(observations, seed=0)      # [N, S] -> [N, d]
"""

from ._continuous import Task, TrainedPolicy, load_policy, make_task, task_names, train

__all__ = ["Task", "TrainedPolicy", "load_policy", "make_task", "task_names", "train"]
