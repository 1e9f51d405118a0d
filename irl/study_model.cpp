#include "irl/study_model.hpp"

#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "irl/likelihood.hpp"

namespace softrl::irl {

std::unique_ptr<RouteModel> make_model(const Study& study, const RouteData& data) {
  const auto missing = [](std::string_view what) {
    throw std::invalid_argument(fmt::format("{}: this version of softrl has no such model", what));
  };
  if (study.model != "maxent") missing(fmt::format("model = \"{}\"", study.model));
  if (study.link_size) missing("link_size");
  if (study.corridor) missing("corridor");
  return std::make_unique<Likelihood>(data);
}

}  // namespace softrl::irl
