#include "tabular/policy_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "softrl/operators.hpp"
#include "softrl/parallel.hpp"

namespace softrl::tabular {
namespace {

constexpr std::ptrdiff_t block = 1 << 14;  // states
constexpr double infinity = std::numeric_limits<double>::infinity();

// Adds up weights by column in the room of one row. Rows are short, so a search beats a dense scatter; long ones are
// sorted into place.
class Row {
 public:
  Row(PolicyMatrix& matrix, Index state)
      : columns_(matrix.columns.data() + matrix.begin[static_cast<std::size_t>(state)]),
        weights_(matrix.weights.data() + matrix.begin[static_cast<std::size_t>(state)]) {}

  void add(Index column, double weight, Index hint) {
    if (hint < size_ && columns_[hint] == column) {
      weights_[hint] += static_cast<float>(weight);
      return;
    }
    Index i = 0;
    while (i < size_ && columns_[i] != column) ++i;
    if (i == size_) {
      columns_[size_] = column;
      weights_[size_++] = 0.0f;
    }
    weights_[i] += static_cast<float>(weight);
  }
  Index size() const { return size_; }

 private:
  Index* columns_;
  float* weights_;
  Index size_ = 0;
};

// b + Σ weights x of one row.
inline float gather(const PolicyMatrix& a, std::size_t s, float b, const float* x) {
  const Index last = a.end[s];
  for (Index k = a.begin[s]; k < last; ++k) {
    const auto entry = static_cast<std::size_t>(k);
    b += a.weights[entry] * x[a.columns[entry]];
  }
  return b;
}

// Of the actions that π takes or that are as good as `enough`, only the first.
void take_first(std::span<const double> q, std::span<const double> log_weights, double enough, std::span<double> pi) {
  bool taken = false;
  for (std::size_t i = 0; i < q.size(); ++i) {
    const bool take = !taken && q[i] >= enough && (log_weights.empty() || log_weights[i] > -infinity);
    pi[i] = take ? 1.0 : 0.0;
    taken = taken || take;
  }
}

}  // namespace

PolicyMatrix policy_matrix_for(const Mdp& mdp) {
  PolicyMatrix matrix;
  const auto states = static_cast<std::size_t>(mdp.states());
  matrix.begin.reserve(states + 1);
  matrix.begin.push_back(0);
  std::vector<Index> distinct;
  Index room = 0;
  for (Index s = 0; s < mdp.states(); ++s) {
    distinct.clear();
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      for (const Index next : mdp.successors(k)) {
        if (next != s) distinct.push_back(next);
      }
    }
    std::sort(distinct.begin(), distinct.end());
    room += static_cast<Index>(std::unique(distinct.begin(), distinct.end()) - distinct.begin());
    matrix.begin.push_back(room);
  }
  matrix.end.assign(matrix.begin.begin(), matrix.begin.end() - 1);
  matrix.columns.resize(static_cast<std::size_t>(room));
  matrix.weights.resize(static_cast<std::size_t>(room));
  matrix.diagonal.assign(states, 1.0f);
  return matrix;
}

void linearise(const Bellman& bellman, const Eigen::VectorXd& values, const Eigen::VectorXd& policy, double ties,
               int threads, Eigen::VectorXd& next, PolicyMatrix& matrix) {
  const Mdp& mdp = bellman.mdp();
  const auto v = as_span(values);
  const double temperature = bellman.temperature();
  next.resize(values.size());
  parallel_for(threads, mdp.states(), block, [&](std::ptrdiff_t block_begin, std::ptrdiff_t block_end) {
    const auto actions = static_cast<std::size_t>(mdp.largest_action_set());
    std::vector<double> q_row(actions), policy_row(actions);
    for (Index s = static_cast<Index>(block_begin); s < block_end; ++s) {
      const auto state = static_cast<std::size_t>(s);
      next(s) = values(s);
      if (mdp.is_terminal(s)) continue;
      const Index first = mdp.first_pair(s);
      const auto count = static_cast<std::size_t>(mdp.action_count(s));
      const std::span q(q_row.data(), count);
      const std::span pi(policy_row.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        const Index pair = first + static_cast<Index>(i);
        q[i] = mdp.reward(pair) + mdp.discount() * mdp.expectation(pair, v);
      }
      if (policy.size() == 0) {
        next(s) = boltzmann_policy(q, temperature, bellman.log_weights(s), pi);
        if (temperature == 0.0) take_first(q, bellman.log_weights(s), next(s) - ties, pi);
      } else {
        double value = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
          pi[i] = policy(first + static_cast<Index>(i));
          if (pi[i] > 0.0) value += pi[i] * q[i];
        }
        next(s) = temperature == 0.0 ? value : value - temperature * divergence(pi, bellman.log_weights(s));
      }

      Row row(matrix, s);
      double diagonal = 1.0;
      for (std::size_t i = 0; i < count; ++i) {
        const double weight = mdp.discount() * pi[i];
        if (weight < 1e-12) continue;
        const auto successors = mdp.successors(first + static_cast<Index>(i));
        const auto probabilities = mdp.probabilities(first + static_cast<Index>(i));
        for (std::size_t t = 0; t < successors.size(); ++t) {
          const double entry = probabilities.empty() ? weight : weight * probabilities[t];
          if (successors[t] == s) {
            diagonal -= entry;
          } else if (entry > 0.0) {
            row.add(successors[t], entry, static_cast<Index>(t));
          }
        }
      }
      matrix.diagonal[state] = static_cast<float>(diagonal);
      matrix.end[state] = matrix.begin[state] + row.size();
    }
  });
}

PolicyMatrix single_precision(const Eigen::SparseMatrix<double, Eigen::RowMajor>& matrix) {
  PolicyMatrix result;
  const auto states = static_cast<std::size_t>(matrix.rows());
  const auto entries = static_cast<std::size_t>(matrix.nonZeros());
  result.begin.reserve(states + 1);
  result.end.reserve(states);
  result.diagonal.reserve(states);
  result.columns.reserve(entries);
  result.weights.reserve(entries);
  for (Index s = 0; s < matrix.rows(); ++s) {
    result.begin.push_back(static_cast<Index>(result.columns.size()));
    double diagonal = 0.0;
    for (Eigen::SparseMatrix<double, Eigen::RowMajor>::InnerIterator entry(matrix, s); entry; ++entry) {
      diagonal += entry.value();
      const auto weight = static_cast<float>(-entry.value());
      if (entry.col() == s || !(weight > 0.0f)) continue;
      diagonal += static_cast<double>(weight);
      result.columns.push_back(static_cast<Index>(entry.col()));
      result.weights.push_back(weight);
    }
    result.diagonal.push_back(static_cast<float>(diagonal));
    result.end.push_back(static_cast<Index>(result.columns.size()));
  }
  result.begin.push_back(static_cast<Index>(result.columns.size()));
  return result;
}

PolicyMatrix transposed(const PolicyMatrix& a) {
  PolicyMatrix result;
  const auto states = static_cast<std::size_t>(a.states());
  result.diagonal = a.diagonal;
  result.begin.assign(states + 1, 0);
  const auto for_each_entry = [&](const auto& use) {
    for (std::size_t s = 0; s < states; ++s)
      for (Index k = a.begin[s]; k < a.end[s]; ++k) use(s, static_cast<std::size_t>(k));
  };
  for_each_entry([&](std::size_t, std::size_t k) { ++result.begin[static_cast<std::size_t>(a.columns[k]) + 1]; });
  std::partial_sum(result.begin.begin(), result.begin.end(), result.begin.begin());
  result.columns.resize(static_cast<std::size_t>(result.begin.back()));
  result.weights.resize(result.columns.size());
  result.end.assign(result.begin.begin(), result.begin.end() - 1);
  for_each_entry([&](std::size_t s, std::size_t k) {
    const auto place = static_cast<std::size_t>(result.end[static_cast<std::size_t>(a.columns[k])]++);
    result.columns[place] = static_cast<Index>(s);
    result.weights[place] = a.weights[k];
  });
  return result;
}

void residual(const PolicyMatrix& a, const FloatVector& b, const FloatVector& x, int threads, FloatVector& y) {
  parallel_for(threads, a.states(), block, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (auto s = static_cast<std::size_t>(begin); s < static_cast<std::size_t>(end); ++s)
      y[s] = gather(a, s, b[s] - a.diagonal[s] * x[s], x.data());
  });
}

void product(const PolicyMatrix& a, const FloatVector& x, int threads, FloatVector& y) {
  parallel_for(threads, a.states(), block, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    for (auto s = static_cast<std::size_t>(begin); s < static_cast<std::size_t>(end); ++s)
      y[s] = -gather(a, s, -a.diagonal[s] * x[s], x.data());
  });
}

void sweep_forward(const PolicyMatrix& a, const FloatVector& b, FloatVector& x) {
  for (std::size_t s = 0; s < x.size(); ++s) x[s] = gather(a, s, b[s], x.data()) / a.diagonal[s];
}

void sweep_backward(const PolicyMatrix& a, const FloatVector& b, FloatVector& x) {
  for (std::size_t s = x.size(); s-- > 0;) x[s] = gather(a, s, b[s], x.data()) / a.diagonal[s];
}

}  // namespace softrl::tabular
