"""Plots of results, by job. Each function returns a matplotlib Figure; nothing is shown or saved."""

from .plots_continuous import *  # noqa: F403
from .plots_routes import *  # noqa: F403
from .plots_tabular import *  # noqa: F403
