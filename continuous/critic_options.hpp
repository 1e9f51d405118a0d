// The hyperparameters of critics, whatever agent has them.
#pragma once
#include <vector>

namespace softrl::continuous {

struct CriticOptions {
  std::vector<int> hidden = {200, 200};  // widths
  int critics = 1;                       // 1, or 2 to take the smaller of two Qs
  double critic_learning_rate = 1e-3;    // > 0, Adam
  int target_interval = 1000;            // ≥ 1 updates between moves of the target
  double target_rate = 1.0;              // in (0, 1]: how far it moves; 1 copies
};

// Throws std::invalid_argument, naming the option, if one is out of range.
void check(const CriticOptions& options);

}  // namespace softrl::continuous
