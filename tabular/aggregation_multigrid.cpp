#include "tabular/aggregation_multigrid.hpp"

#include <algorithm>

namespace softrl::tabular {
namespace {

constexpr Index coarsest_states = 200;
constexpr int coarsest_sweeps = 20;
constexpr std::size_t most_levels = 30;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

// Joins each state to the free one that it is most strongly tied to, in both directions. Returns the number of pairs.
Index join_pairs(const PolicyMatrix& a, std::vector<Index>& aggregate) {
  aggregate.assign(at(a.states()), -1);
  Index count = 0;
  for (Index s = 0; s < a.states(); ++s) {
    if (aggregate[at(s)] >= 0) continue;
    float strongest = 0.0f;
    Index partner = -1;
    for (Index k = a.begin[at(s)]; k < a.end[at(s)]; ++k) {
      const Index other = a.columns[at(k)];
      if (aggregate[at(other)] >= 0) continue;
      float tie = a.weights[at(k)];
      for (Index m = a.begin[at(other)]; m < a.end[at(other)]; ++m) {
        if (a.columns[at(m)] == s) tie += a.weights[at(m)];
      }
      if (tie > strongest) {
        strongest = tie;
        partner = other;
      }
    }
    aggregate[at(s)] = count;
    if (partner >= 0) aggregate[at(partner)] = count;
    ++count;
  }
  return count;
}

// Pᵀ A P with P the indicators of the aggregates: rows of the joined states add up.
PolicyMatrix joined(const PolicyMatrix& a, const std::vector<Index>& aggregate, Index count) {
  std::vector<Index> first(at(count), -1), next(at(a.states()), -1);  // lists of members
  for (Index s = a.states(); s-- > 0;) {
    next[at(s)] = first[at(aggregate[at(s)])];
    first[at(aggregate[at(s)])] = s;
  }
  PolicyMatrix result;
  result.begin.reserve(at(count) + 1);
  result.begin.push_back(0);
  result.columns.reserve(a.columns.size());  // The most there can be: memory that is not written to costs nothing.
  result.weights.reserve(a.columns.size());
  result.diagonal.resize(at(count));
  std::vector<Index> place(at(count), -1);  // of a column in the row at hand
  for (Index c = 0; c < count; ++c) {
    const Index row = result.begin.back();
    double diagonal = 0.0;
    for (Index s = first[at(c)]; s >= 0; s = next[at(s)]) {
      diagonal += static_cast<double>(a.diagonal[at(s)]);
      for (Index k = a.begin[at(s)]; k < a.end[at(s)]; ++k) {
        const Index column = aggregate[at(a.columns[at(k)])];
        if (column == c) {
          diagonal -= static_cast<double>(a.weights[at(k)]);
        } else if (place[at(column)] < row) {
          place[at(column)] = static_cast<Index>(result.columns.size());
          result.columns.push_back(column);
          result.weights.push_back(a.weights[at(k)]);
        } else {
          result.weights[at(place[at(column)])] += a.weights[at(k)];
        }
      }
    }
    result.diagonal[at(c)] = static_cast<float>(diagonal);
    result.begin.push_back(static_cast<Index>(result.columns.size()));
  }
  result.end.assign(result.begin.begin() + 1, result.begin.end());
  return result;
}

}  // namespace

AggregationMultigrid::AggregationMultigrid(const PolicyMatrix& fine, int threads) : fine_(fine), threads_(threads) {
  std::vector<Index> pairs, pairs_of_pairs;
  residuals_.emplace_back(at(fine.states()));
  while (levels() < most_levels && matrix(levels() - 1).states() > coarsest_states) {
    const PolicyMatrix& above = matrix(levels() - 1);
    const Index pair_count = join_pairs(above, pairs);
    const PolicyMatrix half = joined(above, pairs, pair_count);
    const Index count = join_pairs(half, pairs_of_pairs);
    if (count > above.states() / 10 * 8) break;  // few ties are left
    Level level{.matrix = joined(half, pairs_of_pairs, count), .aggregate = pairs, .right_side = {}, .solution = {}};
    for (Index& aggregate : level.aggregate) aggregate = pairs_of_pairs[at(aggregate)];
    level.right_side.resize(at(count));
    level.solution.resize(at(count));
    coarse_.push_back(std::move(level));
    residuals_.emplace_back(at(count));
  }
}

void AggregationMultigrid::cycle(std::size_t level, const FloatVector& b, FloatVector& x) {
  const PolicyMatrix& a = matrix(level);
  std::fill(x.begin(), x.end(), 0.0f);
  if (level == coarse_.size()) {
    for (int i = 0; i < (level == 0 ? 1 : coarsest_sweeps); ++i) {
      sweep_forward(a, b, x);
      sweep_backward(a, b, x);
    }
    return;
  }
  sweep_forward(a, b, x);
  FloatVector& r = residuals_[level];
  residual(a, b, x, threads_, r);
  Level& below = coarse_[level];
  std::fill(below.right_side.begin(), below.right_side.end(), 0.0f);
  for (std::size_t s = 0; s < x.size(); ++s) below.right_side[at(below.aggregate[s])] += r[s];
  cycle(level + 1, below.right_side, below.solution);
  for (std::size_t s = 0; s < x.size(); ++s) x[s] += below.solution[at(below.aggregate[s])];
  sweep_backward(a, b, x);
}

}  // namespace softrl::tabular
