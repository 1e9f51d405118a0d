// Whether the nested recursive logit has value functions, between two bounds.
//
// On a strongly connected component C let (T_C V)(k) = μ(k) log Σ_a exp((v(k → a) + V(a)) / μ(k)) over the moves that
// stay in C: trips that never leave. T_C is monotone and commutes with adding a constant, so that it has one growth λ
// per move, with T_C V = λ + V for some V, and for every V (Collatz and Wielandt, Nussbaum)
//
//     min_k (T_C V − V)(k)  ≤  λ  ≤  max_k (T_C V − V)(k).
//
// There are finite value functions exactly if λ < 0 on every component that matters (docs/nested_logit.md). Where all
// scales are 1, λ is the logarithm of the spectral radius of exp(v); exp(λ) is called so for other scales as well.
#pragma once
#include <memory>
#include <vector>

#include "irl/lane_lu.hpp"
#include "irl/nested_values.hpp"
#include "irl/spectral_radius.hpp"

namespace softrl::irl {

// The greatest exp(λ) over the components of the links that `matter` [L]; 0 if they have no cycle. By policy iteration
// for the average reward per move: the bounds close quadratically. Links are in the order of elimination, and so is
// `pattern`, that of the network's moves. Throws
// std::invalid_argument if an option is out of range.
SpectralRadius nested_radius(const RoadNetwork& network, std::shared_ptr<const LuPattern> pattern,
                             const NestedUtilities& utilities, const std::vector<bool>& matter,
                             const SpectralRadiusOptions& options = {});

}  // namespace softrl::irl
