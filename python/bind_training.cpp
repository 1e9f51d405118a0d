// Training from Python, in softrl._continuous: on tasks, and on environments that are Python objects.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "bind_arrays.hpp"
#include "continuous/custom_environments.hpp"
#include "continuous/freed_memory.hpp"
#include "continuous/training.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace softrl;
using namespace softrl::continuous;
using Eigen::VectorXd;

namespace {

nb::object as_doubles(const nb::handle& values) {
  return nb::module_::import_("numpy").attr("asarray")(values, "dtype"_a = "float64");
}

BoxSpace box_of(const nb::object& space) {
  return {.low = nb::cast<VectorXd>(as_doubles(space.attr("low"))),
          .high = nb::cast<VectorXd>(as_doubles(space.attr("high")))};
}

double number_of(const nb::handle& value) {
  const double number = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  return number;
}

bool truth_of(const nb::handle& value) {
  const int truth = PyObject_IsTrue(value.ptr());
  if (truth < 0) throw nb::python_error();
  return truth == 1;
}

// What `convert` makes of a value that it may find to be of the wrong kind.
template <class Result>
Result converted(const char* expected, const nb::handle& value, Result (*convert)(const nb::handle&)) {
  try {
    return convert(value);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_ValueError)) throw;
    throw CustomEnvironment::BadOutcome(fmt::format("{}, got {}", expected, nb::repr(value).c_str()));
  }
}

nb::tuple entries(const nb::object& outcome, std::size_t count, const char* expected) {
  if (!nb::isinstance<nb::tuple>(outcome) || nb::len(outcome) != count)
    throw CustomEnvironment::BadOutcome(fmt::format("{}, got {}", expected, nb::repr(outcome).c_str()));
  return nb::borrow<nb::tuple>(outcome);
}

// A Gymnasium environment. Training runs without the interpreter's lock; each call takes it. What Python raises passes
// through unchanged, except where what was returned is no vector or no number.
class PythonEnvironment final : public CustomEnvironment {
 public:
  explicit PythonEnvironment(const nb::object& environment)
      : environment_(environment),
        action_type_(environment.attr("action_space").attr("dtype")),
        observation_box_(box_of(environment.attr("observation_space"))),
        action_box_(box_of(environment.attr("action_space"))),
        saves_(nb::hasattr(environment, "get_state") && nb::hasattr(environment, "set_state")) {}
  ~PythonEnvironment() override {
    const nb::gil_scoped_acquire gil;
    environment_.reset();
    action_type_.reset();
  }
  PythonEnvironment(const PythonEnvironment&) = delete;
  PythonEnvironment& operator=(const PythonEnvironment&) = delete;

  Space observation_space() const override { return observation_box_; }
  Space action_space() const override { return action_box_; }

  VectorXd reset(std::optional<std::uint64_t> seed) override {
    const nb::gil_scoped_acquire gil;
    const nb::object outcome = environment_.attr("reset")("seed"_a = seed ? nb::cast(*seed) : nb::none());
    return observation_of(entries(outcome, 2, "reset() must return (observation, info)")[0]);
  }

  Step<VectorXd> step(const VectorXd& action) override {
    const nb::gil_scoped_acquire gil;
    const nb::object outcome = environment_.attr("step")(nb::cast(action).attr("astype")(action_type_));
    const nb::tuple step = entries(outcome, 5, "step() must return (observation, reward, terminated, truncated, info)");
    return {.observation = observation_of(step[0]),
            .reward = converted("the reward must be a number", step[1], number_of),
            .terminated = converted("terminated must be true or false", step[2], truth_of),
            .truncated = converted("truncated must be true or false", step[3], truth_of)};
  }

  std::optional<std::string> save() const override {
    if (!saves_) return std::nullopt;
    const nb::gil_scoped_acquire gil;
    const nb::object state = environment_.attr("get_state")();
    if (!nb::isinstance<nb::bytes>(state))
      throw nb::type_error(
          fmt::format("get_state() must return bytes, got {}", nb::repr(state.type()).c_str()).c_str());
    const auto bytes = nb::borrow<nb::bytes>(state);
    return std::string(bytes.c_str(), bytes.size());
  }
  void load(const std::string& saved) override {
    const nb::gil_scoped_acquire gil;
    environment_.attr("set_state")(nb::bytes(saved.data(), saved.size()));
  }

 private:
  VectorXd observation_of(const nb::handle& observation) const {
    const nb::object array = converted("the observation must be an array of numbers", observation, as_doubles);
    const nb::object shape = array.attr("shape"), wanted = nb::make_tuple(observation_box_.low.size());
    if (!shape.equal(wanted))
      throw BadOutcome(
          fmt::format("the observation must have shape {}, got {}", nb::repr(wanted).c_str(), nb::repr(shape).c_str()));
    return nb::cast<VectorXd>(array);
  }

  nb::object environment_, action_type_;
  BoxSpace observation_box_, action_box_;
  bool saves_;
};

CustomList to_custom(const nb::list& environments) {
  CustomList list;
  for (const nb::handle environment : environments)
    list.push_back(std::make_unique<PythonEnvironment>(nb::borrow(environment)));
  return list;
}

// stop() is asked at most ten times a second, since that takes the interpreter's lock.
StopRequest stop_request(const nb::object& stop) {
  using Clock = std::chrono::steady_clock;
  return [&stop, last_look = Clock::now()]() mutable {
    if (Clock::now() - last_look < std::chrono::milliseconds(100)) return false;
    last_look = Clock::now();
    const nb::gil_scoped_acquire gil;
    return nb::cast<bool>(stop());
  };
}

// Values as JSON, which TOML reads alike.
TrainingOptions with_settings(const TrainingOptions& options, const nb::dict& settings) {
  const nb::object to_json = nb::module_::import_("json").attr("dumps");
  std::string toml;
  for (const auto& [key, value] : settings)
    toml += fmt::format("{} = {}\n", nb::str(to_json(key)).c_str(), nb::str(to_json(value)).c_str());
  try {
    return with_config(options, Config::parse(toml, "settings"));
  } catch (const std::runtime_error& error) {
    throw std::invalid_argument(error.what());
  }
}

// Runs it without the interpreter's lock, and tells Python how it ended.
template <class Run>
std::optional<double> mean_return(const std::filesystem::path& out, Run run) {
  keep_freed_memory();
  TrainingResult result{};
  {
    const nb::gil_scoped_release no_gil;
    result = run();
  }
  if (result.status == TrainingStatus::Interrupted) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw nb::python_error();
  }
  if (result.status == TrainingStatus::Diverged)
    throw std::runtime_error(fmt::format("{}: training diverged at step {}: {}; the last checkpoint is {}",
                                         out.string(), result.steps, result.cause, result.checkpoint.string()));
  return result.mean_return;
}

std::optional<double> train_from_python(const std::string& task, const std::filesystem::path& out,
                                        const nb::list& environments, const std::optional<std::string>& algorithm,
                                        std::optional<std::int64_t> seed, std::optional<std::int64_t> steps,
                                        const nb::dict& settings, const nb::object& stop) {
  const std::string profile = algorithm.value_or(TrainingOptions{}.algorithm);
  TrainingOptions options = with_settings(default_training_options(task, profile), settings);
  if (seed) options.seed = to_seed(*seed);
  options.steps = steps.value_or(options.steps);
  CustomList custom = to_custom(environments);
  return mean_return(out, [&] { return train(options, out, {}, stop_request(stop), std::move(custom)); });
}

std::optional<double> resume_from_python(const std::filesystem::path& out, const nb::list& environments,
                                         std::optional<std::int64_t> steps, const nb::object& stop) {
  CustomList custom = to_custom(environments);
  return mean_return(out, [&] { return resume_training(out, steps, {}, stop_request(stop), std::move(custom)); });
}

}  // namespace

void bind_training(nb::module_& m) {
  m.def("train", &train_from_python, "task"_a, "out"_a, nb::kw_only(), "environments"_a, "algorithm"_a.none(),
        "seed"_a.none(), "steps"_a.none(), "settings"_a, "stop"_a, "softrl.train, its environments made.");
  m.def("resume", &resume_from_python, "out"_a, nb::kw_only(), "environments"_a, "steps"_a.none(), "stop"_a,
        "softrl.resume, its environments made.");
}
