"""Plots of results, by job. Each function returns a matplotlib Figure; nothing is shown or saved."""

import importlib.util

from .plots_routes import *  # noqa: F403
from .plots_tabular import *  # noqa: F403

if importlib.util.find_spec(f"{__package__}.plots_continuous"):  # not there in a build without neural agents
    from .plots_continuous import *  # noqa: F403
