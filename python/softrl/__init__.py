"""softrl: maximum-entropy reinforcement learning, exact where it can be, learned where it cannot.

    softrl.tabular     certified soft solutions of finite MDPs and gridworlds
    softrl.irl         MaxEnt inverse reinforcement learning on any finite MDP
    softrl.routes      MaxEnt inverse reinforcement learning (recursive logit) on road networks
    softrl.continuous  soft Q-learning agents (loads Torch, so only on first use)
    softrl.train       an agent on one of our tasks or on any Gymnasium environment with continuous actions
    softrl.environments  the continuous tasks as Gymnasium environments, "softrl/Ant-v5" and so on

The mathematics lives in C++; arrays go in and out as NumPy.
"""

import importlib
import importlib.util

from . import irl, routes, tabular
from ._exact import __version__

__all__ = ["__version__", "continuous", "irl", "plots", "resume", "routes", "tabular", "train"]


def __getattr__(name):
    if name in ("continuous", "plots"):
        return importlib.import_module(f".{name}", __name__)
    if name in ("resume", "train"):
        return getattr(importlib.import_module(".training", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if importlib.util.find_spec("gymnasium") is not None:
    from . import environments

    environments.register()
