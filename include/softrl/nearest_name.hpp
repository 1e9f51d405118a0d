// What somebody who mistyped a name may have meant.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace softrl {

// The one of `names` that the fewest edits make of `word` (insert, remove or replace a letter), the first of several;
// but the shortest one that contains `word` before all others. Capitals count as small letters. Throws
// std::invalid_argument if there are no names.
std::string nearest_name(std::string_view word, std::span<const std::string> names);

// "unknown task Wolker2d (did you mean Walker2d-v5? known: …)", where `what` is "task".
std::string unknown_name(std::string_view what, std::string_view word, std::span<const std::string> names);

}  // namespace softrl
