// A TensorBoard event file: scalars over steps, readable by TensorBoard while it grows.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace softrl::continuous {

class EventFile {
 public:
  // A new file events.out.tfevents.<time>.<process>.softrl in `folder`. `first_step` tells TensorBoard to forget what
  // earlier files of the folder say from that step on. Throws std::runtime_error if it cannot be written.
  explicit EventFile(const std::filesystem::path& folder, std::int64_t first_step = 0);

  // Kept as a float, the nearest there is: that is all the format holds.
  void scalar(std::string_view tag, std::int64_t step, double value);
  void flush();

 private:
  void write_record(std::string_view event);

  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace softrl::continuous
