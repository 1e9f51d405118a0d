// The options of a task by name and as text, for the command line, TOML and Python alike. A task's options are a plain
// struct; one list says the name of each member:
//
//     std::vector<OptionField> fields(AntOptions& o) { return {{"frame_skip", &o.frame_skip}, …}; }
//
// As text: true or false; numbers, inf among them; ranges as two numbers with a comma, in brackets or not: [0.2, 1.0].
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace softrl::continuous {

struct Range {
  double low, high;  // low ≤ high, each may be infinite
};

struct OptionField {
  std::string_view name;
  std::variant<bool*, int*, double*, std::string*, Range*> value;
};

// Values by the names of options; those not named keep their defaults.
using TaskSettings = std::map<std::string, std::string>;

// Assigns every setting to the field of its name. Throws std::invalid_argument if there is no such field (naming
// `owner` and the nearest name) or if the text is no such value.
void assign(std::span<const OptionField> fields, const TaskSettings& settings, std::string_view owner);

// What assign() would read again.
std::string text_of(const OptionField& field);

// "boolean", "integer", "number", "text" or "range".
std::string_view type_of(const OptionField& field);

// {"ctrl_cost_weight=0.2", …} as settings. Throws std::invalid_argument for words without "=" and for a name given
// twice.
TaskSettings parse_settings(std::span<const std::string> words);

}  // namespace softrl::continuous
