#include "continuous/learning_curves.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

#include "continuous/interval.hpp"
#include "softrl/check.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {
namespace {

// At interval, 2 interval, … up to `end`.
std::vector<std::optional<double>> values_of(const std::vector<ReturnRow>& rows, const LearningCurveOptions& options,
                                             std::int64_t end) {
  std::vector<std::optional<double>> values;
  std::size_t first = 0, last = 0;  // rows of the window: [first, last)
  const auto episodes_of = [&](std::size_t row) {
    return static_cast<double>(rows[row].episodes - (row > 0 ? rows[row - 1].episodes : 0));
  };
  for (std::int64_t t = options.interval; t <= end; t += options.interval) {
    while (last < rows.size() && rows[last].step <= t) ++last;
    while (first < last && rows[first].step <= t - options.window) ++first;
    double sum = 0.0, episodes = 0.0;
    for (std::size_t row = first; row < last; ++row) {
      if (!rows[row].mean_return) continue;
      sum += episodes_of(row) * *rows[row].mean_return;
      episodes += episodes_of(row);
    }
    values.push_back(episodes > 0.0 ? sum / episodes : values.empty() ? std::nullopt : values.back());
  }
  return values;
}

// The band at every point: percentiles over resamples of the runs. `values` is [runs][points].
void add_band(LearningCurve& curve, const std::vector<std::vector<double>>& values,
              const LearningCurveOptions& options) {
  const auto resamples = static_cast<std::size_t>(options.resamples);
  Random random(options.seed, "learning_curve");
  std::vector<std::vector<std::size_t>> drawn(resamples, std::vector<std::size_t>(values.size()));
  for (auto& runs : drawn)
    for (std::size_t& run : runs)
      run = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(values.size())));
  std::vector<double> means(resamples), returns(values.size());
  for (std::size_t p = 0; p < curve.value.size(); ++p) {
    for (std::size_t i = 0; i < resamples; ++i) {
      std::transform(drawn[i].begin(), drawn[i].end(), returns.begin(),
                     [&](std::size_t run) { return values[run][p]; });
      means[i] = interquartile_mean(returns);
    }
    const auto [low, high] = middle_95(means);
    curve.low.push_back(low);
    curve.high.push_back(high);
  }
}

}  // namespace

double interquartile_mean(std::vector<double> values) {
  check_count("number of values", static_cast<std::int64_t>(values.size()), 1);
  std::sort(values.begin(), values.end());
  const auto cut = static_cast<std::ptrdiff_t>(values.size() / 4);
  return std::accumulate(values.begin() + cut, values.end() - cut, 0.0) /
         static_cast<double>(values.end() - values.begin() - 2 * cut);
}

LearningCurve learning_curve(const std::vector<std::vector<ReturnRow>>& runs, const LearningCurveOptions& options) {
  check_count("number of runs", static_cast<std::int64_t>(runs.size()), 1);
  check_count("interval", options.interval, 1);
  check_count("window", options.window, 1);
  check_count("resamples", options.resamples, 40);
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  for (const auto& rows : runs) end = std::min(end, rows.empty() ? 0 : rows.back().step);

  std::vector<std::vector<std::optional<double>>> all;
  std::size_t begin = 0;  // the first point at which all runs have a value
  for (const auto& rows : runs) {
    all.push_back(values_of(rows, options, end));
    const auto known = std::find_if(all.back().begin(), all.back().end(), [](const auto& v) { return v.has_value(); });
    begin = std::max(begin, static_cast<std::size_t>(known - all.back().begin()));
  }
  LearningCurve curve;
  std::vector<std::vector<double>> values(runs.size());  // [runs][points]
  for (std::size_t p = begin; p < all.front().size(); ++p) {
    std::vector<double> at_point;
    for (std::size_t run = 0; run < runs.size(); ++run) {
      values[run].push_back(*all[run][p]);
      at_point.push_back(*all[run][p]);
    }
    curve.steps.push_back(static_cast<std::int64_t>(p + 1) * options.interval);
    curve.value.push_back(interquartile_mean(at_point));
  }
  add_band(curve, values, options);
  return curve;
}

}  // namespace softrl::continuous
