"""`softrl record`: a video of a trained agent.

    softrl.record.record("runs/mg", "mg.mp4", episodes=3)
"""

import argparse
import itertools
import math
import os
import sys
from pathlib import Path

import gymnasium
import numpy as np

from .environments import IDS

MOST_FPS = 30


def _images(policy, environment, episodes, seed, best, every, returns):
    """Images of every `every`-th state of the episodes, one episode after the other, the last states included; appends
    the return of each to `returns`."""
    generator = np.random.default_rng(seed)
    for episode in range(episodes):
        observation, _ = environment.reset(seed=seed if episode == 0 else None)
        returns.append(0.0)
        yield environment.render()
        for step in itertools.count(1):
            rows = observation[None]
            action = policy.best(rows) if best else policy.sample(rows, seed=int(generator.integers(2**63)))
            observation, reward, terminated, truncated, _ = environment.step(action[0])
            returns[-1] += reward
            over = terminated or truncated
            if over or step % every == 0:
                yield environment.render()
            if over:
                break


def _write_video(out, images, fps):
    """H.264 in MP4, under its name only when whole; returns how many images it has."""
    import imageio_ffmpeg

    first = next(images)  # what cannot be drawn fails here, before ffmpeg has begun
    height, width, _ = first.shape
    partial = out.with_name(f".{out.stem}.{os.getpid()}.partial{out.suffix}")
    writer = imageio_ffmpeg.write_frames(
        str(partial), (width, height), fps=fps, macro_block_size=2, ffmpeg_log_level="error"
    )
    count = 0
    try:
        writer.send(None)
        for image in itertools.chain([first], images):
            writer.send(np.ascontiguousarray(image))
            count += 1
        writer.close()
        partial.replace(out)
    finally:
        writer.close()
        partial.unlink(missing_ok=True)
    return count


def _told(images):
    """The images, and on a terminal how many there are so far."""
    for count, image in enumerate(images, 1):
        yield image
        if sys.stderr.isatty():
            print(f"\r{count} images", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def _pace(step_s, every, fps):
    """Steps to an image, and images a second: as asked, or in the task's own time with at most 30 images a second of it.
    Where time has no unit (step_s = 0) a step is 0.1 s."""
    step_s = step_s or 0.1
    every = every or max(1, math.ceil(1 / (MOST_FPS * step_s) - 1e-9))
    return every, fps or round(1 / (every * step_s), 6)


def record(run, out, *, episodes=1, seed=1, best=False, width=480, height=480, every=None, fps=None, camera=None):
    """Write a video of episodes of the policy in the folder `run` to the .mp4 file `out`; returns the number of images
    and the return of each episode. There is an image for every `every`-th step, and `fps` of them a second: by default at
    most 30, in the task's own time. With `best` the policy takes its best actions instead of drawing them."""
    from . import continuous  # loads Torch

    out = Path(out)
    if out.suffix != ".mp4":
        raise ValueError(f"out must end in .mp4, got {out}")
    if not out.parent.is_dir():
        raise RuntimeError(f"{out}: the folder {out.parent} does not exist")
    numbers = {"episodes": episodes, "seed": seed, "every": every, "fps": fps}
    for name, value in numbers.items():
        least = 0 if name == "seed" else 1
        if value is not None and value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    for name, value in (("width", width), ("height", height)):
        if value % 2:
            raise ValueError(f"{name} must be even, got {value}")
    policy = continuous.load_policy(run)
    ids = {task: id for id, (task, _) in IDS.items()}
    if policy.task not in ids:
        raise ValueError(f"{run}: {policy.task} is an environment of Python's, which render() of its own can show")
    view = {"width": width, "height": height, "camera_name": camera}
    environment = gymnasium.make(f"softrl/{ids[policy.task]}", render_mode="rgb_array", disable_env_checker=True, **view)
    every, fps = _pace(environment.unwrapped.task.step_s, every, fps)
    returns = []
    try:
        count = _write_video(out, _told(_images(policy, environment, episodes, seed, best, every, returns)), fps)
    finally:
        environment.close()
    return count, returns


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """In one line, as the rest of the program complains."""
        print(f"softrl: {message}", file=sys.stderr)
        sys.exit(2)


def main(arguments):
    """The program; returns the exit code."""
    parser = _Parser(prog="softrl record", description="Make a video of a trained agent.", allow_abbrev=False)
    parser.add_argument("run", help="the folder that `softrl train` wrote")
    parser.add_argument("--out", required=True, help="the .mp4 file")
    parser.add_argument("--episodes", type=int, default=1, help="how many, one after the other (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="of starts and actions (default: 1)")
    parser.add_argument("--best", action="store_true", help="best actions instead of drawn ones")
    parser.add_argument("--width", type=int, default=480, help="pixels (default: 480)")
    parser.add_argument("--height", type=int, default=480, help="pixels (default: 480)")
    parser.add_argument("--every", type=int, help="steps to an image (default: at most 30 images a second)")
    parser.add_argument("--fps", type=int, help="images a second (default: in the task's own time)")
    parser.add_argument("--camera", help="one of the MuJoCo model's (default: track, where there is one)")
    options = vars(parser.parse_args(arguments))
    try:
        count, returns = record(**options)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        parser.error(str(error).partition("\n")[0])
    print(f"{options['out']}: {count} images, return {', '.join(f'{x:.4g}' for x in returns)}")
    return 0
