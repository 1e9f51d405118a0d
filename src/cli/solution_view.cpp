#include "cli/solution_view.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include <fmt/format.h>

#include "cli/output.hpp"

namespace softrl::cli {
namespace {

using tabular::Gridworld;
using tabular::Index;
using tabular::Mdp;
using Values = Eigen::Ref<const Eigen::VectorXd>;

// The most likely action of a cell as an arrow; a line to each of them where several tie, "+" where all do.
std::string arrow(const Eigen::Ref<const Eigen::VectorXd>& row) {
  static constexpr const char* up_right_down_left[] = {" ", "↑", "→", "└", "↓", "│", "┌", "├",
                                                       "←", "┘", "─", "┴", "┐", "┤", "┬", "+"};
  constexpr double tie = 1e-6;
  unsigned likeliest = 0;
  for (Eigen::Index i = 0; i < row.size(); ++i) likeliest |= (row.maxCoeff() - row(i) < tie ? 1U : 0U) << i;
  return up_right_down_left[likeliest];
}

// The map cell by cell, each `width` characters wide; `text_of` says what stands in a state that is not terminal.
std::string draw(const Gridworld& world, const Mdp& mdp, int width, std::string_view wall,
                 const std::function<std::string(Index)>& text_of) {
  std::string text;
  for (Eigen::Index r = 0; r < world.state_at.rows(); ++r) {
    text += "  ";
    for (Eigen::Index c = 0; c < world.state_at.cols(); ++c) {
      const Index state = world.state_at(r, c);
      const std::string cell = state < 0                ? std::string(wall)
                               : mdp.is_terminal(state) ? std::string(1, world.symbol(state))
                                                        : text_of(state);
      text += fmt::format("{:>{}} ", cell, width);
    }
    text += "\n";
  }
  return text;
}

std::string maps(const Gridworld& world, const Mdp& mdp, const Values& values, const Values& policy) {
  constexpr Eigen::Index widest_arrows = 60, widest_values = 14;
  std::string text;
  if (world.state_at.cols() <= widest_arrows && world.state_at.rows() <= widest_arrows) {
    text +=
        "\nmost likely move (lines such as ┘ and ┴ join moves that tie, + where all four do; # wall; letters end the "
        "episode)\n";
    text += draw(world, mdp, 1, "#",
                 [&](Index state) { return arrow(policy.segment(mdp.first_pair(state), mdp.action_count(state))); });
  }
  if (world.state_at.cols() <= widest_values && world.state_at.rows() <= 2 * widest_values) {
    text += "\nvalue, in reward units\n";
    text += draw(world, mdp, 7, "####", [&](Index state) {
      return fmt::format("{:.4g}", values(state) + 0.0);  // + 0.0 turns −0 into 0
    });
  }
  return text;
}

std::string table(const Mdp& mdp, const Values& values, const Values& policy) {
  constexpr Index most = 12;
  Table result{.header = {"state", "value", "most likely action", "its probability"},
               .rows = {},
               .right_aligned = {true, true, true, true}};
  for (Index s = 0; s < std::min(mdp.states(), most); ++s) {
    std::string action = "terminal", probability;
    if (!mdp.is_terminal(s)) {
      Eigen::Index best = 0;
      const double p = policy.segment(mdp.first_pair(s), mdp.action_count(s)).maxCoeff(&best);
      action = fmt::format("{}", mdp.action(mdp.first_pair(s) + static_cast<Index>(best), s));
      probability = fmt::format("{:.4g}", p);
    }
    result.rows.push_back({fmt::format("{}", s), fmt::format("{:.6g}", values(s) + 0.0), action, probability});
  }
  std::string text = fmt::format("\n{}", result.text());
  if (mdp.states() > most) text += fmt::format("... and {} more\n", mdp.states() - most);
  return text;
}

}  // namespace

std::string view(const tabular::Model& model, const Values& values, const Values& policy) {
  return model.gridworld ? maps(*model.gridworld, model.mdp, values, policy) : table(model.mdp, values, policy);
}

}  // namespace softrl::cli
