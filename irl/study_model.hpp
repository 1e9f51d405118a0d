// The model of route choice that a study asks for.
#pragma once
#include <memory>

#include "irl/route_model.hpp"
#include "irl/study.hpp"

namespace softrl::irl {

struct ModelOptions {
  int threads = 0;                       // ≥ 0; 0: one for each core. The results are the same for any number.
  PathSolver solver = PathSolver::Auto;  // of the model without link size; others take factors
};

// `data` is what read_routes made of the study, and must outlive the model. Throws std::invalid_argument as the model's
// constructor does, and for a model that there is not.
std::unique_ptr<RouteModel> make_model(const Study& study, const RouteData& data, const ModelOptions& options = {});

}  // namespace softrl::irl
