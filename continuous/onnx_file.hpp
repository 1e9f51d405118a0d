// A policy as an ONNX model, float32, opset 17: inputs "observation" [batch, S] and, where the policy has chance,
// "noise" [batch, d]; output "action" [batch, d].
#pragma once
#include <string>

#include "continuous/policy_function.hpp"

namespace softrl::continuous {

std::string onnx_model(const PolicyFunction& function);  // The bytes of the file.

}  // namespace softrl::continuous
