"""Every continuous task as a Gymnasium environment, registered when softrl is imported and Gymnasium is there.

    import gymnasium, softrl
    env = gymnasium.make("softrl/HalfCheetah-v5", ctrl_cost_weight=0.2)
    env = gymnasium.make("softrl/MultiGoal-v0")
    envs = gymnasium.make_vec("softrl/Ant-v5", num_envs=16, threads=2)

Keyword arguments are the options of the task (`softrl tasks HalfCheetah-v5`). A task that Gymnasium has, too, is equal to
it step by step. render_mode="rgb_array" gives images of `width` and `height` pixels (softrl/rendering.py); `camera_name`
is one of a MuJoCo task's model, "track" by default where there is one.
"""

import gymnasium
import numpy as np
from gymnasium.utils import EzPickle
from gymnasium.vector.utils import batch_space

# Gymnasium's id: our name, and the time limit, which Gymnasium's registry must know before a task is made.
IDS = {
    "Ant-v5": ("Ant-v5", 1000),
    "DoubleIntegrator-v0": ("double_integrator", 100),
    "HalfCheetah-v5": ("HalfCheetah-v5", 1000),
    "Hopper-v5": ("Hopper-v5", 1000),
    "Humanoid-v5": ("Humanoid-v5", 1000),
    "HumanoidStandup-v5": ("HumanoidStandup-v5", 1000),
    "InvertedDoublePendulum-v5": ("InvertedDoublePendulum-v5", 1000),
    "InvertedPendulum-v5": ("InvertedPendulum-v5", 1000),
    "LQG-v0": ("lqg", 100),
    "MultiGoal-v0": ("multi_goal", 30),
    "MultiGoalMixture-v0": ("multi_goal_mixture", 30),
    "Pendulum-v1": ("Pendulum-v1", 200),
    "Pusher-v5": ("Pusher-v5", 100),
    "Reacher-v5": ("Reacher-v5", 50),
    "Swimmer-v5": ("Swimmer-v5", 1000),
    "Walker2d-v5": ("Walker2d-v5", 1000),
}


def spaces(task):
    """Of observations, in double precision, and of actions, in single precision as Gymnasium's."""
    box, single = gymnasium.spaces.Box, np.float32
    return (
        box(task.observation_low, task.observation_high, dtype=np.float64),
        box(task.action_low.astype(single), task.action_high.astype(single), dtype=single),
    )


class TaskEnvironment(gymnasium.Env, EzPickle):
    """A task of softrl.continuous. Episodes have no limit of their own: gymnasium.make() adds it."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, task, render_mode=None, width=480, height=480, camera_name=None, **options):
        from . import continuous  # loads Torch, so not before an environment is made

        EzPickle.__init__(self, task, render_mode, width, height, camera_name, **options)
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode must be None or rgb_array, got {render_mode!r}")
        self.render_mode = render_mode
        self.task = continuous.make_task(task, max_episode_steps=2**31 - 1, **options)
        self._view = {"width": width, "height": height, "camera": camera_name} | options
        self._renderer = None  # made by the first render()
        self.observation_space, self.action_space = spaces(self.task)
        if self.task.step_s > 0.0:
            self.dt = self.task.step_s
            self.metadata = self.metadata | {"render_fps": round(1 / self.dt)}

    def reset(self, *, seed=None, options=None):
        """Start an episode; the task's own generator is seeded by np_random each time."""
        super().reset(seed=seed)
        self._start_view()
        return self.task.reset(seed=int(self.np_random.integers(2**63)))

    def step(self, action):
        return self.task.step(np.asarray(action, dtype=np.float64))

    def set_state(self, *state):
        """Start an episode in a state: set_state(qpos, qvel) of a MuJoCo task, set_state(position) of multi-goal."""
        self._start_view()
        return self.task.set_state(np.concatenate([np.ravel(part) for part in state]).astype(np.float64))

    def state_vector(self):
        """The state, as set_state() takes it."""
        return self.task.state

    def render(self):
        """The image of the state, [height, width, 3]; None, with a warning, without a render_mode."""
        if self.render_mode is None:
            return gymnasium.logger.warn('render() needs gymnasium.make(..., render_mode="rgb_array")')
        if self._renderer is None:
            from .rendering import make_renderer

            self._renderer = make_renderer(self.task, **self._view)
        return self._renderer.image()

    def close(self):
        """Give back what the renderer holds."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _start_view(self):
        if self._renderer is not None:
            self._renderer.start()


class TaskVectorEnvironment(gymnasium.vector.VectorEnv):
    """Copies of a task, stepped at once by softrl.continuous.VectorEnvironment on `threads` threads (0: all cores).

    Episodes that end begin again in the same step: infos["final_obs"] and infos["final_info"] say where and how they
    ended. reset(seed=s) gives copy i the seed s + i.
    """

    metadata = {"render_modes": [], "autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}

    def __init__(self, num_envs, task, threads=1, **options):
        from . import continuous

        self.num_envs = num_envs
        self.copies = continuous.VectorEnvironment(task, num_envs, threads, **options)
        self.single_observation_space, self.single_action_space = spaces(continuous.make_task(task, **options))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        """Start an episode in every copy; without a seed, seeds are drawn from np_random."""
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(2**62))
        return self.copies.reset(seed=seed), {}

    def step(self, actions):
        """One step of every copy."""
        actions = np.ascontiguousarray(actions, dtype=np.float64)
        observations, rewards, terminated, truncated, final = self.copies.step(actions)
        over = terminated | truncated
        infos = self.copies.info()
        infos |= {f"_{key}": ~over for key in infos}
        if over.any():
            infos["final_info"] = {key: ~values if key.startswith("_") else values for key, values in infos.items()}
            infos["final_obs"] = np.full(self.num_envs, None, dtype=object)
            for i in np.flatnonzero(over):
                infos["final_obs"][i] = final[i]
            infos["_final_info"], infos["_final_obs"] = over, over.copy()
        return observations, rewards, terminated, truncated, infos


def register():
    """Make the environments known to Gymnasium; done by `import softrl`."""
    for id, (task, time_limit) in IDS.items():
        if f"softrl/{id}" not in gymnasium.registry:
            gymnasium.register(
                id=f"softrl/{id}",
                entry_point="softrl.environments:TaskEnvironment",
                vector_entry_point="softrl.environments:TaskVectorEnvironment",
                max_episode_steps=time_limit,
                kwargs={"task": task},
            )
