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
    MonteCarloEstimate,
    MonteCarloVisitation,
    PolicyEvaluation,
    Schedule,
    SoftQLearningResult,
    Solution,
    StationaryDistribution,
    Theorem,
    Visitation,
    action_values,
    advantage,
    average_value,
    backward_induction,
    boltzmann_policy,
    chain,
    cliff,
    expected_hitting_times,
    finite_horizon_visitation,
    four_rooms,
    garnet,
    hitting_probabilities,
    methods,
    monte_carlo_hitting,
    monte_carlo_value,
    monte_carlo_visitation,
    open_gridworld,
    parse_gridworld,
    policy_evaluation,
    read_gridworld,
    read_mdp,
    river_swim,
    soft_q_learning,
    solve,
    states_without_exit,
    stationary_distribution,
    to_dense,
    to_toml,
    verify,
    visitation,
    write_mdp,
)

__all__ = [
    "Advantage",
    "AverageValue",
    "FiniteHorizonSolution",
    "FiniteHorizonVisitation",
    "Gridworld",
    "Hitting",
    "Mdp",
    "MonteCarloEstimate",
    "MonteCarloVisitation",
    "PolicyEvaluation",
    "Schedule",
    "SoftQLearningResult",
    "Solution",
    "StationaryDistribution",
    "Theorem",
    "Visitation",
    "action_values",
    "advantage",
    "average_value",
    "backward_induction",
    "boltzmann_policy",
    "chain",
    "cliff",
    "expected_hitting_times",
    "finite_horizon_visitation",
    "four_rooms",
    "from_gymnasium",
    "from_scipy",
    "garnet",
    "hitting_probabilities",
    "mdp_from_tables",
    "methods",
    "monte_carlo_hitting",
    "monte_carlo_value",
    "monte_carlo_visitation",
    "open_gridworld",
    "parse_gridworld",
    "policy_evaluation",
    "read_gridworld",
    "read_mdp",
    "river_swim",
    "soft_q_learning",
    "solve",
    "states_without_exit",
    "stationary_distribution",
    "to_dense",
    "to_toml",
    "verify",
    "visitation",
    "write_mdp",
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


def from_gymnasium(model, discount, terminal_value=0.0, initial=None):
    """An Mdp from the model of a toy_text environment of Gymnasium, `env.unwrapped.P`.

    model[s][a]      list of (probability, next state, reward, terminated)
    terminal_value   what ending is worth after the last reward; Gymnasium's own returns have 0
    initial [S]      distribution of the first state, `env.unwrapped.initial_state_distrib`

    A state that is entered only with terminated = True is terminal, and its own row is ignored. Where a state is entered
    both ways, the moves that terminate lead to one more state, numbered S, which is terminal. States are numbered as in
    `model`; those that cannot be entered at all keep their actions. Rewards are averaged over the next states.
    """
    states = len(model)
    if sorted(model) != list(range(states)):
        raise ValueError(f"model must have the states 0 to {states - 1}")
    # A state's own row says nothing of how it is entered: holes and goals loop, with terminated = True.
    moves = [
        (state, end, terminated)
        for state in range(states)
        for row in model[state].values()
        for probability, end, _, terminated in row
        if probability > 0
    ]
    ends = {end for state, end, terminated in moves if terminated}
    entered = {end for state, end, terminated in moves if not terminated and not (state == end and state in ends)}
    terminal = {state: terminal_value for state in sorted(ends - entered)}
    if ends & entered:
        terminal[states] = terminal_value
    offsets, rows, successors, probabilities, rewards, names = [0], [0], [], [], [], []
    for state in range(states + (states in terminal)):
        for action in sorted(model[state]) if state not in terminal else ():
            row = [entry for entry in model[state][action] if entry[0] > 0]
            successors += [states if terminated and end not in terminal else end for _, end, _, terminated in row]
            probabilities += [probability for probability, *_ in row]
            rewards.append(sum(probability * reward for probability, _, reward, _ in row))
            names.append(action)
            rows.append(len(successors))
        offsets.append(len(rewards))
    if initial is not None:
        initial = np.concatenate([np.asarray(initial, float), np.zeros(len(offsets) - 1 - len(initial))])
    return Mdp(
        discount=discount,
        action_offsets=offsets,
        rewards=rewards,
        successors=successors,
        successor_offsets=rows,
        probabilities=probabilities,
        actions=names,
        terminal=terminal,
        initial=initial,
    )


def from_scipy(transitions, rewards, discount, terminal=None, initial=None):
    """An Mdp from SciPy's sparse matrices (or arrays), one for each action.

    transitions         A matrices [S, S], P(s'|s, a); an action whose row is empty is not available in that state
    rewards             [S, A], [S], or A sparse matrices [S, S], r(s, a, s'), averaged over s'
    terminal {state: value}  states that end the process; their rows are ignored
    initial [S]         distribution of the first state; default uniform over non-terminal states
    """
    matrices = [matrix.tocsr() for matrix in transitions]
    if not matrices:
        raise ValueError("transitions must have a matrix for at least one action")
    actions, states = len(matrices), matrices[0].shape[0]
    for matrix in matrices:
        if matrix.shape != (states, states):
            raise ValueError(f"transitions must have shape {(states, states)} for each action, got {matrix.shape}")
    if any(hasattr(reward, "tocsr") for reward in rewards):
        products = [matrix.multiply(reward).sum(axis=1) for matrix, reward in zip(matrices, rewards, strict=True)]
        rewards = np.column_stack([np.asarray(product).ravel() for product in products])
    rewards = np.asarray(rewards, float)
    if rewards.ndim == 1:
        rewards = np.repeat(rewards[:, None], actions, axis=1)
    if rewards.shape != (states, actions):
        raise ValueError(f"rewards must have shape {(states, actions)}, got {rewards.shape}")
    terminal = dict(terminal or {})
    entries = [matrix.tocoo() for matrix in matrices]
    state = np.concatenate([entry.row for entry in entries])
    key = state.astype(np.int64) * actions + np.repeat(np.arange(actions), [entry.nnz for entry in entries])
    probabilities = np.concatenate([entry.data for entry in entries])
    kept = np.flatnonzero((probabilities != 0) & ~np.isin(state, list(terminal)))
    order = kept[np.argsort(key[kept], kind="stable")]
    pairs, counts = np.unique(key[order], return_counts=True)
    return Mdp(
        discount=discount,
        action_offsets=np.searchsorted(pairs, np.arange(states + 1) * actions),
        rewards=rewards.ravel()[pairs],
        successors=np.concatenate([entry.col for entry in entries])[order],
        successor_offsets=np.concatenate([[0], np.cumsum(counts)]),
        probabilities=probabilities[order].astype(float),
        actions=pairs % actions,
        terminal=terminal,
        initial=initial,
    )
