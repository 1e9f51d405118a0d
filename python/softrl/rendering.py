"""Images of continuous tasks: of MuJoCo's by Gymnasium's own environment put into the same state, without a screen; of
the others by a drawing.

    renderer = softrl.rendering.make_renderer(task, width=640, height=480)
    renderer.start()             # an episode begins
    image = renderer.image()     # [height, width, 3], uint8: the task as it is now
"""

import os

import gymnasium
import numpy as np

from .drawings import DRAWINGS

FOLLOWING = "track"  # what Gymnasium's models call the camera that goes along


class _MuJoCoView:
    """What Gymnasium's environment shows of the task's state."""

    def __init__(self, task, width, height, camera, options):
        if not os.environ.get("DISPLAY"):
            os.environ.setdefault("MUJOCO_GL", "egl")
        self.task = task
        view = {"render_mode": "rgb_array", "width": width, "height": height}
        self.view = gymnasium.make(task.name, disable_env_checker=True, **view, **options).unwrapped
        model = self.view.model
        cameras = [model.camera(i).name for i in range(model.ncam)]
        if camera is None and FOLLOWING in cameras:
            camera = FOLLOWING
        elif camera is not None and camera not in cameras:
            raise ValueError(f"camera must be one of {', '.join(cameras) or '(the model has none)'}, got {camera}")
        # Gymnasium's own view, of no camera, stays where it is while runners leave it.
        self.view.mujoco_renderer.camera_id = -1 if camera is None else model.camera(camera).id

    def start(self):
        pass

    def image(self):
        qpos, qvel = np.split(self.task.state, [self.view.model.nq])
        self.view.set_state(qpos, qvel)
        if viewer := self.view.mujoco_renderer.viewer:
            viewer.make_context_current()  # another environment's may be
        return self.view.render()

    def close(self):
        self.view.close()


class _Drawing:
    """A matplotlib drawing of the states of the episode so far."""

    def __init__(self, task, width, height, camera):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        if camera is not None:
            raise ValueError(f"camera must be None: {task.name} is no MuJoCo task, got {camera}")
        self.task, self.states = task, []
        self.figure = Figure(figsize=(width / 100, height / 100), dpi=100, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.update = DRAWINGS[task.name](self.figure.subplots())

    def start(self):
        self.states = []

    def image(self):
        self.states.append(self.task.state)
        self.update(np.array(self.states))
        self.canvas.draw()
        return np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    def close(self):
        pass


def make_renderer(task, width=480, height=480, camera=None, **options):
    """A renderer of a softrl.continuous.Task that was made with `options`. Of a MuJoCo task `camera` is one of its
    model's (default: "track", and where there is none Gymnasium's view). Images are of the state at the time of image();
    call start() at each start of an episode, and image() once a step."""
    for name, value in (("width", width), ("height", height)):
        if not 64 <= value <= 4096:
            raise ValueError(f"{name} must be in [64, 4096], got {value}")
    if task.name in DRAWINGS:
        return _Drawing(task, width, height, camera)
    return _MuJoCoView(task, width, height, camera, options)
