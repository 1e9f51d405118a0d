#include "irl/route_similarity.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr int longest_n_gram = 4;
constexpr double matches_for_none = 0.1;  // Keeps the geometric mean of precisions above 0 (NLTK's smoothing method 1).

void check_observed(const std::vector<Route>& observed) {
  if (observed.empty()) throw std::invalid_argument("there is no observed route");
  for (const Route& route : observed)
    if (route.empty()) throw std::invalid_argument("an observed route has no links");
}

std::map<Route, int> count_n_grams(const Route& route, int n) {
  std::map<Route, int> counts;
  for (auto first = route.begin(); route.end() - first >= n; ++first) ++counts[Route(first, first + n)];
  return counts;
}

// The share of the n-grams of `predicted` found in an observed route, each at most as often as in one of these.
double precision(const Route& predicted, const std::vector<Route>& observed, int n) {
  std::map<Route, int> most;
  for (const Route& route : observed)
    for (const auto& [n_gram, count] : count_n_grams(route, n)) most[n_gram] = std::max(most[n_gram], count);
  int matches = 0;
  for (const auto& [n_gram, count] : count_n_grams(predicted, n)) {
    const auto found = most.find(n_gram);
    if (found != most.end()) matches += std::min(count, found->second);
  }
  if (matches == 0 && n == 1) return 0.0;
  const int n_grams = static_cast<int>(predicted.size()) - n + 1;
  return (matches > 0 ? matches : matches_for_none) / n_grams;
}

// Predictions shorter than the observed route of the nearest length (of two, the shorter) are held to be too short.
double brevity_penalty(int length, const std::vector<Route>& observed) {
  const auto nearest = std::min_element(observed.begin(), observed.end(), [&](const Route& a, const Route& b) {
    const int from_a = std::abs(static_cast<int>(a.size()) - length);
    const int from_b = std::abs(static_cast<int>(b.size()) - length);
    return from_a != from_b ? from_a < from_b : a.size() < b.size();
  });
  return std::min(1.0, std::exp(1.0 - static_cast<double>(nearest->size()) / length));
}

}  // namespace

double distance_in_common(const Route& predicted, const Route& trip, const Eigen::VectorXd& lengths) {
  const auto length = [&](int link) {
    check_in_range("link", link, 0, static_cast<double>(lengths.size() - 1));
    check_at_least("length", lengths(link), 0.0);
    return lengths(link);
  };
  std::map<int, int> predicted_times;
  for (const int link : predicted) {
    length(link);
    ++predicted_times[link];
  }
  double total = 0.0, common = 0.0;
  for (const int link : trip) {
    total += length(link);
    if (predicted_times[link]-- > 0) common += length(link);
  }
  if (!(total > 0.0) || !std::isfinite(total))
    throw std::invalid_argument(fmt::format("the length of a trip must be positive and finite, got {}", total));
  return common / total;
}

int edit_distance(const Route& a, const Route& b) {
  std::vector<int> above(b.size() + 1), row(b.size() + 1);  // from the first i − 1 and i links of a to the first j of b
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(above, row);
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j)
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
  }
  return row.back();
}

double nearest_edit_distance(const Route& predicted, const std::vector<Route>& observed) {
  check_observed(observed);
  double nearest = 1.0;
  for (const Route& route : observed)
    nearest = std::min(nearest, edit_distance(predicted, route) / static_cast<double>(route.size()));
  return nearest;
}

double bleu(const Route& predicted, const std::vector<Route>& observed) {
  check_observed(observed);
  if (predicted.empty()) throw std::invalid_argument("the predicted route has no links");
  const int length = static_cast<int>(predicted.size());
  const int orders = std::min(longest_n_gram, length);
  double log_precision = 0.0;
  for (int n = 1; n <= orders; ++n) log_precision += std::log(precision(predicted, observed, n)) / orders;
  return brevity_penalty(length, observed) * std::exp(log_precision);
}

RouteSimilarity compare_routes(const Route& predicted, const Route& trip, const std::vector<Route>& observed,
                               const Eigen::VectorXd& lengths) {
  const double in_common = distance_in_common(predicted, trip, lengths);
  return {.distance_in_common = in_common,
          .match_90 = in_common >= 0.9 - 1e-12,
          .exact_match = predicted == trip,
          .edit_distance = nearest_edit_distance(predicted, observed),
          .bleu = bleu(predicted, observed)};
}

}  // namespace softrl::irl
