"""Training on one of our tasks or on any environment with Gymnasium's interface.

    softrl.train("Ant-v5", "runs/ant", algorithm="sac", steps=1_000_000, seed=1)
    softrl.train(MyEnvironment(), "runs/mine", hidden=[64, 64])
    softrl.train(lambda: gymnasium.make("BipedalWalker-v3"), "runs/walker", environments=4)
    softrl.resume("runs/mine", MyEnvironment(), steps=200_000)
"""

import contextlib
import math
import pathlib
import signal
import threading
import tomllib

from . import _continuous


def train(env, out, *, algorithm=None, steps=None, seed=None, **options):
    """Train `algorithm` (default "sql"; docs/agents.md) on `env` into the folder `out`.

    `env` is the name of one of our tasks, or an id that Gymnasium knows, or an environment, or a list of them, or a
    function that makes one. With the option `environments=n` a name or function makes n of them, stepped one after the
    other; a list has as many as it has. Observations must be a Box of one dimension, actions one with finite bounds.
    `options` are the hyperparameters that a run's config.toml lists; those not given are as tuned for the task, or the
    algorithm's own.

    Returns the mean return of the last 100 episodes, None if none has ended. RuntimeError if training diverges.
    ValueError, with step, entry and value, if the environment says something that is not finite or has another shape.
    What the environment raises passes unchanged, and its last checkpoint stays. Ctrl-C leaves a run to resume.
    """
    with _environments(env, options.get("environments")) as (task, environments):
        if environments:
            options["environments"] = len(environments)
        with _ctrl_c() as stop:
            return _continuous.train(
                task, out, environments=environments, algorithm=algorithm, seed=seed, steps=steps, settings=options,
                stop=stop,
            )  # fmt: skip


def resume(out, env=None, *, steps=None):
    """Go on with the run in the folder `out`, to `steps` in all (default: as many as it was meant to have).

    `env` as train() had it, for a run on an environment that is not a task of ours. Tasks, and environments that have
    `get_state() -> bytes` and `set_state(bytes)`, go on exactly where they were: the numbers are those of a run that
    was never interrupted. set_state() comes after a reset(). Other environments begin a new episode.
    """
    file = pathlib.Path(out) / "config.toml"
    config = tomllib.loads(file.read_text()) if file.exists() else {}  # where there is no run, C++ says so
    env = config.get("task", "") if env is None else env
    with _environments(env, config.get("environments")) as (task, environments):
        if task != config.get("task", task):
            raise ValueError(f"{out}: the run is of {config['task']}, not of {task}")
        with _ctrl_c() as stop:
            return _continuous.resume(out, environments=environments, steps=steps, stop=stop)


@contextlib.contextmanager
def _environments(env, count):
    """The task's name and the environments to step, none for a task of ours. Closes those that are made here."""
    made = contextlib.ExitStack()
    with made:
        if isinstance(env, str):
            import gymnasium

            if env in _continuous.task_names() or not (env in gymnasium.registry or ":" in env):
                yield env, []  # unknown ones, too: the error names the nearest task
                return
            name, env = env, lambda: gymnasium.make(name)
        if callable(env):
            environments = []
            for _ in range(1 if count is None else count):
                environments.append(env())
                made.callback(getattr(environments[-1], "close", lambda: None))
        elif isinstance(env, (list, tuple)):
            environments = list(env)
        else:
            environments = [env]
        if not environments:
            raise ValueError("environments must be at least 1, got 0")
        if count is not None and count != len(environments):
            raise ValueError(
                f"environments={count}, but there {'is' if len(environments) == 1 else 'are'} {len(environments)}: "
                "give a list of as many, or a function that makes one"
            )
        if len({id(each) for each in environments}) < len(environments):
            raise ValueError("the same environment is given twice: each needs a state of its own")
        for each in environments:
            _check(each)
        yield f"custom/{_name(environments[0])}", environments


def _name(env):
    spec = getattr(env, "spec", None)
    return type(getattr(env, "unwrapped", env)).__name__ if spec is None else spec.id


def _check(env):
    """Refuses what no agent here can learn on, by the name of the space."""
    from gymnasium import spaces, vector

    if isinstance(env, vector.VectorEnv):
        raise ValueError(f"{env} is a vector environment: give a list of environments, or a function that makes one")
    for needed in ("reset", "step", "observation_space", "action_space"):
        if not hasattr(env, needed):
            raise ValueError(f"{env!r} is no environment: it has no {needed}")
    name, observations, actions = _name(env), env.observation_space, env.action_space
    if not isinstance(observations, spaces.Box) or len(observations.shape) != 1:
        raise ValueError(
            f"{name}: the observation space must be a Box of one dimension, got {observations}; "
            "gymnasium.wrappers.FlattenObservation makes one"
        )
    if not isinstance(actions, spaces.Box) or len(actions.shape) != 1 or actions.dtype.kind != "f":
        raise ValueError(f"{name}: the action space must be a Box of one dimension of real numbers, got {actions}")
    for low, high in zip(actions.low.tolist(), actions.high.tolist(), strict=True):
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(
                f"{name}: the action space must have finite bounds, got [{low}, {high}] in {actions}; "
                "gymnasium.wrappers.TransformAction sets them"
            )


@contextlib.contextmanager
def _ctrl_c():
    """A function that says whether Ctrl-C was pressed. Pressed once more, it interrupts at once.

    Only where Python's own handler is in place, and in the main thread, the only one where it can be replaced.
    """
    pressed = False

    def press(number, frame):
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread() or (
        signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield lambda: False
        return
    signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
