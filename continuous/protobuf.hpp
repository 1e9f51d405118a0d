// Protocol buffers, written by hand: https://protobuf.dev/programming-guides/encoding. A message is its fields one
// after the other; a message within one is a field of bytes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace softrl::continuous::protobuf {

// The bytes of a number as they lie in memory, which is little-endian.
std::string raw(double value);
std::string raw(float value);
std::string raw(std::uint32_t value);
std::string raw(std::uint64_t value);
std::string raw(std::int64_t value);

std::string number_field(int field, double value);
std::string number_field(int field, float value);
std::string integer_field(int field, std::int64_t value);
std::string bytes_field(int field, std::string_view bytes);

}  // namespace softrl::continuous::protobuf
