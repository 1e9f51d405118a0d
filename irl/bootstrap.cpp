#include "irl/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include <Eigen/Cholesky>
#include <fmt/format.h>

#include "irl/trips.hpp"
#include "softrl/check.hpp"
#include "softrl/parallel.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

// A step with an old Hessian should leave at most this share of the gain.
constexpr double enough = 0.3;

// What all replications have in common.
struct Setting {
  const ModelOfTrips& model;
  const RouteData& data;
  const BootstrapOptions& options;
  std::vector<std::vector<int>> groups;  // of trips
  Eigen::VectorXd weights;               // [K] of all trips
  std::vector<int> free;                 // those that are estimated
  Eigen::MatrixXd inverse;               // [free × free] (−H)⁻¹ of all trips
  RowMatrix scores;                      // [groups × free] there
  bool whole_fits;                       // without the three above, but with
  std::vector<bool> varies;              // [K] all that are not fixed
};

// Maximises the likelihood of a resample.
BootstrapReplication refit(const Setting& setting, RouteModel& model, const Eigen::VectorXd& first_step) {
  const std::vector<int>& free = setting.free;
  Eigen::MatrixXd inverse = setting.inverse;
  Eigen::VectorXd weights = setting.weights, step = first_step;
  double best = -std::numeric_limits<double>::infinity();  // log-likelihood at `weights`, once known
  double gain = std::numeric_limits<double>::infinity();
  for (int i = 0; i < setting.options.max_steps; ++i) {
    Eigen::VectorXd trial = weights;
    trial(free) += step;
    LikelihoodValue value = model.evaluate(trial);
    if (value.status != PathSumStatus::Finite || value.log_likelihood < best - 1e-9 * std::abs(best)) {
      step *= 0.5;
      continue;
    }
    weights = std::move(trial);
    best = value.log_likelihood;
    Eigen::VectorXd slope = value.gradient(free);
    step = inverse * slope;
    const double next_gain = 0.5 * slope.dot(step);
    if (next_gain <= setting.options.tolerance) return {.converged = true, .weights = std::move(weights)};
    if (next_gain > enough * gain) {
      const LikelihoodCurvature here = model.curvature(weights);
      const Eigen::LLT<Eigen::MatrixXd> factor(-here.hessian(free, free));
      if (here.status != PathSumStatus::Finite || factor.info() != Eigen::Success) break;
      inverse = factor.solve(Eigen::MatrixXd::Identity(slope.size(), slope.size()));
      step = inverse * slope;
    }
    gain = 0.5 * slope.dot(step);
  }
  return {.converged = false, .weights = std::move(weights)};
}

// The same by a whole fit, which knows of bounds, penalties and kinks.
BootstrapReplication refit_within(const Setting& setting, RouteModel& model) {
  const std::vector<std::string>& names = model.weight_names();
  FitOptions options = setting.options.fit;
  options.tolerance = setting.options.tolerance;
  options.start.clear();
  options.fixed.clear();
  for (std::size_t j = 0; j < names.size(); ++j)
    (setting.varies[j] ? options.start : options.fixed)
        .push_back({names[j], setting.weights(static_cast<Eigen::Index>(j))});
  FitResult found = fit(model, options);
  return {.converged = found.status == Status::Converged && found.warnings.empty(),
          .weights = std::move(found.weights)};
}

BootstrapReplication replication(const Setting& setting, std::uint64_t index) {
  Random random(setting.options.seed, "bootstrap", index);
  std::vector<Trip> trips;
  Eigen::RowVectorXd score = Eigen::RowVectorXd::Zero(setting.scores.cols());
  for (std::size_t i = 0; i < setting.groups.size(); ++i) {
    const std::int64_t drawn = random.below(static_cast<std::int64_t>(setting.groups.size()));
    for (const int trip : setting.groups[static_cast<std::size_t>(drawn)])
      trips.push_back(setting.data.trips[static_cast<std::size_t>(trip)]);
    if (!setting.whole_fits) score += setting.scores.row(drawn);
  }
  const RouteData resample = with_trips(setting.data, std::move(trips));
  const std::unique_ptr<RouteModel> model = setting.model(resample);
  if (setting.whole_fits) return refit_within(setting, *model);
  return refit(setting, *model, setting.inverse * score.transpose());
}

Setting prepare(const ModelOfTrips& model, const RouteData& data, const FitResult& all,
                const BootstrapOptions& options) {
  Setting setting{.model = model,
                  .data = data,
                  .options = options,
                  .groups = {},
                  .weights = all.weights,
                  .free = {},
                  .inverse = {},
                  .scores = {},
                  .whole_fits = false,
                  .varies = all.estimated};
  const std::vector<int> group_of = independent_groups(data.trips);
  setting.groups.resize(static_cast<std::size_t>(1 + *std::max_element(group_of.begin(), group_of.end())));
  for (std::size_t t = 0; t < group_of.size(); ++t)
    setting.groups[static_cast<std::size_t>(group_of[t])].push_back(static_cast<int>(t));
  const std::unique_ptr<RouteModel> model_of_all = model(data);
  const FitOptions& of_fit = options.fit;
  setting.whole_fits = !of_fit.bounds.empty() || of_fit.l1 > 0.0 || of_fit.l2 > 0.0 || model_of_all->has_kinks();
  const std::vector<bool> fixed = is_named(model_of_all->weight_names(), of_fit.fixed);
  for (std::size_t j = 0; j < setting.varies.size(); ++j)
    if (all.at_bound[j] || of_fit.l1 > 0.0) setting.varies[j] = !fixed[j];
  const auto estimated = std::count(all.estimated.begin(), all.estimated.end(), true);
  if (static_cast<std::ptrdiff_t>(setting.groups.size()) <= estimated)
    throw std::invalid_argument(
        fmt::format("a bootstrap of {} independent trips or clusters of them says nothing of {} weights",
                    setting.groups.size(), estimated));
  if (setting.whole_fits) return setting;
  for (int j = 0; j < static_cast<int>(all.estimated.size()); ++j)
    if (all.estimated[static_cast<std::size_t>(j)]) setting.free.push_back(j);
  const Eigen::MatrixXd covariance = all.covariance(setting.free, setting.free);
  if (setting.free.empty() || !covariance.allFinite())
    throw std::invalid_argument("there is no bootstrap of a fit without standard errors");
  setting.inverse = covariance;
  const RowMatrix scores = model_of_all->curvature(all.weights).scores(Eigen::indexing::all, setting.free);
  setting.scores = RowMatrix::Zero(static_cast<Eigen::Index>(setting.groups.size()), scores.cols());
  for (std::size_t t = 0; t < group_of.size(); ++t)
    setting.scores.row(group_of[t]) += scores.row(static_cast<Eigen::Index>(t));
  return setting;
}

// Of sorted values, linear between them.
double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::vector<BootstrapReplication> bootstrap(const ModelOfTrips& model, const RouteData& data, const FitResult& all,
                                            const BootstrapOptions& options) {
  check_count("replications", options.replications, 2);
  check_positive("tolerance", options.tolerance);
  check_count("max_steps", options.max_steps, 1);
  const int threads = thread_count(options.threads);
  const auto wanted = static_cast<std::size_t>(options.replications);
  std::vector<BootstrapReplication> result = options.finished;
  if (result.size() > wanted)
    throw std::invalid_argument(
        fmt::format("replications: {} are finished, and {} wanted", result.size(), options.replications));
  const Setting setting = prepare(model, data, all, options);
  const auto report = [&] {
    const auto failed = std::count_if(result.begin(), result.end(), [](const auto& one) { return !one.converged; });
    const Measurement measurement{"failed", static_cast<double>(failed)};
    if (options.progress)
      options.progress({.done = static_cast<std::int64_t>(result.size()),
                        .limit = options.replications,
                        .measurements = {&measurement, 1}});
  };
  report();
  while (result.size() < wanted) {
    const std::size_t begin = result.size(), count = std::min(wanted - begin, static_cast<std::size_t>(4 * threads));
    std::vector<std::exception_ptr> errors(count);
    result.resize(begin + count);
    parallel_for(threads, static_cast<std::ptrdiff_t>(count), 1, [&](std::ptrdiff_t first, std::ptrdiff_t) {
      const auto i = static_cast<std::size_t>(first);
      try {
        result[begin + i] = replication(setting, begin + i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    });
    for (const std::exception_ptr& error : errors)
      if (error) std::rethrow_exception(error);
    if (options.checkpoint) options.checkpoint(result);
    report();
  }
  return result;
}

BootstrapSummary summarise(const std::vector<BootstrapReplication>& replications, double confidence) {
  check_in_range("confidence", confidence, 0.0, 1.0);
  std::vector<const Eigen::VectorXd*> rows;
  for (const BootstrapReplication& one : replications)
    if (one.converged) rows.push_back(&one.weights);
  const Eigen::Index weights = replications.empty() ? 0 : replications.front().weights.size();
  const Eigen::VectorXd nan = Eigen::VectorXd::Constant(weights, std::numeric_limits<double>::quiet_NaN());
  BootstrapSummary summary{.failed = static_cast<int>(replications.size() - rows.size()),
                           .mean = nan,
                           .covariance = nan.replicate(1, weights),
                           .lower = nan,
                           .upper = nan};
  if (rows.size() < 2) return summary;
  Eigen::MatrixXd drawn(static_cast<Eigen::Index>(rows.size()), weights);
  for (Eigen::Index i = 0; i < drawn.rows(); ++i) drawn.row(i) = rows[static_cast<std::size_t>(i)]->transpose();
  summary.mean = drawn.colwise().mean().transpose();
  const Eigen::MatrixXd apart = drawn.rowwise() - summary.mean.transpose();
  summary.covariance = apart.transpose() * apart / static_cast<double>(drawn.rows() - 1);
  for (Eigen::Index j = 0; j < weights; ++j) {
    std::vector<double> sorted(drawn.col(j).begin(), drawn.col(j).end());
    std::sort(sorted.begin(), sorted.end());
    summary.lower(j) = quantile(sorted, 0.5 * (1.0 - confidence));
    summary.upper(j) = quantile(sorted, 0.5 * (1.0 + confidence));
  }
  return summary;
}

}  // namespace softrl::irl
