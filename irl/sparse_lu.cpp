#include "irl/sparse_lu.hpp"

#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <klu.h>

namespace softrl::irl {

// KLU stores columns. Rows are what we have, so it factorises Aᵀ, and its two solves change places.
struct SparseLu::Factors {
  std::vector<int> start, index;
  klu_common common;
  klu_symbolic* symbolic = nullptr;
  klu_numeric* numeric = nullptr;

  int size() const { return static_cast<int>(start.size()) - 1; }
  ~Factors() {
    klu_free_numeric(&numeric, &common);
    klu_free_symbolic(&symbolic, &common);
  }
};

SparseLu::SparseLu(std::vector<int> row_start, std::vector<int> column) : factors_(std::make_unique<Factors>()) {
  Factors& f = *factors_;
  f.start = std::move(row_start);
  f.index = std::move(column);
  klu_defaults(&f.common);
  f.common.ordering = 1;          // COLAMD
  f.common.btf = 0;               // permuting to block triangular form would move the diagonal away
  f.common.scale = 0;             // so that the pivots are those of A
  f.common.tol = 0.0;             // always take the diagonal
  f.common.halt_if_singular = 0;  // an infeasible matrix is an answer, not a failure
  f.symbolic = klu_analyze(f.size(), f.start.data(), f.index.data(), &f.common);
  if (f.symbolic == nullptr) throw std::runtime_error(fmt::format("KLU cannot order the matrix: {}", f.common.status));
}
SparseLu::~SparseLu() = default;
SparseLu::SparseLu(SparseLu&&) noexcept = default;
SparseLu& SparseLu::operator=(SparseLu&&) noexcept = default;

bool SparseLu::factorise(const std::vector<double>& values) {
  Factors& f = *factors_;
  double* data = const_cast<double*>(values.data());  // KLU's interface has no const; it does not write here
  if (f.numeric == nullptr) {
    f.numeric = klu_factor(f.start.data(), f.index.data(), data, f.symbolic, &f.common);
  } else {
    klu_refactor(f.start.data(), f.index.data(), data, f.symbolic, f.numeric, &f.common);
  }
  if (f.numeric == nullptr || f.common.status < 0)
    throw std::runtime_error(fmt::format("KLU cannot factorise the matrix: {}", f.common.status));
  const double* pivots = static_cast<const double*>(f.numeric->Udiag);
  bool positive = f.common.noffdiag == 0;
  for (int i = 0; i < f.size(); ++i) positive = positive && pivots[i] > 0.0;  // also refuses NaN
  // A factorisation that met a pivot of zero may have left the diagonal; the next one starts afresh.
  if (!positive) klu_free_numeric(&f.numeric, &f.common);
  return positive;
}

void SparseLu::solve(Eigen::MatrixXd& b) const {
  Factors& f = *factors_;
  klu_tsolve(f.symbolic, f.numeric, f.size(), static_cast<int>(b.cols()), b.data(), &f.common);
}

void SparseLu::solve_transposed(Eigen::MatrixXd& b) const {
  Factors& f = *factors_;
  klu_solve(f.symbolic, f.numeric, f.size(), static_cast<int>(b.cols()), b.data(), &f.common);
}

}  // namespace softrl::irl
