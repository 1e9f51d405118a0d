// softrl.tabular: the exact solvers. Names, shapes, units, defaults and errors are those of the headers in tabular/.
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "bind_support.hpp"
#include "softrl/status.hpp"
#include "tabular/bellman.hpp"
#include "tabular/gridworld.hpp"
#include "tabular/mdp.hpp"
#include "tabular/policy_evaluation.hpp"
#include "tabular/solver.hpp"
#include "tabular/theory.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl;
using namespace softrl::tabular;
using Eigen::VectorXd;

namespace {

[[noreturn]] void raise_type_error(const std::string& message) {
  PyErr_SetString(PyExc_TypeError, message.c_str());
  throw nb::python_error();
}

template <class T>
std::vector<T> to_vector(const nb::module_& numpy, const nb::object& array) {
  using Array = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
  const auto view =
      nb::cast<Array>(numpy.attr("ascontiguousarray")(array, std::is_same_v<T, Index> ? "int32" : "float64"));
  return std::vector<T>(view.data(), view.data() + view.size());
}

// `numbers`, an array or a list, as a one-dimensional NumPy array of one of the `kinds` of dtype.
nb::object checked_array(const nb::module_& numpy, const char* name, const nb::object& numbers, const char* kinds,
                         const char* what) {
  nb::object array = numpy.attr("asarray")(numbers);
  if (nb::cast<int>(array.attr("ndim")) != 1)
    throw nb::value_error(
        fmt::format("{} must have one dimension, got {}", name, nb::cast<int>(array.attr("ndim"))).c_str());
  const auto kind = nb::cast<std::string>(array.attr("dtype").attr("kind"));
  const bool empty = nb::len(array) == 0;  // an empty list has no kind of its own
  if (!empty && std::string_view(kinds).find(kind) == std::string_view::npos)
    raise_type_error(
        fmt::format("{} must be {}, got {}", name, what, nb::cast<std::string>(array.attr("dtype").attr("name"))));
  return array;
}

std::vector<double> reals(const char* name, const nb::object& numbers) {
  if (numbers.is_none()) return {};
  const auto numpy = nb::module_::import_("numpy");
  return to_vector<double>(numpy, checked_array(numpy, name, numbers, "iuf", "numbers"));
}

// Refuses what a conversion to 32 bits would wrap or cut off.
std::vector<Index> indices(const char* name, const nb::object& numbers) {
  if (numbers.is_none()) return {};
  const auto numpy = nb::module_::import_("numpy");
  const nb::object array = checked_array(numpy, name, numbers, "iu", "integers");
  if (nb::len(array) > 0) {
    for (const nb::object& extreme : {array.attr("min")(), array.attr("max")()}) {
      if (extreme < nb::int_(std::numeric_limits<Index>::min()) ||
          extreme > nb::int_(std::numeric_limits<Index>::max()))
        throw nb::value_error(
            fmt::format("{} must fit 32-bit indices, got {}", name, nb::cast<std::string>(nb::str(extreme))).c_str());
    }
  }
  return to_vector<Index>(numpy, array);
}

Mdp make_mdp(double discount, const nb::object& action_offsets, const nb::object& rewards, const nb::object& successors,
             const nb::object& successor_offsets, const nb::object& probabilities, const nb::object& actions,
             const std::map<Index, double>& terminal, const nb::object& initial) {
  MdpArrays arrays{.discount = discount,
                   .action_offsets = indices("action_offsets", action_offsets),
                   .actions = indices("actions", actions),
                   .rewards = reals("rewards", rewards),
                   .successor_offsets = indices("successor_offsets", successor_offsets),
                   .successors = indices("successors", successors),
                   .probabilities = reals("probabilities", probabilities),
                   .terminal = {},
                   .initial = reals("initial", initial)};
  for (const auto& [state, value] : terminal) arrays.terminal.push_back({state, value});
  return Mdp(std::move(arrays));
}

void bind_mdp(nb::module_& m) {
  nb::class_<Mdp>(m, "Mdp", "A finite Markov decision process, stored sparsely; see tabular/mdp.hpp.")
      .def(
          "__init__",
          [](Mdp* self, double discount, const nb::object& action_offsets, const nb::object& rewards,
             const nb::object& successors, const nb::object& successor_offsets, const nb::object& probabilities,
             const nb::object& actions, const std::map<Index, double>& terminal, const nb::object& initial) {
            new (self) Mdp(make_mdp(discount, action_offsets, rewards, successors, successor_offsets, probabilities,
                                    actions, terminal, initial));
          },
          nb::kw_only(), "discount"_a, "action_offsets"_a, "rewards"_a, "successors"_a,
          "successor_offsets"_a = nb::none(), "probabilities"_a = nb::none(), "actions"_a = nb::none(),
          "terminal"_a = std::map<Index, double>(), "initial"_a = nb::none(),
          "From arrays or lists over state-action pairs, numbered state by state; those of indices hold integers.\n\n"
          "action_offsets [S+1]     first pair of each state, and K\n"
          "rewards [K]              r(s, a)\n"
          "successors [N]           s'; one for each pair unless successor_offsets is given\n"
          "successor_offsets [K+1]  first transition of each pair, and N\n"
          "probabilities [N]        P(s'|s, a), given with successor_offsets\n"
          "actions [K]              names of the actions, increasing within a state; default 0, 1, 2, ...\n"
          "terminal {state: value}  the states without actions\n"
          "initial [S]              distribution of the first state; default uniform over non-terminal states\n\n"
          "Raises ValueError naming state and action, for example where a row does not sum to 1.")
      .def("__repr__",
           [](const Mdp& mdp) {
             return fmt::format("<Mdp states={} pairs={} transitions={} discount={}>", mdp.states(), mdp.pairs(),
                                mdp.transitions(), mdp.discount());
           })
      .def_prop_ro("states", &Mdp::states, "Number of states S.")
      .def_prop_ro("pairs", &Mdp::pairs, "Number of state-action pairs K.")
      .def_prop_ro("transitions", &Mdp::transitions, "Number of stored transitions N.")
      .def_prop_ro("action_names", &Mdp::action_names, "Width A of a dense [S, A] table.")
      .def_prop_ro("discount", &Mdp::discount, "Discount in [0, 1].")
      .def_prop_ro("deterministic", &Mdp::deterministic, "Whether every pair has one sure successor.")
      .def(
          "is_terminal",
          [](const Mdp& mdp, Index state) {
            if (state < 0 || state >= mdp.states()) throw nb::index_error("state is out of range");
            return mdp.is_terminal(state);
          },
          "state"_a, "Whether `state` has no actions and keeps its value.")
      .def("with_discount", &Mdp::with_discount, "discount"_a, "The same process with another discount.")
      .def("initial_distribution", &Mdp::initial_distribution, "[S] distribution of the first state.");
  m.def("to_dense", &to_dense, "mdp"_a, "per_pair"_a, "missing"_a = 0.0,
        "[S, A] table of an array [K] over pairs; `missing` where an action is not available.");
}

void bind_gridworld(nb::module_& m) {
  nb::class_<Gridworld>(m, "Gridworld", "A world drawn as text; see tabular/gridworld.hpp for the file.")
      .def_ro("map", &Gridworld::map, "Rows of the map, of equal length.")
      .def_ro("slip", &Gridworld::slip, "Probability to move at a right angle to the action.")
      .def_ro("step_cost", &Gridworld::step_cost, "Subtracted from every step's reward.")
      .def_ro("discount", &Gridworld::discount, "The file's discount.")
      .def_prop_ro(
          "cells",
          [](const Gridworld& world) {
            Eigen::Matrix<int, Eigen::Dynamic, 2, Eigen::RowMajor> cells(world.cells.size(), 2);
            for (Eigen::Index s = 0; s < cells.rows(); ++s) {
              const Cell& cell = world.cells[static_cast<std::size_t>(s)];
              cells.row(s) << cell.row, cell.column;
            }
            return cells;
          },
          "[S, 2] row and column of each state, from the top left.")
      .def_ro("state_at", &Gridworld::state_at, "[rows, columns] state of each cell, -1 at walls.")
      .def(
          "symbol",
          [](const Gridworld& world, Index state) {
            if (state < 0 || static_cast<std::size_t>(state) >= world.cells.size())
              throw nb::index_error("state is out of range");
            return world.symbol(state);
          },
          "state"_a, "The map's character in the cell of `state`.")
      .def(
          "mdp",
          [](const Gridworld& world, std::optional<double> discount) {
            return gridworld_mdp(world, discount.value_or(world.discount));
          },
          "discount"_a = nb::none(),
          "The process; actions 0 up, 1 right, 2 down, 3 left. Default: the file's discount.");
  m.def("read_gridworld", &read_gridworld, "file"_a,
        "Reads a gridworld file. Raises RuntimeError 'file:line: what is wrong'.");
  m.def("parse_gridworld", &parse_gridworld, "text"_a, "name"_a = "gridworld",
        "The same from text; `name` stands for the file in messages.");
}

std::optional<std::pair<double, double>> gain_bounds(const Solution& solution) {
  if (!solution.existence) return std::nullopt;
  return std::pair(solution.existence->gain_lower, solution.existence->gain_upper);
}

void bind_solution(nb::module_& m) {
  nb::class_<Solution>(m, "Solution", "What a solver found and certifies; see tabular/solution.hpp.")
      .def_prop_ro("status", &status_of<Solution>, "'converged', 'iteration_limit', 'stalled' or 'infeasible'.")
      .def_prop_ro(
          "method", [](const Solution& s) { return std::string(to_string(s.method)); }, "The method that found it.")
      .def_ro("iterations", &Solution::iterations, "Sweeps, or linear solves of policy iteration.")
      .def_ro("residual", &Solution::residual, "max |TV - V| at the last sweep.")
      .def_ro("lower_gap", &Solution::lower_gap, "values - lower_gap <= V* in every state.")
      .def_ro("upper_gap", &Solution::upper_gap, "V* <= values + upper_gap in every state.")
      .def_ro("error_bound", &Solution::error_bound, "max |values - V*| is at most this, rounding included.")
      .def_prop_ro(
          "values", [](const Solution& s) { return read_only(s.values); }, "[S], reward units; read-only.")
      .def_prop_ro(
          "policy", [](const Solution& s) { return read_only(s.policy); },
          "[K] over pairs; read-only. to_dense() makes it [S, A].")
      .def_prop_ro(
          "gain", &gain_bounds,
          "(lower, upper) bounds of what a step is worth to a policy that never ends, at discount 1; else None. A "
          "solution exists while it is below 0; see tabular/feasibility.hpp.")
      .def("__repr__", [](const Solution& s) {
        return fmt::format("<Solution {} iterations={} error_bound={:.3g}>", to_string(s.status), s.iterations,
                           s.error_bound);
      });
  nb::class_<PolicyEvaluation>(m, "PolicyEvaluation", "The exact value of a policy; see tabular/policy_evaluation.hpp.")
      .def_prop_ro("status", &status_of<PolicyEvaluation>,
                   "'converged', or, at discount 1, 'infeasible' for a policy that may never end, or 'stalled'.")
      .def_ro("residual", &PolicyEvaluation::residual, "max |T_pi V - V|.")
      .def_ro("error_bound", &PolicyEvaluation::error_bound, "max |values - V_pi| is at most this, rounding included.")
      .def_prop_ro(
          "values", [](const PolicyEvaluation& e) { return read_only(e.values); }, "[S], reward units; read-only.")
      .def("__repr__", [](const PolicyEvaluation& e) {
        return fmt::format("<PolicyEvaluation {} error_bound={:.3g}>", to_string(e.status), e.error_bound);
      });
}

Method to_method(const std::string& name) {
  if (const auto method = method_named(name)) return *method;
  std::string names;
  for (const Method method : all_methods()) names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(method));
  throw nb::value_error(fmt::format("method must be one of {}, got '{}'", names, name).c_str());
}

void bind_backups(nb::module_& m) {
  m.def(
      "action_values",
      [](const Mdp& mdp, const VectorXd& values) {
        const BaseMeasure counting;
        return Bellman(mdp, 0.0, counting).action_values(values);
      },
      "mdp"_a, "values"_a, nb::call_guard<nb::gil_scoped_release>(),
      "[K] r(s, a) + discount E[values(s')] for `values` [S].");
  const PolicyEvaluationOptions defaults;
  m.def(
      "boltzmann_policy",
      [](const Mdp& mdp, const VectorXd& action_values, double temperature,
         const std::optional<VectorXd>& log_weights) {
        const BaseMeasure measure = to_measure(log_weights);
        return Bellman(mdp, temperature, measure).boltzmann(action_values);
      },
      "mdp"_a, "action_values"_a, nb::kw_only(), "temperature"_a = defaults.temperature, "log_weights"_a = nb::none(),
      nb::call_guard<nb::gil_scoped_release>(),
      "[K] the policy in proportion to exp(action_values / temperature), times exp(log_weights); see docs/math.md "
      "1.2.");
}

void bind_solvers(nb::module_& m) {
  std::vector<std::string> names;
  for (const Method method : all_methods()) names.emplace_back(to_string(method));
  m.attr("methods") = nb::cast(names);
  const SolverOptions options;
  m.def(
      "solve",
      [](const Mdp& mdp, const std::string& method, double temperature, double tolerance, int max_iterations,
         const std::optional<VectorXd>& log_weights, const std::optional<VectorXd>& initial_values, int threads,
         const std::optional<PythonObserver>& progress) {
        return solve(mdp, to_method(method),
                     {.temperature = temperature,
                      .tolerance = tolerance,
                      .max_iterations = max_iterations,
                      .base_measure = to_measure(log_weights),
                      .initial_values = initial_values.value_or(VectorXd()),
                      .threads = threads,
                      .progress = to_observer(progress)});
      },
      "mdp"_a, "method"_a = "auto", nb::kw_only(), "temperature"_a = options.temperature,
      "tolerance"_a = options.tolerance, "max_iterations"_a = options.max_iterations, "log_weights"_a = nb::none(),
      "initial_values"_a = nb::none(), "threads"_a = options.threads, "progress"_a = nb::none(),
      nb::call_guard<nb::gil_scoped_release>(),
      "The exact solution by one of `methods`; options, units and errors as in tabular/solution.hpp.\n\n"
      "log_weights [K]     log of the base measure; default 0, the entropy bonus\n"
      "initial_values [S]  warm start\n"
      "threads             0: one for each core; the answer does not depend on it\n"
      "progress            called each iteration with {'iteration', 'residual', 'error_bound'}");
  m.def(
      "states_without_exit",
      [](const Mdp& mdp, const std::optional<VectorXd>& log_weights) {
        return states_without_exit(mdp, to_measure(log_weights));
      },
      "mdp"_a, nb::kw_only(), "log_weights"_a = nb::none(), nb::call_guard<nb::gil_scoped_release>(),
      "The states from which no terminal state can be reached: with one of them, a model has no solution at discount "
      "1. `log_weights` [K] as for `solve`.");
  const PolicyEvaluationOptions defaults;
  m.def(
      "policy_evaluation",
      [](const Mdp& mdp, const VectorXd& policy, double temperature, const std::optional<VectorXd>& log_weights) {
        return policy_evaluation(mdp, policy, {.temperature = temperature, .base_measure = to_measure(log_weights)});
      },
      "mdp"_a, "policy"_a, nb::kw_only(), "temperature"_a = defaults.temperature, "log_weights"_a = nb::none(),
      nb::call_guard<nb::gil_scoped_release>(),
      "The value of `policy` [K]; see tabular/policy_evaluation.hpp. `log_weights` [K] as for the solvers.");
}

void bind_theory(nb::module_& m) {
  nb::class_<Theorem>(m, "Theorem", "A statement, measured; see tabular/theory.hpp.")
      .def_ro("id", &Theorem::id, "Its name for programs.")
      .def_ro("name", &Theorem::name, "Its name for people.")
      .def_ro("source", &Theorem::source, "Where it is stated.")
      .def_ro("statement", &Theorem::statement, "What is measured, as a formula.")
      .def_ro("measured", &Theorem::measured, "What came out.")
      .def_ro("bound", &Theorem::bound, "What it may be at most, rounding included.")
      .def_ro("holds", &Theorem::holds, "measured <= bound, and every instance that is to attain it does.")
      .def_prop_ro("margin", &Theorem::margin, "bound - measured.")
      .def_ro("measured_on", &Theorem::measured_on, "What the figures rest on.")
      .def_ro("skipped", &Theorem::skipped, "Why it does not apply to this model; empty if it was measured.")
      .def("__repr__", [](const Theorem& t) {
        return "<Theorem " + t.id + (!t.skipped.empty() ? " skipped>" : t.holds ? " holds>" : " FAILS>");
      });
  const TheoryOptions defaults;
  m.def(
      "verify",
      [](const Mdp& mdp, double temperature, const std::optional<VectorXd>& log_weights, std::uint64_t seed,
         int trials) {
        return verify_theory(TheorySetting(
            mdp,
            {.temperature = temperature, .base_measure = to_measure(log_weights), .seed = seed, .trials = trials}));
      },
      "mdp"_a, nb::kw_only(), "temperature"_a = defaults.temperature, "log_weights"_a = nb::none(),
      "seed"_a = defaults.seed, "trials"_a = defaults.trials, nb::call_guard<nb::gil_scoped_release>(),
      "Measures every statement of soft Bellman theory on `mdp`; one that does not apply to it is skipped. "
      "`log_weights` [K] as for the solvers.");
}

}  // namespace

void bind_tabular(nb::module_& m) {
  bind_mdp(m);
  bind_gridworld(m);
  bind_solution(m);
  bind_backups(m);
  bind_solvers(m);
  bind_theory(m);
}
