"""Exact solvers for finite MDPs and gridworlds, with certified error bounds.

    world = tabular.read_gridworld("examples/gridworlds/cliff.toml")
    mdp = world.mdp(discount=0.95)
    solution = tabular.solve(mdp, "policy_iteration", temperature=0.5)
    solution.values, tabular.to_dense(mdp, solution.policy), solution.error_bound
"""

import numpy as np

from ._exact.tabular import (
    Advantage,
    AverageValue,
    FiniteHorizonSolution,
    FiniteHorizonVisitation,
    Gridworld,
    Hitting,
    Mdp,
    PolicyEvaluation,
    Solution,
    Theorem,
    Visitation,
    action_values,
    advantage,
    average_value,
    backward_induction,
    boltzmann_policy,
    expected_hitting_times,
    finite_horizon_visitation,
    hitting_probabilities,
    methods,
    parse_gridworld,
    policy_evaluation,
    read_gridworld,
    solve,
    to_dense,
    verify,
    visitation,
)

__all__ = [
    "Advantage",
    "AverageValue",
    "FiniteHorizonSolution",
    "FiniteHorizonVisitation",
    "Gridworld",
    "Hitting",
    "Mdp",
    "PolicyEvaluation",
    "Solution",
    "Theorem",
    "Visitation",
    "action_values",
    "advantage",
    "average_value",
    "backward_induction",
    "boltzmann_policy",
    "expected_hitting_times",
    "finite_horizon_visitation",
    "hitting_probabilities",
    "mdp_from_tables",
    "methods",
    "parse_gridworld",
    "policy_evaluation",
    "read_gridworld",
    "solve",
    "to_dense",
    "verify",
    "visitation",
]


def mdp_from_tables(transitions, rewards, discount, terminal=None):
    """An Mdp in which every action is available, from dense tables.

    transitions [S, A, S]    P(s'|s, a)
    rewards [S, A]           r(s, a)
    terminal {state: value}  states that end the process; their rows of the tables are ignored
    """
    transitions, rewards = np.asarray(transitions, float), np.asarray(rewards, float)
    if rewards.ndim != 2:
        raise ValueError(f"rewards must have shape [S, A], got {rewards.shape}")
    states, actions = rewards.shape
    if transitions.shape != (states, actions, states):
        raise ValueError(f"transitions must have shape {(states, actions, states)}, got {transitions.shape}")
    terminal = dict(terminal or {})
    running = np.array([state not in terminal for state in range(states)])
    rows = transitions[running].reshape(-1, states)
    pair, successor = np.nonzero(rows)
    return Mdp(
        discount=discount,
        action_offsets=np.concatenate([[0], np.cumsum(running * actions)]),
        rewards=rewards[running].ravel(),
        successors=successor,
        successor_offsets=np.searchsorted(pair, np.arange(len(rows) + 1)),
        probabilities=rows[pair, successor],
        terminal=terminal,
    )
