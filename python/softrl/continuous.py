"""Continuous tasks and trained soft Q-learning agents.

    task = softrl.continuous.make_task("Ant-v5", ctrl_cost_weight=0.2)
    policy = softrl.continuous.load_policy("runs/mg")
    actions = policy.sample(observations, seed=0)      # [N, S] -> [N, d]
"""

from ._continuous import (
    Evaluation,
    GoalCount,
    GoalCounts,
    Interval95,
    LqgSolution,
    Task,
    TrainedPolicy,
    VectorEnvironment,
    count_goals,
    evaluate,
    load_policy,
    lqg_solution,
    make_task,
    task_names,
    task_options,
)
from .training import resume, train

__all__ = [
    "Evaluation",
    "GoalCount",
    "GoalCounts",
    "Interval95",
    "LqgSolution",
    "Task",
    "TrainedPolicy",
    "VectorEnvironment",
    "count_goals",
    "evaluate",
    "load_policy",
    "lqg_solution",
    "make_task",
    "resume",
    "task_names",
    "task_options",
    "train",
]
