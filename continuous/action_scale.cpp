#include "continuous/action_scale.hpp"

#include "softrl/check.hpp"

namespace softrl::continuous {

ActionScale::ActionScale(const BoxSpace& box)
    : centre_(0.5 * (box.high + box.low)), half_width_(0.5 * (box.high - box.low)) {
  for (const double width : half_width_) {
    check_positive("half width of the action box", width);
    check_finite("half width of the action box", width);
  }
}

}  // namespace softrl::continuous
