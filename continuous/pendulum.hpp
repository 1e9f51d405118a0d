// Gymnasium's Pendulum-v1: swing up a rod and keep it upright with a torque too weak to lift it. The same law in double
// precision, where Gymnasium rounds observations to single precision.
//
//     θ̈ = 3 g / (2 l) sin θ + 3 u / (m l²)      m = 1 kg, l = 1 m, u in [−2, 2] (clipped), |θ̇| ≤ 8 (clipped)
//     r = −(θ² + 0.1 θ̇² + 0.001 u²)             θ = 0 upright, in [−π, π); semi-implicit Euler steps of 0.05 s
//
// Observation: cos θ, sin θ, θ̇. State: θ, θ̇; at the start U(−π, π) and U(−1, 1). Never terminates.
#pragma once
#include <memory>
#include <vector>

#include "continuous/task.hpp"

namespace softrl::continuous {

struct PendulumOptions {
  double g = 10.0;  // m/s²
};

std::vector<OptionField> fields(PendulumOptions& options);
std::unique_ptr<TaskBody> pendulum(const PendulumOptions& options = {});

}  // namespace softrl::continuous
