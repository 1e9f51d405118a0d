#include "continuous/task_options.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "softrl/nearest_name.hpp"

namespace softrl::continuous {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

[[noreturn]] void refuse(std::string_view name, std::string_view what, std::string_view text) {
  throw std::invalid_argument(fmt::format("{} must be {}, got {}", name, what, text));
}

// The whole of `text` as a number; NaN where it is none.
double number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : std::nan("");
}

struct Read {
  std::string_view name;
  std::string_view text;

  void operator()(bool* value) const {
    if (text != "true" && text != "false") refuse(name, "true or false", text);
    *value = text == "true";
  }
  void operator()(int* value) const {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
    if (error != std::errc() || end != text.data() + text.size()) refuse(name, "an integer", text);
  }
  void operator()(double* value) const {
    const double read = number(text);
    if (!std::isfinite(read)) refuse(name, "a finite number", text);
    *value = read;
  }
  void operator()(std::string* value) const {
    if (text.empty()) throw std::invalid_argument(fmt::format("{} must not be empty", name));
    *value = text;
  }
  void operator()(Range* value) const {
    std::string_view inner = text;
    if (inner.starts_with('[') && inner.ends_with(']')) inner = inner.substr(1, inner.size() - 2);
    const auto comma = inner.find(',');
    const double low = comma == std::string_view::npos ? std::nan("") : number(inner.substr(0, comma));
    const double high = comma == std::string_view::npos ? std::nan("") : number(inner.substr(comma + 1));
    if (!(low <= high)) refuse(name, "two numbers, the lower one first, as in [0.2, 1.0]", text);
    *value = {.low = low, .high = high};
  }
};

struct Write {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const int* value) const { return fmt::format("{}", *value); }
  std::string operator()(const double* value) const { return fmt::format("{}", *value); }
  std::string operator()(const std::string* value) const { return *value; }
  std::string operator()(const Range* value) const { return fmt::format("[{}, {}]", value->low, value->high); }
};

struct Type {
  std::string_view operator()(const bool*) const { return "boolean"; }
  std::string_view operator()(const int*) const { return "integer"; }
  std::string_view operator()(const double*) const { return "number"; }
  std::string_view operator()(const std::string*) const { return "text"; }
  std::string_view operator()(const Range*) const { return "range"; }
};

}  // namespace

void assign(std::span<const OptionField> fields, const TaskSettings& settings, std::string_view owner) {
  for (const auto& [name, text] : settings) {
    const OptionField* chosen = nullptr;
    for (const OptionField& field : fields) {
      if (field.name == name) chosen = &field;
    }
    if (chosen == nullptr) {
      std::vector<std::string> names;
      for (const OptionField& field : fields) names.emplace_back(field.name);
      throw std::invalid_argument(unknown_name(fmt::format("option of {}:", owner), name, names));
    }
    std::visit(Read{.name = name, .text = trimmed(text)}, chosen->value);
  }
}

std::string text_of(const OptionField& field) { return std::visit(Write{}, field.value); }

std::string_view type_of(const OptionField& field) { return std::visit(Type{}, field.value); }

TaskSettings parse_settings(std::span<const std::string> words) {
  TaskSettings settings;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw std::invalid_argument(fmt::format("option must be NAME=VALUE, got {}", word));
    if (!settings.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
      throw std::invalid_argument(fmt::format("option {} is given twice", word.substr(0, equals)));
  }
  return settings;
}

}  // namespace softrl::continuous
