#include <nanobind/nanobind.h>

namespace nb = nanobind;

void bind_irl(nb::module_&) {}
