// What a message shows of input that may be anything: a word of a damaged file can be megabytes of control characters.
#pragma once
#include <string>
#include <string_view>

namespace softrl {

// The word itself, or its first 60 bytes or so (never part of a UTF-8 character) and "…"; control characters as '?'.
std::string excerpt(std::string_view word);

}  // namespace softrl
