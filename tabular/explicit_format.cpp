#include "tabular/explicit_format.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "softrl/excerpt.hpp"
#include "tabular/terminal_states.hpp"

namespace softrl::tabular {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most = std::numeric_limits<Index>::max() - 1;

fs::path beside(const fs::path& transitions, const char* suffix) {
  return fs::path(transitions).replace_extension(suffix);
}

// The file of this suffix, if it is there; else empty.
fs::path existing(const fs::path& transitions, const char* suffix) {
  const fs::path file = beside(transitions, suffix);
  return fs::exists(file) ? file : fs::path();
}

struct Transitions {
  MdpArrays arrays;
  ExplicitDialect dialect = ExplicitDialect::Prism;
  bool chain = false;  // A Markov chain: one choice in each state, which the files leave out.
};

// The states, rows and names of NAME.tra.
Transitions read_transitions(const fs::path& file) {
  Transitions result;
  TextLines lines(file);
  if (!lines.next()) lines.fail_at(1, "is empty");
  std::int64_t states = -1, choices = -1, transitions = -1;  // as PRISM's first line says
  const auto head = lines.words();
  if (head.front() == "mdp" || head.front() == "dtmc") {
    lines.expect_words(1, 1);
    result.dialect = ExplicitDialect::Storm;
    result.chain = head.front() == "dtmc";
  } else if (head.size() == 3 || head.size() == 2) {
    result.chain = head.size() == 2;
    states = lines.integer(head[0], 1, most);
    if (!result.chain) choices = lines.integer(head[1], 0, most);
    transitions = lines.integer(head.back(), 0, most);
  } else {
    lines.fail("expected 'mdp', or the numbers of states, choices and transitions");
  }

  // A state takes several bytes of the file, but a line or two may name any number.
  const auto check_room = [&](std::int64_t count) {
    if (count > std::max<std::int64_t>(1'000'000, static_cast<std::int64_t>(lines.bytes())))
      lines.fail(fmt::format("{} states are more than a file of {} bytes describes", count, lines.bytes()));
  };
  check_room(states);
  RowReader rows(lines, result.arrays);
  std::vector<Index> names;  // of the choices, where a word follows the probability
  bool named = true;
  std::int64_t state = -1, choice = -1, largest = -1;
  const std::size_t at = result.chain ? 1 : 2;  // where the successor stands
  while (lines.next()) {
    const auto& words = lines.words();
    lines.expect_words(at + 2, at + 3);
    const std::int64_t end = states < 0 ? most : states - 1;
    const std::int64_t s = lines.integer(words[0], 0, end), c = result.chain ? 0 : lines.integer(words[1], 0, most);
    if (s < state || (s == state && c < choice)) lines.fail("states and choices must be in order");
    if (s == state ? c > choice + 1 : c != 0)
      lines.fail(fmt::format("choices of a state must be numbered 0, 1, 2, ..., got {}", c));
    const std::int64_t next = lines.integer(words[at], 0, end);
    largest = std::max({largest, next, s});
    check_room(largest + 1);
    if (s != state || c != choice) {
      rows.end_row();
      while (rows.states() <= s) rows.begin_state();
      rows.begin_row(static_cast<Index>(c), 0.0);
      const std::string_view name = words.size() == at + 3 ? words[at + 2] : "";
      const bool is_number = !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == name.npos;
      named = named && is_number;
      if (named) names.push_back(static_cast<Index>(std::stoi(std::string(name))));
      named = named && (c == 0 || names[names.size() - 2] < names.back());
    }
    state = s;
    choice = c;
    rows.add(static_cast<Index>(next), lines.number(words[at + 1]));
  }
  rows.end_row();
  for (const std::int64_t all = states < 0 ? largest + 1 : states; rows.states() < all;) rows.begin_state();
  const auto& arrays = result.arrays;
  if (transitions >= 0 && static_cast<std::int64_t>(arrays.successors.size()) != transitions)
    lines.fail_at(1, fmt::format("says {} transitions, but {} follow", transitions, arrays.successors.size()));
  if (choices >= 0 && static_cast<std::int64_t>(arrays.rewards.size()) != choices)
    lines.fail_at(1, fmt::format("says {} choices, but {} follow", choices, arrays.rewards.size()));
  if (arrays.rewards.empty()) lines.fail("has no transition");
  if (named) result.arrays.actions = std::move(names);
  return result;
}

// PRISM's: 0="init" 1="deadlock", then "state: 0 1". Storm's: the names between #DECLARATION and #END, then "state
// name".
StateLabels read_labels(const fs::path& file, Index states) {
  StateLabels labels;
  TextLines lines(file);
  if (!lines.next()) lines.fail_at(1, "is empty");
  const auto unquoted = [&](std::string_view word) {
    if (word.size() < 3 || word.front() != '"' || word.back() != '"')
      lines.fail(fmt::format("expected a label in double quotes, got '{}'", excerpt(word)));
    return std::string(word.substr(1, word.size() - 2));
  };
  if (lines.words().front() == "#DECLARATION") {
    std::vector<std::string> declared;
    while (true) {
      if (!lines.next()) lines.fail("#END is missing");
      if (lines.words().front() == "#END") break;
      declared.insert(declared.end(), lines.words().begin(), lines.words().end());
    }
    while (lines.next()) {
      const auto& words = lines.words();
      const auto state = static_cast<Index>(lines.integer(words.front(), 0, states - 1));
      for (std::size_t i = 1; i < words.size(); ++i) {
        if (std::find(declared.begin(), declared.end(), words[i]) == declared.end())
          lines.fail(fmt::format("label '{}' is not declared", excerpt(words[i])));
        labels[std::string(words[i])].push_back(state);
      }
    }
    return labels;
  }
  std::map<std::int64_t, std::string> names;
  for (const std::string_view word : lines.words()) {
    const auto equals = word.find('=');
    if (equals == word.npos)
      lines.fail(fmt::format("expected a declaration such as 0=\"init\", got '{}'", excerpt(word)));
    names[lines.integer(word.substr(0, equals), 0, most)] = unquoted(word.substr(equals + 1));
  }
  while (lines.next()) {
    const auto& words = lines.words();
    if (!words.front().ends_with(':'))
      lines.fail(fmt::format("expected 'state: labels', got '{}'", excerpt(words.front())));
    const auto state =
        static_cast<Index>(lines.integer(words.front().substr(0, words.front().size() - 1), 0, states - 1));
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto name = names.find(lines.integer(words[i], 0, most));
      if (name == names.end()) lines.fail(fmt::format("label {} is not declared", excerpt(words[i])));
      labels[name->second].push_back(state);
    }
  }
  return labels;
}

// The lines of a file of rewards. PRISM's first line says the number of states, and last how many lines follow: a file
// cut off at the end of a line shows in nothing else.
class RewardLines {
 public:
  RewardLines(const fs::path& file, ExplicitDialect dialect, std::int64_t states)
      : lines_(file), headed_(dialect == ExplicitDialect::Prism) {
    if (!headed_) return;
    if (!next_line()) lines_.fail_at(1, "is empty");
    const auto& head = lines_.words();
    lines_.expect_words(2, 3);
    if (lines_.integer(head[0], 0, most) != states)
      lines_.fail(fmt::format("says {} states, but the transitions have {}", head[0], states));
    said_ = lines_.integer(head.back(), 0, most);
    head_line_ = lines_.line();
  }

  // The next one, of `words` words; false at the end.
  bool next(std::size_t words) {
    if (next_line()) {
      lines_.expect_words(words, words);
      ++count_;
      return true;
    }
    if (headed_ && count_ != said_)
      lines_.fail_at(head_line_, fmt::format("says {} rewards, but {} follow", said_, count_));
    return false;
  }

  const TextLines& lines() const { return lines_; }

 private:
  bool next_line() {  // Behind PRISM's comments.
    while (lines_.next()) {
      if (!lines_.words().front().starts_with('#')) return true;
    }
    return false;
  }

  TextLines lines_;
  bool headed_;
  int head_line_ = 0;
  std::int64_t said_ = 0, count_ = 0;
};

std::vector<double> read_state_rewards(const fs::path& file, ExplicitDialect dialect, Index states) {
  std::vector<double> rewards(static_cast<std::size_t>(states), 0.0);
  if (file.empty()) return rewards;
  RewardLines rows(file, dialect, states);
  const TextLines& lines = rows.lines();
  while (rows.next(2))
    rewards[static_cast<std::size_t>(lines.integer(lines.words()[0], 0, states - 1))] = lines.number(lines.words()[1]);
  return rewards;
}

// The mean reward of a row; one that is the same for all successors is not averaged, which would round.
double mean_reward(std::span<const double> probabilities, std::span<const double> rewards) {
  double sum = 0.0;
  bool same = true;
  for (std::size_t t = 0; t < rewards.size(); ++t) {
    sum += probabilities[t] * rewards[t];
    same = same && rewards[t] == rewards.front();
  }
  return same ? rewards.front() : sum;
}

void read_transition_rewards(const fs::path& file, Transitions& transitions) {
  MdpArrays& arrays = transitions.arrays;
  const auto states = static_cast<std::int64_t>(arrays.action_offsets.size()) - 1;
  std::vector<double> rewards(arrays.successors.size(), 0.0);
  RewardLines rows(file, transitions.dialect, states);
  const TextLines& lines = rows.lines();
  const std::size_t at = transitions.chain ? 1 : 2;
  while (rows.next(at + 2)) {
    const auto& words = lines.words();
    const auto s = static_cast<std::size_t>(lines.integer(words[0], 0, states - 1));
    const std::int64_t choices = arrays.action_offsets[s + 1] - arrays.action_offsets[s];
    if (choices == 0) lines.fail(fmt::format("state {} has no transition", s));
    const std::int64_t choice = transitions.chain ? 0 : lines.integer(words[1], 0, choices - 1);
    const auto pair = static_cast<std::size_t>(arrays.action_offsets[s] + choice);
    const std::int64_t next = lines.integer(words[at], 0, states - 1);
    const double reward = lines.number(words[at + 1]);
    bool found = false;
    for (auto t = static_cast<std::size_t>(arrays.successor_offsets[pair]);
         t < static_cast<std::size_t>(arrays.successor_offsets[pair + 1]); ++t) {
      if (arrays.successors[t] != next) continue;
      rewards[t] = reward;
      found = true;
    }
    if (!found) lines.fail(fmt::format("state {}, choice {} has no transition to state {}", s, choice, next));
  }
  for (std::size_t k = 0; k < arrays.rewards.size(); ++k) {
    const auto begin = static_cast<std::size_t>(arrays.successor_offsets[k]);
    const std::size_t count = static_cast<std::size_t>(arrays.successor_offsets[k + 1]) - begin;
    arrays.rewards[k] =
        mean_reward(std::span(arrays.probabilities).subspan(begin, count), std::span(rewards).subspan(begin, count));
  }
}

// "(row,column)" and then a line for each state.
void check_state_file(const fs::path& file, Index states) {
  TextLines lines(file);
  Index count = -1;
  while (lines.next()) ++count;
  if (count != states) lines.fail(fmt::format("has {} states, but the transitions have {}", count, states));
}

const char* suffix_of(ExplicitDialect dialect, bool of_states) {
  if (dialect == ExplicitDialect::Prism) return of_states ? ".srew" : ".trew";
  return of_states ? ".state.rew" : ".trans.rew";
}

// The rewards in the dialect's own file, else in the other's: those may have been left there by another model.
fs::path reward_file(const fs::path& transitions, ExplicitDialect dialect, bool of_states) {
  const fs::path own = existing(transitions, suffix_of(dialect, of_states));
  const auto other = dialect == ExplicitDialect::Prism ? ExplicitDialect::Storm : ExplicitDialect::Prism;
  return own.empty() ? existing(transitions, suffix_of(other, of_states)) : own;
}

}  // namespace

ExplicitProcess read_explicit(const fs::path& file) {
  Transitions transitions = read_transitions(file);
  const auto states = static_cast<Index>(transitions.arrays.action_offsets.size()) - 1;
  if (const fs::path found = reward_file(file, transitions.dialect, false); !found.empty())
    read_transition_rewards(found, transitions);
  if (const fs::path found = existing(file, ".sta"); !found.empty()) check_state_file(found, states);
  LabelledProcess process;
  process.state_rewards = read_state_rewards(reward_file(file, transitions.dialect, true), transitions.dialect, states);
  if (const fs::path found = existing(file, ".lab"); !found.empty()) process.labels = read_labels(found, states);
  process.arrays = std::move(transitions.arrays);
  return {std::move(process), transitions.dialect};
}

std::vector<fs::path> explicit_files(const fs::path& transitions, ExplicitDialect dialect) {
  return {transitions, beside(transitions, ".lab"), beside(transitions, suffix_of(dialect, true)),
          beside(transitions, suffix_of(dialect, false))};
}

std::vector<ExplicitFile> to_explicit(const Mdp& mdp, const fs::path& transitions, ExplicitDialect dialect) {
  const bool prism = dialect == ExplicitDialect::Prism;
  const StateLabels labels = labels_of(mdp);
  fmt::memory_buffer rows, row_rewards, state_rewards, states;
  const auto to = [](fmt::memory_buffer& buffer) { return std::back_inserter(buffer); };
  std::int64_t count = 0, reward_count = 0;
  const bool named = !mdp.arrays().actions.empty();
  for (Index s = 0; s < mdp.states(); ++s) {
    if (mdp.is_terminal(s)) {
      fmt::format_to(to(rows), "{} 0 {} 1{}\n", s, s, named ? " 0" : "");
      ++count;
    }
    for (Index k = mdp.first_pair(s); k < mdp.first_pair(s + 1); ++k) {
      const Index choice = k - mdp.first_pair(s);
      for (const auto& [next, p] : sorted_row(mdp, k)) {
        fmt::format_to(to(rows), "{} {} {} {}", s, choice, next, p);
        if (named) fmt::format_to(to(rows), " {}", mdp.action(k, s));
        rows.push_back('\n');
        ++count;
        if (mdp.reward(k) == 0.0) continue;
        fmt::format_to(to(row_rewards), "{} {} {} {}\n", s, choice, next, mdp.reward(k));
        ++reward_count;
      }
    }
  }
  std::int64_t value_count = 0;
  for (const auto& [state, value] : mdp.terminal()) {
    if (value == 0.0) continue;
    fmt::format_to(to(state_rewards), "{} {}\n", state, value);
    ++value_count;
  }

  // Storm does not take empty files.
  if (!prism && value_count == 0) fmt::format_to(to(state_rewards), "0 0\n");
  if (!prism && reward_count == 0)
    fmt::format_to(to(row_rewards), "0 0 {} 0\n", mdp.is_terminal(0) ? 0 : sorted_row(mdp, 0).front().state);

  const std::int64_t choices = mdp.pairs() + static_cast<std::int64_t>(mdp.terminal().size());
  std::vector<std::string> of_state(static_cast<std::size_t>(mdp.states()));
  std::string declared;
  int number = 0;
  for (const char* const label : {"init", "terminal"}) {
    declared += prism ? fmt::format("{}{}=\"{}\"", number == 0 ? "" : " ", number, label)
                      : fmt::format("{}{}", number == 0 ? "" : " ", label);
    if (const auto found = labels.find(label); found != labels.end()) {
      for (const Index s : found->second)
        of_state[static_cast<std::size_t>(s)] += prism ? fmt::format(" {}", number) : fmt::format(" {}", label);
    }
    ++number;
  }
  std::string label_text = prism ? declared + "\n" : "#DECLARATION\n" + declared + "\n#END\n";
  for (Index s = 0; s < mdp.states(); ++s) {
    const std::string& text = of_state[static_cast<std::size_t>(s)];
    if (!text.empty()) label_text += fmt::format("{}{}{}\n", s, prism ? ":" : "", text);
  }

  const auto with_head = [&](const std::string& head, const fmt::memory_buffer& text) {
    return (prism ? head + "\n" : std::string()) + fmt::to_string(text);
  };
  const auto files = explicit_files(transitions, dialect);
  return {{files[1], std::move(label_text)},
          {files[2], with_head(fmt::format("{} {}", mdp.states(), value_count), state_rewards)},
          {files[3], with_head(fmt::format("{} {} {}", mdp.states(), choices, reward_count), row_rewards)},
          {files[0], prism ? with_head(fmt::format("{} {} {}", mdp.states(), choices, count), rows)
                           : "mdp\n" + fmt::to_string(rows)}};
}

}  // namespace softrl::tabular
