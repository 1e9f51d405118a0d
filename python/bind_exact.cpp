// The extension module softrl._exact: core, tabular and irl. Each module binds itself in its own file.
#include <nanobind/nanobind.h>

#include "softrl/version.hpp"

namespace nb = nanobind;

void bind_tabular(nb::module_& m);
void bind_irl(nb::module_& m);
void bind_learning(nb::module_& m);
void bind_maxent_irl(nb::module_& m);
void bind_measures(nb::module_& m);
void bind_models(nb::module_& m);

NB_MODULE(_exact, m) {
  m.attr("__version__") = softrl::version;
  auto tabular = m.def_submodule("tabular", "Exact solvers for finite MDPs.");
  bind_tabular(tabular);
  bind_measures(tabular);
  bind_models(tabular);
  bind_learning(tabular);
  auto irl =
      m.def_submodule("irl", "Maximum-entropy inverse reinforcement learning: route preferences, and any finite MDP.");
  bind_irl(irl);
  bind_maxent_irl(irl);
}
