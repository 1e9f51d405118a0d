// The model of route choice that a study asks for.
#pragma once
#include <memory>

#include "irl/route_model.hpp"
#include "irl/study.hpp"

namespace softrl::irl {

// `data` is what read_routes made of the study, and must outlive the model. Throws std::invalid_argument as the model's
// constructor does, and for a model that there is not.
std::unique_ptr<RouteModel> make_model(const Study& study, const RouteData& data);

}  // namespace softrl::irl
