#include "irl/route_model.hpp"

#include "irl/features.hpp"

namespace softrl::irl {

FeatureSummary summarise_features(const RouteData& data) {
  const RowMatrix& attributes = data.network.attributes;
  FeatureSummary summary{.unit_costs = unit_costs(attributes),
                         .largest = attributes.cwiseAbs().colwise().maxCoeff(),
                         .trip_squares = Eigen::VectorXd::Zero(attributes.cols())};
  for (const Trip& trip : data.trips)
    for (const int move : trip.moves) summary.trip_squares += attributes.row(move).transpose().cwiseAbs2();
  return summary;
}

}  // namespace softrl::irl
