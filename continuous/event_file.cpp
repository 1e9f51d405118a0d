// The format, from TensorFlow's record_writer and event.proto: each record is
//     length (8 bytes), masked CRC-32C of the length (4), data, masked CRC-32C of the data (4), all little-endian,
// and its data a protocol buffer `Event`:
//     1: wall_time (double)   2: step (int64)   3: file_version (string)
//     5: summary { 1: value { 1: tag (string), 2: simple_value (float) } }   7: session_log { 1: status (enum) }
#include "continuous/event_file.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>

#include <boost/crc.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "continuous/protobuf.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::continuous {
namespace {

using protobuf::bytes_field;
using protobuf::integer_field;
using protobuf::number_field;
using protobuf::raw;

std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xa282ead8u;
}

double now_s() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

constexpr int session_started = 1;

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder, std::int64_t first_step)
    : path_(folder / fmt::format("events.out.tfevents.{:.6f}.{}.softrl", now_s(), ::getpid())),
      out_(path_, std::ios::binary) {
  write_record(number_field(1, now_s()) + bytes_field(3, "brain.Event:2"));
  write_record(number_field(1, now_s()) + integer_field(2, first_step) +
               bytes_field(7, integer_field(1, session_started)));
  flush();
}

void EventFile::scalar(std::string_view tag, std::int64_t step, double value) {
  constexpr double largest = std::numeric_limits<float>::max();
  const std::string entry =
      bytes_field(1, tag) + number_field(2, static_cast<float>(std::clamp(value, -largest, largest)));
  write_record(number_field(1, now_s()) + integer_field(2, step) + bytes_field(5, bytes_field(1, entry)));
}

void EventFile::flush() {
  out_.flush();
  if (!out_) throw cannot_be_written(path_);
}

void EventFile::write_record(std::string_view event) {
  const std::string length = raw(static_cast<std::uint64_t>(event.size()));
  out_ << length << raw(masked_crc(length)) << event << raw(masked_crc(event));
}

}  // namespace softrl::continuous
