#include "irl/maximise.hpp"

#include <algorithm>
#include <exception>
#include <limits>
#include <memory>
#include <new>

#include <lbfgs.h>

namespace softrl::irl {
namespace {

// What libLBFGS minimises: −(L − L2 penalty) / unit, in variables θ · scale of curvature about 1. It adds the L1 norm
// of the variables itself, with one factor for all of them: they then share one scale.
struct Search {
  const Objective* objective;
  const MaximiseOptions* options;
  Eigen::VectorXd scale;
  Maximum result;
  std::exception_ptr exception = {};

  Eigen::VectorXd weights(const lbfgsfloatval_t* x) const {
    return Eigen::VectorXd::Map(x, scale.size()).cwiseQuotient(scale);
  }

  // Backtracking compares values before it looks at the gradient, so infinity always shortens the step.
  double evaluate(const lbfgsfloatval_t* x, lbfgsfloatval_t* gradient) {
    const Eigen::VectorXd theta = weights(x);
    const Penalty smooth{.l2 = options->penalty.l2};
    ++result.evaluations;
    std::fill(gradient, gradient + scale.size(), 0.0);
    const auto trial = theta.allFinite() ? (*objective)(theta) : std::nullopt;
    if (!trial) {
      ++result.infeasible_trials;
      return std::numeric_limits<double>::infinity();
    }
    Eigen::VectorXd::Map(gradient, scale.size()) =
        (smooth.slope(theta) - trial->gradient).cwiseQuotient(scale) / options->unit;
    return (smooth.value(theta) - trial->value) / options->unit;
  }

  // C calls these two; no exception may pass through it.
  static lbfgsfloatval_t evaluate_callback(void* self, const lbfgsfloatval_t* x, lbfgsfloatval_t* gradient, int,
                                           lbfgsfloatval_t) {
    auto& search = *static_cast<Search*>(self);
    try {
      if (!search.exception) return search.evaluate(x, gradient);
    } catch (...) {
      search.exception = std::current_exception();
    }
    return std::numeric_limits<double>::infinity();
  }
  static int progress_callback(void* self, const lbfgsfloatval_t* x, const lbfgsfloatval_t*, lbfgsfloatval_t value,
                               lbfgsfloatval_t, lbfgsfloatval_t, lbfgsfloatval_t, int, int iteration, int) {
    auto& search = *static_cast<Search*>(self);
    try {
      search.result.iterations = iteration;
      if (search.options->progress)
        search.options->progress(iteration, -value * search.options->unit, search.weights(x));
    } catch (...) {
      search.exception = std::current_exception();
    }
    return search.exception ? 1 : 0;
  }
};

}  // namespace

Maximum maximise(const Objective& objective, const Eigen::VectorXd& start, const MaximiseOptions& options) {
  const Eigen::Index n = start.size();
  if (n == 0) return {};
  Search search{.objective = &objective, .options = &options, .scale = options.scale, .result = {}};
  if (options.scale.size() == 0) search.scale.setOnes(n);
  const double l1 = options.penalty.l1;
  if (l1 > 0.0) search.scale.setConstant(search.scale.mean());

  const std::unique_ptr<lbfgsfloatval_t, decltype(&lbfgs_free)> x(lbfgs_malloc(static_cast<int>(n)), &lbfgs_free);
  if (!x) throw std::bad_alloc();
  Eigen::VectorXd::Map(x.get(), n) = start.cwiseProduct(search.scale);
  lbfgs_parameter_t parameters;
  lbfgs_parameter_init(&parameters);
  parameters.m = 10;
  parameters.epsilon = 1e-8;
  parameters.linesearch = l1 > 0.0 ? LBFGS_LINESEARCH_BACKTRACKING : LBFGS_LINESEARCH_BACKTRACKING_WOLFE;
  parameters.max_linesearch = 60;
  parameters.max_iterations = options.max_iterations;
  parameters.past = options.least_change > 0.0 ? 5 : 0;
  parameters.delta = options.least_change;
  parameters.orthantwise_c = l1 > 0.0 ? l1 / (options.unit * search.scale(0)) : 0.0;
  const int code = lbfgs(static_cast<int>(n), x.get(), nullptr, Search::evaluate_callback, Search::progress_callback,
                         &search, &parameters);
  if (search.exception) std::rethrow_exception(search.exception);
  search.result.weights = search.weights(x.get());
  search.result.iteration_limit = code == LBFGSERR_MAXIMUMITERATION;
  return search.result;
}

}  // namespace softrl::irl
