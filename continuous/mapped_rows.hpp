// Rows of floats in a file that is mapped into memory: more of them than memory would hold.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

namespace boost::interprocess {
class mapped_region;
}

namespace softrl::continuous {

class MappedRows {
 public:
  // A new file, its room on the disk taken at once, so that no later write finds it full. Throws std::runtime_error
  // with path and size if there is no such room, or if there is such a file.
  static MappedRows create(const std::filesystem::path& file, std::int64_t rows, std::int64_t width);
  // One that was created with that size. Throws std::runtime_error with the path if it is not there, or another.
  static MappedRows open(const std::filesystem::path& file, std::int64_t rows, std::int64_t width);

  std::int64_t rows() const { return rows_; }
  std::int64_t width() const { return width_; }
  float* data() const;       // [rows × width]; valid while a copy of this lives.
  std::uint64_t id() const;  // Drawn when the file was made: no two have the same.
  void flush() const;        // What has been written survives the machine's end.

 private:
  MappedRows(const std::filesystem::path& file, std::int64_t rows, std::int64_t width);

  std::filesystem::path file_;
  std::shared_ptr<boost::interprocess::mapped_region> region_;
  std::int64_t rows_, width_;
};

}  // namespace softrl::continuous
