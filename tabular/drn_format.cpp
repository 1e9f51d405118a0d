#include "tabular/drn_format.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "softrl/excerpt.hpp"
#include "tabular/terminal_states.hpp"

namespace softrl::tabular {
namespace {

constexpr std::int64_t most = std::numeric_limits<Index>::max() - 1;

class DrnReader {
 public:
  DrnReader(const std::filesystem::path& file, std::string reward_model)
      : lines_(file), reward_model_(std::move(reward_model)), rows_(lines_, process_.arrays) {}

  LabelledProcess read() {
    read_head();
    choose_reward_model();
    while (next()) read_body_line();
    rows_.end_row();
    if (rows_.states() != states_)
      lines_.fail(fmt::format("has {} states, but @nr_states says {}", rows_.states(), states_));
    const auto choices = static_cast<std::int64_t>(process_.arrays.rewards.size());
    if (choices_ >= 0 && choices != choices_)
      lines_.fail(fmt::format("has {} choices, but @nr_choices says {}", choices, choices_));
    process_.state_rewards.resize(static_cast<std::size_t>(states_), 0.0);
    name_actions();
    return std::move(process_);
  }

 private:
  bool next() {
    while (lines_.next()) {
      if (!lines_.words().front().starts_with("//")) return true;
    }
    return false;
  }

  // Up to and with "@model". A section's contents stand on the lines after its name.
  void read_head() {
    bool has_type = false, has_states = false;
    std::string section;
    while (next()) {
      const auto& words = lines_.words();
      const std::string_view first = words.front();
      if (first == "@type:") {
        lines_.expect_words(2, 2);
        if (words[1] != "MDP" && words[1] != "DTMC")
          lines_.fail(fmt::format("only models of type MDP and DTMC are known, got {}", excerpt(words[1])));
        has_type = true;
      } else if (first == "@value_type:") {
        lines_.expect_words(2, 2);
        if (words[1] != "double" && words[1] != "rational")
          lines_.fail(fmt::format("only values of type double and rational are known, got {}", excerpt(words[1])));
      } else if (first == "@model") {
        if (!has_type) lines_.fail("@type: is missing before @model");
        if (!has_states) lines_.fail("@nr_states is missing before @model");
        return;
      } else if (first.starts_with('@')) {
        section = first;
        if (section != "@parameters" && section != "@placeholders" && section != "@reward_models" &&
            section != "@nr_states" && section != "@nr_choices")
          lines_.fail(fmt::format("unknown section {}", section));
      } else if (section == "@nr_states") {
        states_ = static_cast<Index>(lines_.integer(first, 1, most));
        has_states = true;
      } else if (section == "@nr_choices") {
        choices_ = lines_.integer(first, 0, most);
      } else if (section == "@reward_models") {
        for (const std::string_view word : words) reward_models_.emplace_back(word);
      } else if (section == "@placeholders") {
        lines_.expect_words(3, 3);
        if (!first.starts_with('$') || words[1] != ":") lines_.fail("expected '$name : value'");
        placeholders_.emplace(first, lines_.number(words[2]));
      } else if (section == "@parameters") {
        lines_.fail(
            fmt::format("parameters such as {} have no value here; only models without are known", excerpt(first)));
      } else {
        lines_.fail(fmt::format("expected a section such as @type:, got '{}'", excerpt(first)));
      }
    }
    lines_.fail("@model is missing");
  }

  void choose_reward_model() {
    if (reward_model_.empty() && reward_models_.size() <= 1) return;
    const auto found = std::find(reward_models_.begin(), reward_models_.end(), reward_model_);
    if (found == reward_models_.end())
      throw std::invalid_argument(
          fmt::format("reward_model must be one of {}, got '{}'", fmt::join(reward_models_, ", "), reward_model_));
    chosen_ = static_cast<std::size_t>(found - reward_models_.begin());
  }

  double value(std::string_view word) const {
    if (!word.starts_with('$')) return lines_.number(word);
    const auto found = placeholders_.find(word);
    if (found == placeholders_.end()) lines_.fail(fmt::format("{} is not among the placeholders", excerpt(word)));
    return found->second;
  }

  // The chosen one of the rewards in brackets, "[1, -2]", that may begin at word `at`, which moves behind them; else 0.
  double bracketed_reward(std::size_t& at) const {
    const auto& words = lines_.words();
    if (at == words.size() || !words[at].starts_with('[')) return 0.0;
    std::string text;
    for (bool closed = false; !closed; ++at) {
      if (at == words.size()) lines_.fail("expected ']' behind the rewards");
      text += words[at];
      closed = words[at].ends_with(']');
    }
    text = text.substr(1, text.size() - 2);
    std::size_t count = 0;
    double reward = 0.0;
    for (std::size_t begin = 0; begin < text.size(); ++count) {
      const auto end = std::min(text.find(',', begin), text.size());
      const double number = value(std::string_view(text).substr(begin, end - begin));
      if (count == chosen_) reward = number;
      begin = end + 1;
    }
    if (count != reward_models_.size())
      lines_.fail(
          fmt::format("expected a reward for each of the {} reward models, got {}", reward_models_.size(), count));
    return reward;
  }

  void read_body_line() {
    const auto& words = lines_.words();
    if (words.front() == "state") return read_state();
    if (words.front() == "action") return read_action();
    lines_.expect_words(3, 3);
    if (words[1] != ":") lines_.fail("expected 'state', 'action' or 'successor : probability'");
    if (!in_action_) lines_.fail("has a transition before the first action of its state");
    rows_.add(static_cast<Index>(lines_.integer(words[0], 0, states_ - 1)), value(words[2]));
  }

  void read_state() {
    const auto& words = lines_.words();
    if (words.size() < 2) lines_.fail("expected the number of the state");
    const Index state = rows_.states();
    if (lines_.integer(words[1], 0, states_ - 1) != state)
      lines_.fail(fmt::format("states must be in order: expected state {}, got {}", state, excerpt(words[1])));
    rows_.end_row();
    rows_.begin_state();
    in_action_ = false;
    std::size_t at = 2;
    process_.state_rewards.push_back(bracketed_reward(at));
    for (; at < words.size(); ++at) {
      std::string label(words[at]);
      if (label.size() > 1 && label.front() == '"' && label.back() == '"') label = label.substr(1, label.size() - 2);
      process_.labels[label].push_back(state);
    }
  }

  void read_action() {
    if (rows_.states() == 0) lines_.fail("has an action before the first state");
    const auto& words = lines_.words();
    if (words.size() < 2) lines_.fail("expected the name of the action");
    std::size_t at = 2;
    const double reward = bracketed_reward(at);
    if (at != words.size())
      lines_.fail(fmt::format("expected nothing behind the action, got '{}'", excerpt(words[at])));
    const auto& offsets = process_.arrays.action_offsets;
    const auto first = static_cast<std::size_t>(offsets[offsets.size() - 2]);
    const auto counted = static_cast<Index>(process_.arrays.rewards.size() - first);
    rows_.begin_row(counted, reward);
    names_.push_back(number_of(words[1]));
    in_action_ = true;
  }

  // The number that an action's name is, −1 for a word.
  static Index number_of(std::string_view name) {
    if (name.empty() || name.size() > 9 || name.find_first_not_of("0123456789") != name.npos) return -1;
    return static_cast<Index>(std::stoi(std::string(name)));
  }

  // Names that are numbers and increase within every state are kept; others are counted 0, 1, 2, …
  void name_actions() {
    const auto& offsets = process_.arrays.action_offsets;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
      Index previous = -1;
      for (auto k = static_cast<std::size_t>(offsets[s]); k < static_cast<std::size_t>(offsets[s + 1]); ++k) {
        if (names_[k] <= previous) return;
        previous = names_[k];
      }
    }
    process_.arrays.actions = std::move(names_);
  }

  TextLines lines_;
  std::string reward_model_;
  LabelledProcess process_;
  RowReader rows_;
  std::vector<std::string> reward_models_;
  std::map<std::string, double, std::less<>> placeholders_;
  std::size_t chosen_ = 0;
  Index states_ = 0;
  std::int64_t choices_ = -1;  // as the file says, if it does
  bool in_action_ = false;
  std::vector<Index> names_;
};

}  // namespace

LabelledProcess read_drn(const std::filesystem::path& file, const std::string& reward_model) {
  return DrnReader(file, reward_model).read();
}

std::string to_drn(const Mdp& mdp) {
  const StateLabels labels = labels_of(mdp);
  std::vector<bool> starts(static_cast<std::size_t>(mdp.states()), false);
  for (const Index s : labels.at("init")) starts[static_cast<std::size_t>(s)] = true;

  fmt::memory_buffer text;
  const auto out = std::back_inserter(text);
  fmt::format_to(
      out,
      "@type: MDP\n@value_type: double\n@parameters\n\n@reward_models\nreward\n@nr_states\n{}\n@nr_choices\n{}\n"
      "@model\n",
      mdp.states(), mdp.pairs() + static_cast<Index>(mdp.terminal().size()));
  for (Index s = 0; s < mdp.states(); ++s) {
    const bool terminal = mdp.is_terminal(s);
    fmt::format_to(out, "state {} [{}]{}{}\n", s, terminal ? mdp.terminal_value(s) : 0.0,
                   starts[static_cast<std::size_t>(s)] ? " init" : "", terminal ? " terminal" : "");
    if (terminal) fmt::format_to(out, "\taction 0 [0]\n\t\t{} : 1\n", s);
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      fmt::format_to(out, "\taction {} [{}]\n", mdp.action(k, s), mdp.reward(k));
      for (const auto& [next, p] : sorted_row(mdp, k)) fmt::format_to(out, "\t\t{} : {}\n", next, p);
    }
  }
  return fmt::to_string(text);
}

}  // namespace softrl::tabular
