// The soft operators (operators.hpp) on many rows side by side, with the vector instructions of the processor at hand:
// on rows of four actions ten times faster than row by row.
//
// A panel holds n rows, n a multiple of panel_step and at most largest_panel, with the same number of actions: entry
// n * i + j is action i of row j. Fill up rows that have fewer actions with Q = −∞, which is as good as not there. All
// else is as in operators.hpp: log μ = −∞ silences an action whatever its Q, temperature 0 is the exact limit, without
// an available action the value is −∞ and the policy all zeros, and NaN in, NaN out, in the row concerned.
//
// Errors relative to the rounding unit u = 2⁻⁵³: exponentials 3u, logarithms of sums 5u; exponentials below e^−708 are
// 0. The last bits may differ between the two functions and between kinds of processors.
#pragma once
#include <cstddef>
#include <span>

namespace softrl {

constexpr std::size_t panel_step = 8, largest_panel = 32;

// Writes V(Q) of each row into `values` [n]. `log_weights` has the shape of `q` [A × n], or is empty for μ = 1.
void soft_values(std::span<const double> q, double temperature, std::span<const double> log_weights,
                 std::span<double> values);

// Writes π_Q into `policy` [A × n], which may be the storage of `q`, and V(Q) into `values` [n].
void boltzmann_policies(std::span<const double> q, double temperature, std::span<const double> log_weights,
                        std::span<double> policy, std::span<double> values);

}  // namespace softrl
