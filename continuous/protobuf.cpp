#include "continuous/protobuf.hpp"

#include <bit>

namespace softrl::continuous::protobuf {
namespace {

static_assert(std::endian::native == std::endian::little, "protocol buffers are in little-endian order");

enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

template <class T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string key(int field, WireType type) { return varint(static_cast<std::uint64_t>(field) << 3 | type); }

}  // namespace

std::string raw(double value) { return bytes_of(value); }
std::string raw(float value) { return bytes_of(value); }
std::string raw(std::uint32_t value) { return bytes_of(value); }
std::string raw(std::uint64_t value) { return bytes_of(value); }
std::string raw(std::int64_t value) { return bytes_of(value); }

std::string number_field(int field, double value) { return key(field, Fixed64) + raw(value); }
std::string number_field(int field, float value) { return key(field, Fixed32) + raw(value); }
std::string integer_field(int field, std::int64_t value) {
  return key(field, Varint) + varint(static_cast<std::uint64_t>(value));
}
std::string bytes_field(int field, std::string_view bytes) {
  return key(field, Bytes) + varint(bytes.size()) + std::string(bytes);
}

}  // namespace softrl::continuous::protobuf
