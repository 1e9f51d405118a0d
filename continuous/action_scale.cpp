#include "continuous/action_scale.hpp"

#include "continuous/policy_graph.hpp"
#include "softrl/check.hpp"

namespace softrl::continuous {

ActionScale::ActionScale(const BoxSpace& box)
    : centre_(0.5 * (box.high + box.low)), half_width_(0.5 * (box.high - box.low)) {
  for (const double width : half_width_) {
    check_positive("half width of the action box", width);
    check_finite("half width of the action box", width);
  }
}

std::string ActionScale::to_box(PolicyGraph& graph, const std::string& unit) const {
  using Op = PolicyGraph::Operation;
  return graph.apply(Op::Add, graph.apply(Op::Mul, unit, graph.constant(half_width_)), graph.constant(centre_));
}

}  // namespace softrl::continuous
