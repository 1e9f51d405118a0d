#include "tabular/policy_system.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <Eigen/OrderingMethods>
#include <Eigen/SparseLU>

#include "tabular/krylov_solver.hpp"

namespace softrl::tabular {
namespace {

using RowMatrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;
using ColumnMatrix = Eigen::SparseMatrix<double>;

constexpr Index factorised_at_once = 1'000;               // states
constexpr std::int64_t most_factor_entries = 20'000'000;  // of L, and as many of U
constexpr double krylov_digits = 1e-4;                    // of a correction
constexpr int most_corrections = 40;

// Row s of I − γ P_π adds up the transitions of all actions of s: gathered in a dense row, of which only what was
// touched is kept, so that memory grows with the distinct successors and not with the transitions.
RowMatrix system_matrix(const Mdp& mdp, const Eigen::VectorXd& policy) {
  RowMatrix matrix(mdp.states(), mdp.states());
  std::vector<double> row(static_cast<std::size_t>(mdp.states()), 0.0);
  std::vector<char> is_touched(row.size(), 0);
  std::vector<Index> touched;
  const auto add = [&](Index column, double value) {
    const auto c = static_cast<std::size_t>(column);
    row[c] += value;
    if (!is_touched[c]) touched.push_back(column);
    is_touched[c] = 1;
  };
  for (Index s = 0; s < mdp.states(); ++s) {
    add(s, 1.0);
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const double weight = mdp.discount() * policy(k);
      if (weight == 0.0) continue;
      const auto next = mdp.successors(k);
      const auto probabilities = mdp.probabilities(k);
      for (std::size_t t = 0; t < next.size(); ++t)
        add(next[t], probabilities.empty() ? -weight : -weight * probabilities[t]);
    }
    std::sort(touched.begin(), touched.end());
    matrix.startVec(s);
    for (const Index column : touched) {
      const auto c = static_cast<std::size_t>(column);
      matrix.insertBack(s, column) = row[c];
      row[c] = 0.0;
      is_touched[c] = 0;
    }
    touched.clear();
  }
  matrix.finalize();
  return matrix;
}

// b − A x, and what rounding may do to its largest entry: of each row a dot product and a difference.
struct Residual {
  Eigen::VectorXd entries;
  double largest, rounding;
};
Residual residual(const RowMatrix& a, const Eigen::VectorXd& b, const Eigen::VectorXd& x) {
  constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;
  Residual result{.entries = b, .largest = 0.0, .rounding = 0.0};
  for (Index s = 0; s < a.rows(); ++s) {
    double magnitude = std::abs(b(s));
    double terms = 2.0;
    for (RowMatrix::InnerIterator entry(a, s); entry; ++entry) {
      const double product = entry.value() * x(entry.col());
      result.entries(s) -= product;
      magnitude += std::abs(product);
      terms += 1.0;
    }
    const double error = std::abs(result.entries(s));
    if (error > result.largest || std::isnan(error)) result.largest = error;
    result.rounding = std::max(result.rounding, terms * unit * magnitude);
  }
  return result;
}

// Adds up what `correction(r)`, about A⁻¹ r, makes of what is left, as long as that halves it at least. Once it is down
// to rounding, one correction more: entries far below the largest have further to go.
template <class Correction>
std::optional<Eigen::VectorXd> refined(const RowMatrix& a, const Eigen::VectorXd& b, const Correction& correction) {
  Eigen::VectorXd x = Eigen::VectorXd::Zero(b.size());
  Residual left = residual(a, b, x);
  for (int i = 0; i < most_corrections; ++i) {
    if (!std::isfinite(left.largest)) return std::nullopt;
    if (left.largest == 0.0) return x;
    const bool last = left.largest <= left.rounding;
    Eigen::VectorXd better = x + correction(left.entries);
    Residual less = residual(a, b, better);
    const bool closer = less.largest <= (last ? less.rounding : 0.5 * left.largest);
    if (closer) {
      x = std::move(better);
      left = std::move(less);
    }
    if (last) return x;
    if (!closer) break;
  }
  // Factors alone may leave this much; the bounds of whoever uses x count it.
  constexpr double tolerated = 16.0;
  if (!(left.largest <= tolerated * left.rounding)) return std::nullopt;
  return x;
}

// Whether the factors of a matrix with the pattern of A and Aᵀ keep below most_factor_entries, eliminated in an order
// of approximate minimum degree: row by row along the elimination tree (Liu 1990, "The role of elimination trees").
bool factors_are_sparse(const RowMatrix& a, const RowMatrix& transposed) {
  Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int> order;
  Eigen::AMDOrdering<int>()(ColumnMatrix(transposed.transpose()), order);
  const auto n = static_cast<std::size_t>(a.rows());
  std::vector<Index> place(n), parent(n, -1), seen(n, -1);
  for (std::size_t k = 0; k < n; ++k)
    place[static_cast<std::size_t>(order.indices()(static_cast<Index>(k)))] = static_cast<Index>(k);
  std::int64_t entries = 0;
  for (Index k = 0; k < a.rows(); ++k) {
    const Index s = order.indices()(k);
    seen[static_cast<std::size_t>(k)] = k;
    for (const RowMatrix* matrix : {&a, &transposed}) {
      for (RowMatrix::InnerIterator entry(*matrix, s); entry; ++entry) {
        Index i = place[static_cast<std::size_t>(entry.col())];
        while (i < k && seen[static_cast<std::size_t>(i)] != k) {
          seen[static_cast<std::size_t>(i)] = k;
          if (++entries > most_factor_entries) return false;
          Index& up = parent[static_cast<std::size_t>(i)];
          if (up < 0) up = k;
          i = up;
        }
      }
    }
  }
  return true;
}

}  // namespace

struct PolicySystem::Solvers {
  // Of Aᵀ: its columns are rows of A, in which the diagonal dominates, so that the pivots are taken from there and the
  // factors are those foreseen.
  Eigen::SparseLU<ColumnMatrix, Eigen::AMDOrdering<int>> factors;
  bool factorised = false;
  bool factors_refused = false;  // Too large, or a pivot is 0.
  std::unique_ptr<KrylovSolver> forwards, transposed;
};

PolicySystem::PolicySystem(const Mdp& mdp, const Eigen::VectorXd& policy)
    : matrix_(system_matrix(mdp, policy)), solvers_(std::make_unique<Solvers>()) {
  if (matrix_.rows() <= factorised_at_once) factorise();
}

PolicySystem::~PolicySystem() = default;
PolicySystem::PolicySystem(PolicySystem&&) noexcept = default;
PolicySystem& PolicySystem::operator=(PolicySystem&&) noexcept = default;

void PolicySystem::factorise() {
  auto& factors = solvers_->factors;
  factors.setPivotThreshold(0.1);
  factors.compute(ColumnMatrix(matrix_.transpose()));
  solvers_->factorised = factors.info() == Eigen::Success;
  solvers_->factors_refused = !solvers_->factorised;
}

const PolicySystem::Matrix& PolicySystem::transposed_matrix() {
  if (!transposed_) transposed_ = Matrix(matrix_.transpose());
  return *transposed_;
}

std::optional<Eigen::VectorXd> PolicySystem::solve(const Eigen::VectorXd& right_side) {
  auto x = solve(matrix_, false, right_side);
  if (!x) return x;
  const int* row = matrix_.outerIndexPtr();
  for (Index s = 0; s < matrix_.rows(); ++s) {
    if (row[s + 1] - row[s] == 1 && matrix_.valuePtr()[row[s]] == 1.0) (*x)(s) = right_side(s);
  }
  return x;
}

std::optional<Eigen::VectorXd> PolicySystem::solve_transposed(const Eigen::VectorXd& right_side) {
  return solve(transposed_matrix(), true, right_side);
}

std::optional<Eigen::VectorXd> PolicySystem::solve(const Matrix& matrix, bool is_transposed,
                                                   const Eigen::VectorXd& right_side) {
  Solvers& use = *solvers_;
  if (!use.factorised && matrix_.rows() > factorised_at_once) {
    auto& krylov = is_transposed ? use.transposed : use.forwards;
    if (!krylov) {
      PolicyMatrix single = single_precision(matrix_);
      krylov = std::make_unique<KrylovSolver>(is_transposed ? transposed(single) : std::move(single), 1);
    }
    FloatVector b(static_cast<std::size_t>(matrix.rows())), y(b.size());
    auto x = refined(matrix, right_side, [&](const Eigen::VectorXd& r) {
      const double scale = r.cwiseAbs().maxCoeff();
      for (std::size_t s = 0; s < b.size(); ++s) b[s] = static_cast<float>(r(static_cast<Index>(s)) / scale);
      krylov->solve(b, krylov_digits, y);
      return Eigen::VectorXd(Eigen::Map<const Eigen::VectorXf>(y.data(), matrix.rows()).cast<double>() * scale);
    });
    if (x || use.factors_refused) return x;
    use.factors_refused = !factors_are_sparse(matrix_, transposed_matrix());
    if (!use.factors_refused) factorise();
  }
  if (!use.factorised) return std::nullopt;
  return refined(matrix, right_side, [&](const Eigen::VectorXd& r) -> Eigen::VectorXd {
    if (is_transposed) return use.factors.solve(r);
    return use.factors.transpose().solve(r);
  });
}

}  // namespace softrl::tabular
