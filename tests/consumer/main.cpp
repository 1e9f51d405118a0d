#include <cmath>
#include <vector>

#include <softrl/operators.hpp>

// V of two equal actions is Q + α log 2.
int main() {
  const std::vector<double> q{3.0, 3.0};
  return std::abs(softrl::soft_value(q, 0.5) - (3.0 + 0.5 * std::log(2.0))) < 1e-14 ? 0 : 1;
}
