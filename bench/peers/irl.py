"""Maximum causal entropy IRL by softrl, imitation and econirl on the same gridworld, in the same run.

    python3 -m venv peers && peers/bin/pip install torch==2.13.0
    peers/bin/pip install -r bench/peers/irl_requirements.txt
    peers/bin/python bench/peers/irl.py

A slippery gridworld (the intended direction with probability 0.8, either side 0.1), five smooth features of states, a
horizon of 50 steps, and 200 demonstrations drawn from known weights. The mismatch is the greatest difference between
a feature's sum over a path as demonstrated and as the fitted model expects it, each by the system's own count of steps
(imitation also counts the state after the last step). Times are of the fit alone, without standard errors where they
can be left out (softrl's include them), econirl's without its compilation, and the median of five for softrl.

imitation stops where visits to every state match to 1e-3, which no finite number of demonstrations reaches, or the
gradient is below 1e-4: with its default step of 0.01 it then runs through all of its 1000 iterations. Here it gets a
step of 0.1 and stops at a gradient of 5e-3, ten times as early and with a smaller mismatch than by default. An
iteration reads its dense [S, A, S] transitions a hundred times; there is no other form that it takes. econirl searches
by L-BFGS and is left as it is.
"""

import argparse
import json
import multiprocessing
import pathlib
import subprocess
import tempfile
import time

import numpy as np

FEATURES = 5


def gridworld(side, slip=0.2):
    """T[S, A, S]; actions are up, right, down, left, and walls are bumped into."""
    states = side * side
    steps = [(-1, 0), (0, 1), (1, 0), (0, -1)]
    transitions = np.zeros((states, 4, states))
    for state in range(states):
        row, column = divmod(state, side)
        ends = []
        for down, right in steps:
            r, c = row + down, column + right
            ends.append(r * side + c if 0 <= r < side and 0 <= c < side else state)
        for action in range(4):
            for turn, probability in ((0, 1 - slip), (1, slip / 2), (3, slip / 2)):
                transitions[state, action, ends[(action + turn) % 4]] += probability
    return transitions


def smooth_features(side, random):
    """[S, 5] bumps of height 1 at random places."""
    rows, columns = np.divmod(np.arange(side * side), side)
    centres, width = random.uniform(0, side, (FEATURES, 2)), side / 5
    squares = (rows[:, None] - centres[:, 0]) ** 2 + (columns[:, None] - centres[:, 1]) ** 2
    return np.exp(-squares / (2 * width**2))


def softrl_fit(program, folder, side, horizon, features, truth, count):
    """Draws the demonstrations, and fits them. Returns seconds, mismatch, weights and the demonstrations [rows, 5]."""
    (folder / "world.toml").write_text('map = """\n' + ("." * side + "\n") * side + '"""\nslip = 0.2\n')
    np.save(folder / "features.npy", features)
    names = [f"f{j}" for j in range(FEATURES)]
    study = f'mdp = "world.toml"\ndemonstrations = "walks.csv"\nmodel = "causal_entropy"\nfeatures = {json.dumps(names)}\n'
    study += f'[horizon]\nkind = "fixed"\nsteps = {horizon}\n'
    for j, name in enumerate(names):
        study += f'[feature.{name}]\nfile = "features.npy"\non = "states"\ncolumn = {j}\n'
    (folder / "study.toml").write_text(study)
    weights = ",".join(f"{name}={value}" for name, value in zip(names, truth))
    simulate = ["simulate", folder / "study.toml", "--weights", weights, "--count", count, "--out", folder / "walks.csv"]
    fit = ["fit", folder / "study.toml", "--json", folder / "fit.json"]
    seconds = []
    for command in (simulate, *[fit] * 5):
        subprocess.run([program, "irl", *map(str, command)], check=True, stdout=subprocess.DEVNULL)
        if command is fit:
            answer = json.loads((folder / "fit.json").read_text())
            assert answer["status"] == "converged", answer
            seconds.append(answer["seconds"])
    walks = np.loadtxt(folder / "walks.csv", delimiter=",", skiprows=1, dtype=int)
    found = np.array([p["value"] for p in answer["parameters"]])
    return float(np.median(seconds)), answer["feature_mismatch"], found, walks


def imitation_fit(horizon, transitions, features, walks, step, gradient):
    import torch
    from imitation.algorithms.mce_irl import MCEIRL
    from imitation.rewards.reward_nets import BasicRewardNet
    from seals.base_envs import TabularModelPOMDP

    states = len(features)
    starts = walks[walks[:, 1] == 0][:, 2]
    count = len(starts)
    environment = TabularModelPOMDP(
        transition_matrix=transitions,
        observation_matrix=features.astype(np.float32),
        reward_matrix=np.zeros(states),
        horizon=horizon,
        initial_state_dist=np.bincount(starts, minlength=states) / count,
    )
    last = walks[walks[:, 1] == horizon - 1][:, 4]
    visits = (np.bincount(walks[:, 2], minlength=states) + np.bincount(last, minlength=states)) / count
    torch.manual_seed(0)
    reward = BasicRewardNet(
        environment.observation_space, environment.action_space, hid_sizes=[], use_action=False, use_done=False,
        use_next_state=False,
    )
    learner = MCEIRL(
        visits, environment, reward, rng=np.random.default_rng(0), log_interval=None, optimizer_kwargs={"lr": step},
        grad_l2_eps=gradient,
    )
    begin = time.perf_counter()
    expected = learner.train()
    seconds = time.perf_counter() - begin
    found = next(p for p in reward.parameters() if p.numel() == FEATURES).detach().numpy().ravel()
    return seconds, np.abs(features.T @ (expected - visits)).max(), found


def econirl_fit(horizon, transitions, features, walks):
    import pandas
    from econirl.estimators import MCEIRL

    data = pandas.DataFrame(walks, columns=["trajectory", "t", "state", "action", "next_state"])
    learner = MCEIRL(
        n_states=len(features), n_actions=4, discount=1.0, horizon=horizon, feature_matrix=features,
        feature_names=[f"f{j}" for j in range(FEATURES)], compute_se=False,
    )
    kernel = np.ascontiguousarray(transitions.transpose(1, 0, 2))
    for _ in range(2):  # the second does not compile any more
        begin = time.perf_counter()
        learner.fit(data, state="state", action="action", id="trajectory", next_state="next_state", transitions=kernel)
        seconds = time.perf_counter() - begin
    policy = np.asarray(learner.time_policy_)
    starts = np.bincount(walks[walks[:, 1] == 0][:, 2], minlength=len(features)).astype(float)
    visits, total = starts / starts.sum(), np.zeros(len(features))
    for t in range(horizon):
        total += visits
        visits = np.einsum("s,sa,sat->t", visits, policy[t], transitions, optimize=True)
    shown = np.bincount(walks[:, 2], minlength=len(features)) / starts.sum()
    return seconds, np.abs(features.T @ (total - shown)).max(), np.asarray(learner.coef_)


def answer(sender, function, arguments):
    sender.send(function(*arguments))


def within(seconds, function, *arguments):
    """What the function returns, in a process of its own; None if that takes longer than `seconds`."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=answer, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll(seconds) else None
    finally:
        process.terminate()
        process.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--program", type=pathlib.Path, default=root / "build" / "softrl")
    parser.add_argument("--side", type=int, default=40)
    parser.add_argument("--horizon", type=int, default=50)
    parser.add_argument("--demonstrations", type=int, default=200)
    parser.add_argument("--imitation-step", type=float, default=0.1, help="of Adam (default 0.1; imitation's own 0.01)")
    parser.add_argument("--imitation-gradient", type=float, default=5e-3,
                        help="where imitation stops (default 5e-3; its own 1e-4)")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for each peer (default 600)")
    parser.add_argument("--only", choices=["softrl", "imitation", "econirl"], help="leave the others out")
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    transitions, features = gridworld(arguments.side), smooth_features(arguments.side, random)
    truth = np.array([0.5, -0.5, 0.3, 0.2, -0.3])
    with tempfile.TemporaryDirectory() as folder:
        seconds, mismatch, found, walks = softrl_fit(
            arguments.program, pathlib.Path(folder), arguments.side, arguments.horizon, features, truth,
            arguments.demonstrations,
        )
    print(f"{'':10} {'seconds':>9} {'ratio':>7} {'mismatch':>9}  weights (truth {truth})")

    def row(name, time_taken, difference, weights):
        print(f"{name:10} {time_taken:9.3f} {time_taken / seconds:7.1f} {difference:9.1e}  {np.round(weights, 3)}",
              flush=True)

    row("softrl", seconds, mismatch, found)
    problem = (arguments.horizon, transitions, features, walks)
    for name, fit, settings in (
        ("econirl", econirl_fit, ()),
        ("imitation", imitation_fit, (arguments.imitation_step, arguments.imitation_gradient)),
    ):
        if arguments.only not in (None, name):
            continue
        result = within(arguments.limit, fit, *problem, *settings)
        if result is None:
            print(f"{name:10} unfinished after {arguments.limit:g} s, preparation included", flush=True)
        else:
            row(name, *result)


if __name__ == "__main__":
    main()
