// One call into each installed module, with an answer known beforehand.
#include <cmath>
#include <cstdio>
#include <vector>

#include <irl/fit.hpp>
#include <irl/generated_city.hpp>
#include <irl/likelihood.hpp>
#include <softrl/operators.hpp>
#include <tabular/soft_value_iteration.hpp>
#ifdef SOFTRL_CONTINUOUS
#include <continuous/task.hpp>
#include <validation/task_model.hpp>
#endif

namespace {

int failures = 0;

void expect(bool condition, const char* what) {
  if (!condition) {
    std::printf("failed: %s\n", what);
    ++failures;
  }
}

}  // namespace

int main() {
  // V of two equal actions is Q + α log 2.
  const std::vector<double> q{3.0, 3.0};
  expect(std::abs(softrl::soft_value(q, 0.5) - (3.0 + 0.5 * std::log(2.0))) < 1e-14, "soft value");

  // Two actions that return to the one state with reward 3: V = (3 + α log 2) / (1 − γ).
  softrl::tabular::MdpBuilder builder(0.9);
  builder.add_state();
  builder.add_action(3.0, 0);
  builder.add_action(3.0, 0);
  const auto solution = softrl::tabular::soft_value_iteration(std::move(builder).build(), {.temperature = 0.5});
  expect(std::abs(solution.values(0) - (3.0 + 0.5 * std::log(2.0)) / 0.1) <= solution.error_bound, "value iteration");

  // At the maximum the gradient of the log-likelihood vanishes.
  const auto city = softrl::irl::generate_city({.rows = 5, .columns = 5, .destinations = 4, .trips = 100});
  softrl::irl::Likelihood likelihood(city);
  const auto fit = softrl::irl::fit(likelihood);
  expect(likelihood.evaluate(fit.weights).gradient.norm() < 1e-2, "fit");

#ifdef SOFTRL_CONTINUOUS
  expect(softrl::continuous::make_task("multi_goal")->reset(1).size() == 2, "task");
  expect(softrl::validation::task_model("multi_goal").goals.size() == 4, "task model");
#endif
  return failures;
}
