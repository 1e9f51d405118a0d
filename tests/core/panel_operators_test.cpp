#include "softrl/panel_operators.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <gtest/gtest.h>

#include "softrl/operators.hpp"
#include "softrl/random.hpp"

namespace softrl {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double unit = std::numeric_limits<double>::epsilon() / 2.0;
const double nan = std::numeric_limits<double>::quiet_NaN();
using Precise = boost::multiprecision::cpp_bin_float_50;

// The panel functions row by row against the operators of a single row.
void expect_as_row_by_row(const std::vector<double>& q, std::size_t rows, double temperature,
                          const std::vector<double>& log_weights) {
  const std::size_t actions = q.size() / rows;
  std::vector<double> values(rows), policy_values(rows), policy = q;
  soft_values(q, temperature, log_weights, values);
  boltzmann_policies(policy, temperature, log_weights, policy, policy_values);
  for (std::size_t j = 0; j < rows; ++j) {
    std::vector<double> row(actions), weights, row_policy(actions);
    for (std::size_t i = 0; i < actions; ++i) {
      row[i] = q[rows * i + j];
      if (!log_weights.empty()) weights.push_back(log_weights[rows * i + j]);
    }
    const double value = boltzmann_policy(row, temperature, weights, row_policy);
    for (const double ours : {values[j], policy_values[j]}) {
      if (!std::isfinite(value) || temperature == 0.0) {
        EXPECT_TRUE(std::isnan(value) ? std::isnan(ours) : ours == value) << ours << " for " << value;
      } else {
        EXPECT_NEAR(ours, value, 1e-14 * (std::abs(value) + 30.0 * temperature));
      }
    }
    for (std::size_t i = 0; i < actions; ++i) {
      const double p = policy[rows * i + j];
      EXPECT_TRUE(std::isnan(row_policy[i]) ? std::isnan(p) : std::abs(p - row_policy[i]) <= 1e-13)
          << "action " << i << " of row " << j << ": " << p << " for " << row_policy[i];
    }
  }
}

TEST(PanelOperators, AreTheOperatorsRowByRow) {
  Random random(1, "panels");
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t rows = panel_step * (1 + static_cast<std::size_t>(random.below(4)));
    std::vector<double> q(rows * static_cast<std::size_t>(random.below(7))), log_weights;
    for (double& x : q) x = 10.0 * random.normal();
    if (trial % 2 == 0) {
      for (std::size_t k = 0; k < q.size(); ++k) log_weights.push_back(random.uniform() < 0.2 ? -inf : random.normal());
    }
    for (const double temperature : {0.0, 1e-320, 1e-305, 1e-3, 1.0, 1e4, 1e305})
      expect_as_row_by_row(q, rows, temperature, log_weights);
  }
}

// Every combination of three special numbers, the third with a weight that may be 0, in rows beside ordinary ones.
TEST(PanelOperators, TreatInfinitiesAndNanAsTheOperators) {
  const std::vector<double> special{-inf, -1e308, -1.0, 0.0, 1e308, inf, nan};
  std::vector<double> rows[3], weights[3];
  for (const double a : special) {
    for (const double b : special) {
      for (const double c : special) {
        const double row[] = {a, b, c};
        for (int i = 0; i < 3; ++i) rows[i].push_back(row[i]);
      }
    }
  }
  while (rows[0].size() % panel_step != 0) {
    for (auto& row : rows) row.push_back(0.0);
  }
  for (std::size_t first = 0; first < rows[0].size(); first += panel_step) {
    std::vector<double> q, silent_last;
    for (int i = 0; i < 3; ++i) {
      const auto from = rows[i].begin() + static_cast<std::ptrdiff_t>(first);
      q.insert(q.end(), from, from + panel_step);
      silent_last.insert(silent_last.end(), panel_step, i == 2 ? -inf : -0.5 * i);
    }
    for (const double temperature : {0.0, 1e-320, 1.0, 1e305}) {
      expect_as_row_by_row(q, panel_step, temperature, {});
      expect_as_row_by_row(q, panel_step, temperature, silent_last);
      expect_as_row_by_row(q, panel_step, temperature, std::vector<double>(q.size(), -inf));
    }
  }
}

// Of two actions with Q = 0 and x, the second has the probability e^x / (1 + e^x): an exponential, a sum and a
// division.
TEST(PanelOperators, HaveExponentialsWithinThreeUnits) {
  Random random(2, "exponentials");
  std::vector<double> q(2 * panel_step), policy(2 * panel_step), values(panel_step);
  double largest = 0.0;
  for (int trial = 0; trial < 3000; ++trial) {
    for (std::size_t j = 0; j < panel_step; ++j) q[panel_step + j] = -random.uniform(0.0, trial % 2 == 0 ? 700.0 : 2.0);
    boltzmann_policies(q, 1.0, {}, policy, values);
    for (std::size_t j = 0; j < panel_step; ++j) {
      const Precise e = exp(Precise(q[panel_step + j])), exact = e / (1 + e);
      largest = std::max(largest, static_cast<double>(abs(policy[panel_step + j] - exact) / exact));
    }
  }
  EXPECT_LE(largest, (3.0 + 1.0 + 1.0) * unit);
  EXPECT_GE(largest, unit) << "the comparison is blind";
}

// m actions with Q = 0 have the value log m, and the sum is exact.
TEST(PanelOperators, HaveLogarithmsWithinFiveUnits) {
  for (std::size_t m = 2; m < 1000; ++m) {
    std::vector<double> values(panel_step);
    soft_values(std::vector<double>(m * panel_step), 1.0, {}, values);
    const Precise exact = log(Precise(m));
    EXPECT_LE(abs(values[3] - exact), 5.0 * unit * exact) << m;
  }
}

// Two actions, x and 0: log(1 + e^x) in the neighbourhood of every sum between 1 and 2.
TEST(PanelOperators, HaveValuesWithinTheSumOfTheErrors) {
  Random random(3, "logarithms");
  std::vector<double> q(2 * panel_step), values(panel_step);
  for (int trial = 0; trial < 3000; ++trial) {
    for (std::size_t j = 0; j < panel_step; ++j) q[j] = -std::exp(random.uniform(-8.0, 4.0));
    soft_values(q, 1.0, {}, values);
    for (std::size_t j = 0; j < panel_step; ++j) {
      const Precise e = exp(Precise(q[j])), exact = log(1 + e);
      // An error of 3u e in e, one of u in the sum, which the logarithm divides by the sum; and its own.
      EXPECT_LE(abs(values[j] - exact), unit * (3.0 * e + 1.0 + e) / (1 + e) + 5.0 * unit * exact) << q[j];
    }
  }
}

}  // namespace
}  // namespace softrl
