#include "irl/study_model.hpp"

#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "irl/likelihood.hpp"
#include "irl/link_size.hpp"
#include "irl/nested.hpp"

namespace softrl::irl {

std::unique_ptr<RouteModel> make_model(const Study& study, const RouteData& data) {
  const auto missing = [](std::string_view what) {
    throw std::invalid_argument(fmt::format("{}: this version of softrl has no such model", what));
  };
  if (study.model != "maxent" && study.model != "nested") missing(fmt::format("model = \"{}\"", study.model));
  if (study.corridor) missing("corridor");
  if (study.model == "nested") {
    if (study.link_size) missing("link_size with model = \"nested\"");
    return std::make_unique<NestedLikelihood>(data, 0);
  }
  if (study.link_size)
    return std::make_unique<LinkSizeModel>(
        data, all_named_weights(data.network.features, "link_size.weights", study.link_size->weights));
  return std::make_unique<Likelihood>(data);
}

}  // namespace softrl::irl
