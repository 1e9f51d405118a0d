"""Solves the same slippery gridworlds by softrl and by what people use, and prints how long each takes.

    bench/peers/solving_environment ENV
    ENV/bin/python bench/peers/solving.py --softrl build/softrl --sizes 100 316 1000

An n x n floor with the goal in the last corner; a step costs 1, four moves out of five go as intended and one goes to a
side. Every solver is asked for values within 1e-6 of the optimum, in the norm of the maximum, and every answer is
compared with softrl's certified one. Times are those of the solve alone, without building or reading the model, the best
of --repeats; the processor time beside it tells what other work on the machine cost.

Peers: value iteration in NumPy, with buffers in place and MacQueen-Porteus bounds to stop, once for any sparse process
(SciPy's CSR product) and once with slices that only a grid allows; and, for the hard maximum, QuantEcon's value and
modified policy iteration, mdpsolver, and Storm's optimistic value iteration, the only peer that certifies (it takes the
discount as a probability to end). NumPy's bounds leave rounding error out.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

TOLERANCE = 1e-6


class Grid:
    def __init__(self, n, discount):
        self.n, self.discount = n, discount
        state = np.arange(n * n).reshape(n, n)
        up, down, left, right = (state.copy() for _ in range(4))
        up[1:], down[:-1], left[:, 1:], right[:, :-1] = state[:-1], state[1:], state[:, :-1], state[:, 1:]
        around = np.stack([m.ravel() for m in (up, right, down, left)], axis=1)  # [S, 4]
        side = lambda turn: np.roll(around, turn, axis=1)
        self.states, self.goal = n * n, n * n - 1
        self.successors = np.stack([side(1), around, side(-1)], axis=2).reshape(-1, 3)[: 4 * self.goal]
        pairs = 4 * self.goal
        self.Q = sp.csr_matrix(
            (np.tile([0.1, 0.8, 0.1], pairs), self.successors.ravel(), np.arange(0, 3 * pairs + 1, 3)),
            shape=(pairs, self.states),
        )

    def save(self, file):
        """In QuantEcon's form."""
        pairs = 4 * self.goal
        np.savez(
            file, s_indices=np.repeat(np.arange(self.goal), 4), a_indices=np.tile(np.arange(4), self.goal),
            R=np.full(pairs, -1.0), Q_data=self.Q.data, Q_indices=self.Q.indices, Q_indptr=self.Q.indptr,
            beta=self.discount, terminal=[self.goal], terminal_values=[0.0],
        )


def timed(work):
    start, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
    values = work()
    return values, time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu


def softrl(grid, temperature, program, threads, folder):
    model, out, values = folder / "model.npz", folder / "report.json", folder / "values.npy"
    if not model.exists():
        grid.save(model)
    command = [program, "solve", model, "--method", "auto", "--temperature", temperature, "--tolerance", TOLERANCE,
               "--threads", threads, "--json", out, "--values", values]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before  # reading the model included
    report = json.loads(out.read_text())
    assert report["status"] == "converged" and report["error_bound"] <= TOLERANCE, report
    return np.load(values), report["seconds"], cpu


def value_iteration(grid, temperature, sweep):
    """`sweep` writes TV of the running states into its buffer and returns it."""
    values, factor = np.zeros(grid.states), grid.discount / (1 - grid.discount)
    change = np.empty(grid.states)
    while True:
        new = sweep(values)
        new[grid.goal] = 0.0
        np.subtract(new, values, out=change)
        low, high = factor * change.min(), factor * change.max()
        values[:] = new
        if high - low <= 2 * TOLERANCE:
            values += (low + high) / 2
            values[grid.goal] = 0.0
            return values


def csr_sweep(grid, temperature):
    new, q = np.zeros(grid.states), np.empty((grid.goal, 4))
    peak, total = np.empty(grid.goal), np.empty(grid.goal)

    def sweep(values):
        np.multiply((grid.Q @ values).reshape(-1, 4), grid.discount, out=q)
        np.max(q, axis=1, out=peak)
        new[:-1] = peak - 1
        if temperature:
            np.subtract(q, peak[:, None], out=q)
            np.divide(q, temperature, out=q)
            np.exp(q, out=q)
            np.sum(q, axis=1, out=total)
            new[:-1] += temperature * np.log(total, out=total)
        return new

    return sweep


def slice_sweep(grid, temperature):
    n = grid.n
    new, around, q = np.zeros((n, n)), np.empty((4, n, n)), np.empty((4, n, n))
    peak, total, sides = (np.empty((n, n)) for _ in range(3))

    def sweep(values):
        v = values.reshape(n, n)
        around[0, 1:], around[0, 0] = v[:-1], v[0]
        around[2, :-1], around[2, -1] = v[1:], v[-1]
        around[1, :, :-1], around[1, :, -1] = v[:, 1:], v[:, -1]
        around[3, :, 1:], around[3, :, 0] = v[:, :-1], v[:, 0]
        np.multiply(around, 0.8 * grid.discount, out=q)
        for pair, others in (((0, 2), (1, 3)), ((1, 3), (0, 2))):
            np.add(around[others[0]], around[others[1]], out=sides)
            np.multiply(sides, 0.1 * grid.discount, out=sides)
            for a in pair:
                np.add(q[a], sides, out=q[a])
        np.max(q, axis=0, out=peak)
        np.subtract(peak, 1, out=new)
        if temperature:
            np.subtract(q, peak, out=q)
            np.divide(q, temperature, out=q)
            np.exp(q, out=q)
            np.sum(q, axis=0, out=total)
            np.log(total, out=total)
            np.multiply(total, temperature, out=total)
            np.add(new, total, out=new)
        return new.ravel()

    return sweep


def quantecon(grid, method):
    from quantecon.markov import DiscreteDP

    pairs = 4 * grid.goal  # the goal returns to itself with reward 0
    Q = sp.vstack([grid.Q, sp.csr_matrix(([1.0], ([0], [grid.goal])), shape=(1, grid.states))]).tocsr()
    process = DiscreteDP(
        np.append(np.full(pairs, -1.0), 0.0), Q, grid.discount,
        np.append(np.repeat(np.arange(grid.goal), 4), grid.goal), np.append(np.tile(np.arange(4), grid.goal), 0),
    )  # fmt: skip
    return timed(lambda: process.solve(method=method, epsilon=TOLERANCE, max_iter=10**6).v)


def mdpsolver(grid):
    import mdpsolver as peer

    model = peer.model()
    goal = grid.goal
    columns = grid.successors.reshape(goal, 4, 3).tolist() + [[[goal]]]
    probabilities = [[[0.1, 0.8, 0.1]] * 4] * goal + [[[1.0]]]
    model.mdp(discount=grid.discount, rewards=[[-1.0] * 4] * goal + [[0.0]], tranMatProbs=probabilities,
              tranMatColumns=columns)  # fmt: skip
    _, seconds, cpu = timed(lambda: model.solve(algorithm="mpi", tolerance=TOLERANCE))
    return np.array(model.getValueVector()), seconds, cpu


def storm(grid, folder):
    import stormpy
    import stormpy.environments

    file, end = folder / "model.drn", grid.states
    with open(file, "w") as out:
        out.write("@type: MDP\n@parameters\n\n@reward_models\ncost\n")
        out.write(f"@nr_states\n{end + 1}\n@nr_choices\n{4 * grid.goal + 2}\n@model\n")
        stay = f"\t\t{end} : {1 - grid.discount!r}\n"
        side, ahead = repr(0.1 * grid.discount), repr(0.8 * grid.discount)
        rows = grid.successors.reshape(grid.goal, 4, 3)
        for s in range(grid.goal):
            out.write(f"state {s} [0]{' init' if s == 0 else ''}\n")
            for a in range(4):
                row = {}
                for t, p in zip(rows[s, a], (0.1, 0.8, 0.1)):
                    row[int(t)] = row.get(int(t), 0.0) + p * grid.discount
                out.write(f"\taction {a} [1]\n")
                out.writelines(f"\t\t{t} : {p!r}\n" for t, p in sorted(row.items()))
                out.write(stay)
        for s in (grid.goal, end):
            out.write(f"state {s} [0] done\n\taction 0 [0]\n\t\t{s} : 1\n")
    model = stormpy.build_model_from_drn(str(file))
    goal = stormpy.parse_properties('R{"cost"}min=? [F "done"]')[0]
    environment = stormpy.Environment()
    solver = environment.solver()
    solver.force_soundness = True
    settings = solver.min_max()
    settings.method = stormpy.environments.MinMaxMethod.OPTIMISTIC_VALUE_ITERATION
    settings.precision = stormpy.Rational("1/1000000")
    settings.relative_termination_criterion = False
    result, seconds, cpu = timed(lambda: stormpy.model_checking(model, goal, environment=environment))
    return -np.array(result.get_value_vector())[:end], seconds, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--softrl", default="build/softrl", help="the program")
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 316, 1000], help="rows of the grid")
    parser.add_argument("--discounts", type=float, nargs="+", default=[0.99, 0.9999])
    parser.add_argument("--temperatures", type=float, nargs="+", default=[1.0, 0.0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--peers", nargs="*", default=["csr", "slices", "quantecon-vi", "quantecon-mpi", "mdpsolver", "storm"])
    arguments = parser.parse_args()
    print("states discount temperature solver seconds cpu_seconds ratio difference")
    for n in arguments.sizes:
        for discount in arguments.discounts:
            grid = Grid(n, discount)
            for temperature in arguments.temperatures:
                with tempfile.TemporaryDirectory() as name:
                    compare(grid, temperature, arguments, Path(name))


def compare(grid, temperature, arguments, folder):
    solvers = {
        "csr": lambda: timed(lambda: value_iteration(grid, temperature, csr_sweep(grid, temperature))),
        "slices": lambda: timed(lambda: value_iteration(grid, temperature, slice_sweep(grid, temperature))),
    }
    if temperature == 0.0:
        solvers |= {
            "quantecon-vi": lambda: quantecon(grid, "vi"),
            "quantecon-mpi": lambda: quantecon(grid, "mpi"),
            "mdpsolver": lambda: mdpsolver(grid),
            "storm": lambda: storm(grid, folder),
        }
    solvers = {name: solve for name, solve in solvers.items() if name in arguments.peers}
    ours = lambda: softrl(grid, temperature, arguments.softrl, arguments.threads, folder)
    reference = None
    for name, solve in {"softrl": ours, **solvers}.items():
        try:
            runs = [solve() for _ in range(arguments.repeats)]
        except Exception as error:  # a peer that fails is a row of the table, not the end of it
            if name == "softrl":
                raise
            print(grid.states, grid.discount, temperature, name, f"failed: {error!r}"[:120], flush=True)
            continue
        values, seconds, cpu = min(runs, key=lambda run: run[1])
        if reference is None:
            reference, base = values, seconds
        # softrl's answer is within the tolerance for certain, so more than twice that is the peer's error
        difference = np.abs(values - reference).max()
        note = "" if difference <= 2 * TOLERANCE else "  (not within the tolerance)"
        print(grid.states, grid.discount, temperature, name, f"{seconds:.3f} {cpu:.3f} {seconds / base:.1f} "
              f"{difference:.1e}{note}", flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
