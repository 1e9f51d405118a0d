#include "irl/study_model.hpp"

#include "irl/likelihood.hpp"

namespace softrl::irl {

std::unique_ptr<RouteModel> make_model(const Study& /*study*/, const RouteData& data) {
  return std::make_unique<Likelihood>(data);
}

}  // namespace softrl::irl
