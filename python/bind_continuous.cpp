#include <nanobind/nanobind.h>

namespace nb = nanobind;

NB_MODULE(_continuous, m) { m.doc() = "Neural agents for continuous control."; }
