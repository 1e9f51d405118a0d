#include "irl/regularisation_path.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "irl/named_weights.hpp"
#include "irl/trips.hpp"
#include "softrl/check.hpp"
#include "softrl/parallel.hpp"
#include "softrl/random.hpp"

namespace softrl::irl {
namespace {

std::vector<double> penalties(const PathOptions& options) {
  std::vector<double> result;
  const double ratio = options.least / options.greatest;
  for (int i = 0; i < options.count; ++i)
    result.push_back(options.greatest * std::pow(ratio, static_cast<double>(i) / (options.count - 1)));
  return result;
}

// The fold of every trip: independent groups in random order, dealt out in turn.
std::vector<int> folds_of(const std::vector<Trip>& trips, const PathOptions& options) {
  const std::vector<int> groups = independent_groups(trips);
  std::vector<int> order(static_cast<std::size_t>(1 + *std::max_element(groups.begin(), groups.end())));
  if (static_cast<std::size_t>(options.folds) > order.size())
    throw std::invalid_argument(
        fmt::format("folds must be at most the number of independent trips, {}, got {}", order.size(), options.folds));
  std::iota(order.begin(), order.end(), 0);
  Random random(options.seed, "folds");
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  std::vector<int> result;
  for (const int group : groups) result.push_back(order[static_cast<std::size_t>(group)] % options.folds);
  return result;
}

// The trips of one fold, or all others.
RouteData part(const RouteData& data, const std::vector<int>& folds, int fold, bool inside) {
  std::vector<Trip> trips;
  for (std::size_t t = 0; t < folds.size(); ++t)
    if ((folds[t] == fold) == inside) trips.push_back(data.trips[t]);
  return with_trips(data, std::move(trips));
}

std::vector<FitResult> fits_along(RouteModel& model, const PathOptions& options, const std::function<void()>& tell) {
  const std::vector<std::string>& names = model.weight_names();
  const std::vector<bool> fixed = is_named(names, options.fit.fixed);
  FitOptions one = options.fit;
  one.progress = {};
  one.checkpoint = {};
  one.resume = {};
  std::vector<FitResult> result;
  for (const double penalty : penalties(options)) {
    one.l1 = options.kind == PenaltyKind::L1 ? penalty : 0.0;
    one.l2 = options.kind == PenaltyKind::L2 ? penalty : 0.0;
    result.push_back(fit(model, one));
    one.start.clear();
    for (std::size_t j = 0; j < names.size(); ++j)
      if (!fixed[j])
        one.start.push_back({.name = names[j], .value = result.back().weights(static_cast<Eigen::Index>(j))});
    tell();
  }
  return result;
}

}  // namespace

RegularisationPath regularisation_path(const ModelOfTrips& model, const RouteData& data, const PathOptions& options) {
  check_count("count", options.count, 2);
  check_count("folds", options.folds, 2);
  check_positive("least", options.least);
  check_finite("greatest", options.greatest);
  if (!(options.greatest > options.least))
    throw std::invalid_argument(
        fmt::format("greatest must be above least, {}, got {}", options.least, options.greatest));
  const std::vector<int> folds = folds_of(data.trips, options);
  const auto count = static_cast<std::size_t>(options.count);
  const auto tasks = static_cast<std::size_t>(options.folds) + 1;  // the folds, and all trips

  std::mutex telling;
  std::int64_t done = 0;
  const auto tell = [&] {
    const std::lock_guard lock(telling);
    ++done;
    if (options.progress)
      options.progress({.done = done, .limit = static_cast<std::int64_t>(tasks * count), .measurements = {}});
  };
  std::vector<FitResult> of_all;
  Eigen::MatrixXd held_out =
      Eigen::MatrixXd::Constant(options.folds, options.count, std::numeric_limits<double>::quiet_NaN());
  std::vector<std::exception_ptr> errors(tasks);
  parallel_for(thread_count(options.threads), static_cast<std::ptrdiff_t>(tasks), 1,
               [&](std::ptrdiff_t task, std::ptrdiff_t) {
                 try {
                   if (task == options.folds) {
                     of_all = fits_along(*model(data), options, tell);
                     return;
                   }
                   const auto fold = static_cast<int>(task);
                   const RouteData training = part(data, folds, fold, false), rest = part(data, folds, fold, true);
                   const std::vector<FitResult> fits = fits_along(*model(training), options, tell);
                   const std::unique_ptr<RouteModel> of_rest = model(rest);
                   for (std::size_t i = 0; i < count; ++i) {
                     const LikelihoodValue value = of_rest->evaluate(fits[i].weights);
                     if (fits[i].status == Status::Converged && value.status == PathSumStatus::Finite)
                       held_out(fold, static_cast<Eigen::Index>(i)) =
                           value.log_likelihood / static_cast<double>(rest.trips.size());
                   }
                 } catch (...) {
                   errors[static_cast<std::size_t>(task)] = std::current_exception();
                 }
               });
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);

  RegularisationPath path{.points = {}, .best = -1, .one_standard_error = -1};
  const std::vector<double> grid = penalties(options);
  Eigen::VectorXd shares = Eigen::VectorXd::Zero(options.folds);  // of the trips
  for (const int fold : folds) shares(fold) += 1.0 / static_cast<double>(folds.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Eigen::VectorXd of_folds = held_out.col(static_cast<Eigen::Index>(i));
    const double mean = shares.dot(of_folds), n = static_cast<double>(options.folds);
    path.points.push_back(
        {.penalty = grid[i],
         .fit = std::move(of_all[i]),
         .held_out = mean,
         .held_out_error = std::sqrt(shares.dot((of_folds.array() - mean).square().matrix()) / (n - 1.0)),
         .failed = static_cast<int>(of_folds.array().isNaN().count())});
    if (path.best < 0 || mean > path.points[static_cast<std::size_t>(path.best)].held_out)
      if (!std::isnan(mean)) path.best = static_cast<int>(i);
  }
  if (path.best < 0) return path;
  const PathPoint& best = path.points[static_cast<std::size_t>(path.best)];
  for (path.one_standard_error = 0;; ++path.one_standard_error)
    if (path.points[static_cast<std::size_t>(path.one_standard_error)].held_out >= best.held_out - best.held_out_error)
      return path;
}

}  // namespace softrl::irl
