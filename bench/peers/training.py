"""Training by softrl and its peers in the same run: one update of soft Q-learning against plain PyTorch, and the whole
loop of soft actor-critic on HalfCheetah-v5 against Stable-Baselines3, SBX and RLtools.

    python3 -m venv peers && peers/bin/pip install torch==2.13.0
    peers/bin/pip install -r bench/peers/training_requirements.txt
    ./dev bench --benchmark_list_tests > /dev/null
    peers/bin/python bench/peers/training.py

Everything runs on one core, chosen by taskset, with one thread. Systems take turns, `--rounds` times, and the best of
each counts: on a machine that does other things the best is what is least disturbed. The loops do one update a step;
steps are counted from the first update on, once compilers are done (SBX compiles at its first update, RLtools before it
starts, with MKL). RLtools steps the same Gymnasium environment, through Python.

"Plain PyTorch" is the update as one writes it down: modules, autograd, one Adam for each network, particles in one
batched pass.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(__file__).parents[2] / "build"
STATE, ACTION = 17, 6  # HalfCheetah's
WARM_UP = 1500  # steps: 1,000 random ones, and some with updates


# One update of soft Q-learning --------------------------------------------------------------------------------------


def eager_update(hidden, batch, fixed, updated, value, critics):
    """Returns a function that does one update of plain PyTorch."""
    import torch
    from torch import nn

    def network(outputs):
        sizes = [STATE + ACTION, *hidden]
        layers = [module for a, b in zip(sizes, sizes[1:]) for module in (nn.Linear(a, b), nn.ReLU())]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))

    torch.set_num_threads(1)
    q, target = [nn.ModuleList(network(1) for _ in range(critics)) for _ in range(2)]
    sampler = network(ACTION)
    q_optimizer = torch.optim.Adam(q.parameters(), 3e-4)
    sampler_optimizer = torch.optim.Adam(sampler.parameters(), 3e-4)
    alpha, discount = 1 / 30, 0.99
    states, next_states = torch.randn(batch, STATE), torch.randn(batch, STATE)
    actions, rewards = torch.rand(batch, ACTION) * 2 - 1, torch.randn(batch)

    def on(networks, s, a):  # [B, K]
        s = s.unsqueeze(1).expand(-1, a.shape[1], -1)
        outputs = [module(torch.cat([s, a], -1)).squeeze(-1) for module in networks]
        return torch.stack(outputs).min(0).values

    def draw(s, particles):
        noise = torch.randn(batch, particles, ACTION)
        return sampler(torch.cat([s.unsqueeze(1).expand(-1, particles, -1), noise], -1))

    def update():
        with torch.no_grad():
            uniform = torch.rand(batch, value, ACTION) * 2 - 1
            v = torch.logsumexp(on(target, next_states, uniform) / alpha, 1) - torch.tensor(float(value)).log()
            goals = rewards + discount * alpha * (v + ACTION * torch.tensor(2.0).log())
        loss = sum(0.5 * (goals - on([module], states, actions.unsqueeze(1)).squeeze(1)).square().mean() for module in q)
        q_optimizer.zero_grad()
        loss.backward()
        q_optimizer.step()

        with torch.no_grad():
            u = draw(states, fixed)
        u.requires_grad_()
        log_density = on(q, states, u.tanh()) / alpha + torch.log(1 - u.tanh() ** 2 + 1e-6).sum(-1)
        (score,) = torch.autograd.grad(log_density.sum(), u)
        moved = draw(states, updated)
        with torch.no_grad():
            difference = u.unsqueeze(2) - moved.unsqueeze(1)  # [B, M, N, d]
            distance = difference.square().sum(-1)
            h = (distance.flatten(1).median(1).values / torch.tensor(fixed + 1.0).log()).clamp_min(1e-3)[:, None, None]
            kernel = torch.exp(-distance / h)
            direction = (kernel.unsqueeze(-1) * (score.unsqueeze(2) - 2 * difference / h.unsqueeze(-1))).mean(1)
        sampler_optimizer.zero_grad()
        (-(direction * moved).sum(-1).mean()).backward()
        sampler_optimizer.step()
        with torch.no_grad():
            for a, b in zip(target.parameters(), q.parameters()):
                a.lerp_(b, 0.005)

    return update


def time_eager(arguments):
    update = eager_update(**json.loads(arguments))
    for _ in range(10):
        update()
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(10):
            update()
        best = min(best, (time.perf_counter() - start) / 10)
    return best


def time_softrl_update(name):
    result = subprocess.run(
        [BUILD / "bench/update_bench", f"--benchmark_filter={name}/1/", "--benchmark_format=json",
         "--benchmark_repetitions=5"], check=True, capture_output=True)  # fmt: skip
    return min(run["real_time"] for run in json.loads(result.stdout)["benchmarks"] if run["run_type"] == "iteration") / 1e3


# The loop of soft actor-critic --------------------------------------------------------------------------------------


def loop_stable_baselines(algorithm, policy_options, batch, steps):
    from stable_baselines3.common.callbacks import BaseCallback

    class Clock(BaseCallback):
        def _on_step(self):
            if self.num_timesteps == WARM_UP:
                self.start = time.perf_counter()
            return True

    clock = Clock()
    model = algorithm("MlpPolicy", "HalfCheetah-v5", learning_starts=1000, batch_size=batch, policy_kwargs=policy_options)
    model.learn(steps, callback=clock)
    return (steps - WARM_UP) / (time.perf_counter() - clock.start)


def loop_sb3(hidden, batch, steps):
    import torch
    from stable_baselines3 import SAC

    torch.set_num_threads(1)
    return loop_stable_baselines(SAC, {"net_arch": [hidden, hidden]}, batch, steps)


def loop_sbx(hidden, batch, steps):
    from sbx import SAC

    return loop_stable_baselines(SAC, {"net_arch": [hidden, hidden]}, batch, steps)


def loop_rltools(hidden, batch, steps):
    import gymnasium
    from rltools import SAC

    def environment():
        env = gymnasium.wrappers.RescaleAction(gymnasium.make("HalfCheetah-v5"), -1, 1)
        env.reset(seed=1)
        return env

    state = SAC(
        environment, interface_name=f"halfcheetah_{hidden}", enable_evaluation=False, STEP_LIMIT=steps, ACTOR_BATCH_SIZE=batch,
        CRITIC_BATCH_SIZE=batch, ACTOR_HIDDEN_DIM=hidden, CRITIC_HIDDEN_DIM=hidden, N_WARMUP_STEPS=1000,
        EPISODE_STEP_LIMIT=1000,
    ).State(1)  # fmt: skip
    for step in range(steps):
        if step == WARM_UP:
            start = time.perf_counter()
        state.step()
    return (steps - WARM_UP) / (time.perf_counter() - start)


def loop_softrl(hidden, batch, steps, algorithm="sac"):
    with tempfile.TemporaryDirectory() as folder:
        options = [] if hidden is None else ["--set", f"hidden=[{hidden}, {hidden}]", "--set", f"batch_size={batch}"]
        subprocess.run(
            [BUILD / "softrl", "train", "HalfCheetah-v5", "--algorithm", algorithm, "--steps", str(steps), "--threads", "1",
             "--set", f"log_interval={WARM_UP}", "--set", f"checkpoint_interval={100 * WARM_UP}", *options, "--out", f"{folder}/run"], check=True, capture_output=True)  # fmt: skip
        rows = [line.split(",") for line in (pathlib.Path(folder) / "run/metrics.csv").read_text().splitlines()]
    seconds = [float(row[-1]) for row in rows[1:]]
    return (steps - WARM_UP) / (seconds[-1] - seconds[0])


LOOPS = {"softrl": loop_softrl, "Stable-Baselines3": loop_sb3, "SBX": loop_sbx, "RLtools": loop_rltools}


# Taking turns -------------------------------------------------------------------------------------------------------


def child(kind, *arguments):
    """The figure of one measurement in a process of its own on one core."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "",
                                "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}  # fmt: skip
    command = ["taskset", "-c", "0", sys.executable, __file__, "--child", kind, *map(str, arguments)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        print(result.stderr[-2000:], file=sys.stderr)
        return None
    return float(result.stdout.splitlines()[-1])


UPDATES = {
    "soft_q_learning_of_the_paper": {
        "hidden": [200, 200], "batch": 64, "fixed": 32, "updated": 32, "value": 32, "critics": 1},
    "soft_q_learning_16_particles": {
        "hidden": [128, 128], "batch": 128, "fixed": 16, "updated": 16, "value": 16, "critics": 2},
}  # fmt: skip


def best(figures, better):
    known = [figure for figure in figures if figure is not None]
    return better(known) if known else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["updates", "loops"])
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        kind, *rest = options.child
        if kind == "eager":
            print(time_eager(rest[0]))
        elif kind == "update":
            print(time_softrl_update(rest[0]))
        elif kind == "sql":
            print(loop_softrl(None, None, int(rest[0]), "sql"))
        else:
            print(LOOPS[kind](*map(int, rest)))
        return

    if options.only != "loops":
        print("one update, ms                 plain PyTorch  softrl  ratio")
        for name, sizes in UPDATES.items():
            turns = [(child("eager", json.dumps(sizes)), child("update", name)) for _ in range(options.rounds)]
            eager, own = (best(column, min) * 1e3 for column in zip(*turns))
            print(f"{name:30} {eager:13.2f} {own:7.2f} {eager / own:6.2f}", flush=True)
    if options.only != "updates":
        for hidden, batch, steps in ((256, 256, 3000), (64, 100, 8000)):
            print(f"\nSAC, 2 x {hidden}, batch {batch}, steps a second; softrl is so many times as fast")
            turns = [{name: child(name, hidden, batch, steps) for name in LOOPS} for _ in range(options.rounds)]
            rates = {name: best([turn[name] for turn in turns], max) for name in LOOPS}
            for name, rate in rates.items():
                print(f"{name:18} {rate:8.0f} {rates['softrl'] / rate:6.2f}", flush=True)
        rate = best([child("sql", 3000) for _ in range(options.rounds)], max)
        print(f"\nsoft Q-learning, 2 x 128, batch 128, 16 + 16 particles, steps a second: {rate:.0f}")


if __name__ == "__main__":
    main()
