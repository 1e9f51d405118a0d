#include <nanobind/nanobind.h>

namespace nb = nanobind;

void bind_tabular(nb::module_&) {}
