"""Every continuous task as a Gymnasium environment, registered when softrl is imported and Gymnasium is there.

    import gymnasium, softrl
    env = gymnasium.make("softrl/HalfCheetah-v5", ctrl_cost_weight=0.2)
    env = gymnasium.make("softrl/MultiGoal-v0")

Keyword arguments are the options of the task (`softrl tasks HalfCheetah-v5`). A task that Gymnasium has, too, is equal to
it step by step. Nothing is rendered.
"""

import gymnasium
import numpy as np
from gymnasium.utils import EzPickle

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


class TaskEnvironment(gymnasium.Env, EzPickle):
    """A task of softrl.continuous. Episodes have no limit of their own: gymnasium.make() adds it."""

    metadata = {"render_modes": []}

    def __init__(self, task, render_mode=None, **options):
        from . import continuous  # loads Torch, so not before an environment is made

        EzPickle.__init__(self, task, render_mode, **options)
        if render_mode is not None:
            raise ValueError(f"render_mode must be None, got {render_mode!r}: nothing is rendered")
        self.render_mode = None
        self.task = continuous.make_task(task, max_episode_steps=2**31 - 1, **options)
        self.observation_space = gymnasium.spaces.Box(
            self.task.observation_low, self.task.observation_high, dtype=np.float64
        )
        # In single precision, as Gymnasium's.
        self.action_space = gymnasium.spaces.Box(
            self.task.action_low.astype(np.float32), self.task.action_high.astype(np.float32), dtype=np.float32
        )
        if self.task.step_s > 0.0:
            self.dt = self.task.step_s

    def reset(self, *, seed=None, options=None):
        """Start an episode; the task's own generator is seeded by np_random each time."""
        super().reset(seed=seed)
        return self.task.reset(seed=int(self.np_random.integers(2**63)))

    def step(self, action):
        return self.task.step(np.asarray(action, dtype=np.float64))

    def set_state(self, *state):
        """Start an episode in a state: set_state(qpos, qvel) of a MuJoCo task, set_state(position) of multi-goal."""
        return self.task.set_state(np.concatenate([np.ravel(part) for part in state]).astype(np.float64))

    def state_vector(self):
        """The state, as set_state() takes it."""
        return self.task.state


def register():
    """Make the environments known to Gymnasium; done by `import softrl`."""
    for id, (task, time_limit) in IDS.items():
        if f"softrl/{id}" not in gymnasium.registry:
            gymnasium.register(
                id=f"softrl/{id}",
                entry_point="softrl.environments:TaskEnvironment",
                max_episode_steps=time_limit,
                kwargs={"task": task},
            )
