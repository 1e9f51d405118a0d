#include "irl/path_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "irl/best_paths.hpp"
#include "irl/sweeps.hpp"
#include "softrl/check.hpp"

namespace softrl::irl {
namespace {

constexpr double residual_tolerance = 1e-9;

// That an entry of M is rounded changes a path sum by as much, in proportion, for every move that is expected to be
// made: beyond so many a path sum has not the digits that a residual check would vouch for.
constexpr double most_moves = 4e6;

// Nonzeros of factors that take 8 GiB, with what is kept of the pattern.
constexpr double largest_factors = 8.0 * (1 << 30) / 56.0;

// A utility beyond this is rounded to more than 1e-8.
constexpr double largest_utility = 1e8;

// The moves between relevant links, by the link they leave.
Rearranged relevant_moves(const RoadNetwork& network, const std::vector<bool>& relevant) {
  Rearranged result;
  for (int k = 0; k < network.link_count(); ++k) {
    for (int m = network.first_move[k]; m < network.first_move[k + 1]; ++m) {
      if (!relevant[k] || !relevant[network.to[m]]) continue;
      result.rows.column.push_back(network.to[m]);
      result.source.push_back(m);
    }
    result.rows.start.push_back(result.rows.places());
  }
  return result;
}

// The rows of b that are not 0, kept to check the solution that takes their place.
struct KnownRows {
  std::vector<int> rows;
  std::vector<double> mantissas;  // [rows × 8]
  std::vector<int> exponents;
  bool plain;

  explicit KnownRows(const WideBlock& b) : plain(b.plain()) {
    constexpr int columns = WideBlock::columns;
    const ConstWideColumns from = b.view();
    for (int i = 0; i < b.rows(); ++i) {
      if (!b.nonzero_rows()[i]) continue;
      rows.push_back(i);
      mantissas.insert(mantissas.end(), from.mantissa + columns * i, from.mantissa + columns * (i + 1));
      exponents.insert(exponents.end(), from.exponent + columns * i, from.exponent + columns * (i + 1));
    }
  }
};

// Whether `holds` for all rows of x = M x + b, which it is asked for by those where b is 0 and where it is not.
template <class Holds>
bool for_all_rows(const KnownRows& known, int count, bool plain, const Holds& holds) {
  int begin = 0;
  for (std::size_t r = 0; r < known.rows.size(); ++r) {
    const int i = known.rows[r];
    const std::size_t first = r * WideBlock::columns;
    if (!holds(begin, i, ConstWideColumns{nullptr, nullptr}) ||
        !holds(i, i + 1, ConstWideColumns{&known.mantissas[first], plain ? nullptr : &known.exponents[first]}))
      return false;
    begin = i + 1;
  }
  return holds(begin, count, ConstWideColumns{nullptr, nullptr});
}

// Whether x = M x + b up to rounding.
bool solves(const SparseRows& m, const WideValues& values, bool plain, const KnownRows& b, const WideBlock& x) {
  plain = plain && b.plain && x.plain();
  const ConstWideColumns columns = plain ? x.plain_view() : x.view();
  return for_all_rows(b, x.rows(), plain, [&](int begin, int end, const ConstWideColumns& known) {
    return lu_kernels().is_solution(view(m, values), begin, end, residual_tolerance, columns, known);
  });
}

}  // namespace

std::string_view describe(PathSumStatus status) {
  switch (status) {
    case PathSumStatus::Finite:
      return "the sum over paths is finite";
    case PathSumStatus::Divergent:
      return "the sum over paths diverges";
    case PathSumStatus::OutOfRange:
      return "the utility of a move is too large";
    case PathSumStatus::Inaccurate:
      return "a sum over paths cannot be computed accurately";
  }
  return "";
}

namespace {

PathSumStatus status_of(Status swept) {
  if (swept == Status::Converged) return PathSumStatus::Finite;
  return swept == Status::Stalled ? PathSumStatus::Divergent : PathSumStatus::Inaccurate;
}

}  // namespace

PathSum::PathSum(const RoadNetwork& network, const std::vector<bool>& relevant, PathSolver solver)
    : network_(&network),
      relevant_(relevant),
      lu_([&] {
        Rearranged moves = relevant_moves(network, relevant);
        std::optional<LuPattern> found;
        if (solver != PathSolver::Iterative) {
          const double infinity = std::numeric_limits<double>::infinity();
          found = lu_pattern_within(moves.rows, solver == PathSolver::Auto ? largest_factors : infinity);
        }
        iterative_ = !found;
        if (!found) found = no_elimination(network.link_count());
        auto pattern = std::make_shared<const LuPattern>(std::move(*found));
        auto [rows, source] = in_order(moves.rows, *pattern);
        for (const int p : source) moves_.push_back(moves.source[p]);
        rows_ = std::move(rows);
        return SparseLu(std::move(pattern));
      }()),
      transposed_(transpose(rows_, network.link_count())),
      values_(rows_.places()),
      transposed_values_(rows_.places()) {}

PathSumStatus PathSum::set_weights(const Eigen::VectorXd& weights, const std::vector<bool>& closed) {
  check_size("weights", weights.size(), network_->feature_count());
  for (const double weight : weights) check_finite("weight", weight);
  return set_utilities(network_->attributes * weights, closed);
}

PathSumStatus PathSum::set_utilities(const Eigen::VectorXd& utilities, const std::vector<bool>& closed) {
  check_size("utilities", utilities.size(), network_->move_count());
  closed_ = closed;
  // So that the exponents of sums over paths without a cycle stay in range.
  const double limit =
      std::min(largest_utility, Wide::largest_exponent / (1.0 + network_->link_count()) * (Wide::step * std::log(2.0)));
  in_range_ = true;
  for (int p = 0; p < rows_.places(); ++p) {
    const int m = moves_[p];
    if (!closed.empty() && closed[network_->from[m]]) {
      values_.set(p, {});
      continue;
    }
    in_range_ = in_range_ && std::abs(utilities(m)) <= limit;
    if (!in_range_) return PathSumStatus::OutOfRange;
    values_.set(p, wide_exp(utilities(m)));
  }
  for (int p = 0; p < rows_.places(); ++p) transposed_values_.set(p, values_.get(transposed_.source[p]));
  plain_ = values_.plain();
  utilities_ = utilities;
  if (iterative_) return PathSumStatus::Finite;
  if (!lu_.factorise(rows_, values_)) return PathSumStatus::Divergent;
  return proves_finite() ? PathSumStatus::Finite : PathSumStatus::Inaccurate;
}

// By v = (I − M)⁻¹ 1 and w = (I − M)⁻¹ v: M w = w − v. That v is not lost in the rounding of w wherever v / w is above
// rounding: w / v is an expected number of moves, while 1 / v, by which v itself would do, may be as small as a path
// sum.
bool PathSum::proves_finite() const {
  WideBlock w = zero_block();
  for (int i = 0; i < w.rows(); ++i)
    for (int c = 0; c < WideBlock::columns; ++c) w.set(i, c, Wide::of(1.0));
  lu_.solve(w);
  std::vector<Wide> v(static_cast<std::size_t>(w.rows()));
  for (int i = 0; i < w.rows(); ++i) v[static_cast<std::size_t>(i)] = w.get(i, 0);
  lu_.solve(w);
  for (int i = 0; i < w.rows(); ++i) {
    if (!(w.get(i, 0) < v[static_cast<std::size_t>(i)] * Wide::of(most_moves))) return false;
    Wide product;
    for (int p = rows_.start[i]; p < rows_.start[i + 1]; ++p)
      product = product + values_.get(p) * w.get(rows_.column[p], 0);
    if (!(product < w.get(i, 0))) return false;  // also for NaN
  }
  return true;
}

SpectralRadius PathSum::radius(const SpectralRadiusOptions& options) const {
  if (!in_range_) {
    return {.status = Status::Stalled, .lower = 0.0, .upper = std::numeric_limits<double>::infinity()};
  }
  std::vector<bool> on_cycles = relevant_;
  for (std::size_t k = 0; k < closed_.size(); ++k) on_cycles[k] = on_cycles[k] && !closed_[k];
  WideValues weights(network_->move_count());
  for (int p = 0; p < rows_.places(); ++p) weights.set(moves_[p], values_.get(p));
  return spectral_radius(*network_, on_cycles, weights, options);
}

bool PathSum::solve(WideBlock& b) const {
  const KnownRows known(b);
  lu_.solve(b);
  return solves(rows_, values_, plain_, known, b);
}

bool PathSum::solve_transposed(WideBlock& b) const {
  const KnownRows known(b);
  lu_.solve_transposed(b);
  return solves(transposed_.rows, transposed_values_, plain_, known, b);
}

bool PathSum::solve_signed_transposed(WideBlock& b, const WideBlock& y, const double* size) const {
  const KnownRows known(b);
  lu_.solve_transposed(b);
  const bool plain = plain_ && known.plain && b.plain() && y.plain();
  const ConstWideColumns x = plain ? b.plain_view() : b.view(), weights = plain ? y.plain_view() : y.view();
  return for_all_rows(known, b.rows(), plain, [&](int begin, int end, const ConstWideColumns& rows) {
    return lu_kernels().is_signed_solution(view(transposed_.rows, transposed_values_), begin, end, residual_tolerance,
                                           x, rows, weights, size);
  });
}

void PathSum::add_uses(const WideBlock& x, const WideBlock& y, std::vector<double>& uses) const {
  const bool plain = plain_ && x.plain() && y.plain();
  lu_kernels().add_products(view(rows_, values_), rows_.rows(), plain ? x.plain_view() : x.view(),
                            plain ? y.plain_view() : y.view(), uses.data());
}

PathSum::Swept PathSum::sweep_sums(const std::vector<int>& ends, const std::vector<bool>& closed, int column,
                                   WideBlock& sums) const {
  std::optional<BestPaths> best = best_paths(*network_, incoming_moves(*network_), utilities_, ends, closed);
  if (!best) return {.status = PathSumStatus::Divergent};
  Swept swept{.status = PathSumStatus::Finite, .scaled = std::vector<double>(rows_.column.size(), 0.0)};
  for (const int link : best->order)
    if (relevant_[link]) swept.order.push_back(row(link));
  swept.best = std::move(best->utility);
  for (int p = 0; p < rows_.places(); ++p) {
    const int from = network_->from[moves_[p]], to = network_->to[moves_[p]];
    if ((closed.empty() || !closed[from]) && std::isfinite(swept.best(from)) && std::isfinite(swept.best(to)))
      swept.scaled[p] = std::exp(utilities_(moves_[p]) + swept.best(to) - swept.best(from));
  }
  std::vector<double> x(rows_.rows(), 0.0);
  for (const int link : ends) x[row(link)] = std::exp(-swept.best(link));
  swept.status = status_of(sweep(rows_, swept.scaled, swept.order, x));
  for (const int i : swept.order) sums.set(i, column, Wide::of(x[i]) * wide_exp(swept.best(lu_.pattern()->order[i])));
  return swept;
}

PathSumStatus PathSum::sweep_flows(const Swept& swept, int column, WideBlock& flows) const {
  std::vector<double> x(rows_.rows(), 0.0), scaled(swept.scaled.size());
  const auto best = [&](int i) { return wide_exp(swept.best(lu_.pattern()->order[i])); };
  for (const int i : swept.order) x[i] = to_double(flows.get(i, column) * best(i));
  for (std::size_t p = 0; p < scaled.size(); ++p) scaled[p] = swept.scaled[transposed_.source[p]];
  const Status status = sweep(transposed_.rows, scaled, {swept.order.rbegin(), swept.order.rend()}, x);
  for (const int i : swept.order) flows.set(i, column, Wide::of(x[i]) / best(i));
  return status_of(status);
}

PathSumStatus PathSum::sweep_along(const Swept& swept, const std::vector<double>& chances, RowMatrix& g) const {
  for (Eigen::Index j = 0; j < g.cols(); ++j) {
    std::vector<double> positive(rows_.rows()), negative(rows_.rows());
    for (int i = 0; i < rows_.rows(); ++i) {
      positive[i] = std::max(g(i, j), 0.0);
      negative[i] = std::max(-g(i, j), 0.0);
    }
    for (std::vector<double>* part : {&positive, &negative}) {
      const PathSumStatus status = status_of(sweep(rows_, chances, swept.order, *part));
      if (status != PathSumStatus::Finite) return status;
    }
    for (int i = 0; i < rows_.rows(); ++i) g(i, j) = positive[i] - negative[i];
  }
  return PathSumStatus::Finite;
}

std::vector<double> PathSum::chances(const WideBlock& y, int column) const {
  std::vector<double> result(rows_.column.size(), 0.0);
  for (int i = 0; i < rows_.rows(); ++i) {
    const Wide from = y.get(i, column);
    if (from.mantissa == 0.0) continue;
    for (int p = rows_.start[i]; p < rows_.start[i + 1]; ++p)
      result[p] = to_double(values_.get(p) * y.get(rows_.column[p], column) / from);
  }
  return result;
}

std::vector<double> PathSum::chances(const WideBlock& y) const {
  std::vector<double> result(WideBlock::columns * rows_.column.size());
  lu_kernels().chances(view(rows_, values_), rows_.rows(), y.view(), result.data());
  return result;
}

bool PathSum::sum_along(const WideBlock& y, const std::vector<double>& chances, const Eigen::MatrixXd& f,
                        const Eigen::VectorXd& sizes, double* r) const {
  const LaneRows p{rows_.start.data(), rows_.column.data(), chances.data()};
  std::vector<double> g(static_cast<std::size_t>(WideBlock::columns) * rows_.rows());
  WideBlock block = zero_block();
  for (Eigen::Index j = 0; j < f.cols(); ++j, r += g.size()) {
    const double* values = f.col(j).data();
    lu_kernels().expected(p, rows_.rows(), values, g.data());
    block.set_product(y, g);
    lu_.solve(block);
    block.quotient(y, r);
    if (!lu_kernels().sums_up(p, rows_.rows(), values, sizes(j), residual_tolerance, r)) return false;
  }
  return true;
}

}  // namespace softrl::irl
