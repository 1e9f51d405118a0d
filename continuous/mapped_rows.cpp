#include "continuous/mapped_rows.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace softrl::continuous {
namespace {

struct Header {
  char kind[24];
  std::uint64_t id;
  std::int64_t rows, width;
};
constexpr char kind[24] = "softrl rows of floats 1";
constexpr std::int64_t header_bytes = 4096;  // a page, so that rows begin at one

std::int64_t size_of(std::int64_t rows, std::int64_t width) {
  return header_bytes + rows * width * static_cast<std::int64_t>(sizeof(float));
}

Header& header(boost::interprocess::mapped_region& region) { return *static_cast<Header*>(region.get_address()); }

}  // namespace

MappedRows::MappedRows(const std::filesystem::path& file, std::int64_t rows, std::int64_t width)
    : file_(file), rows_(rows), width_(width) {
  namespace ipc = boost::interprocess;
  try {
    region_ = std::make_shared<ipc::mapped_region>(ipc::file_mapping(file.c_str(), ipc::read_write), ipc::read_write);
  } catch (const ipc::interprocess_exception& error) {
    throw std::runtime_error(fmt::format("{}: cannot be mapped into memory: {}", file.string(), error.what()));
  }
}

MappedRows MappedRows::create(const std::filesystem::path& file, std::int64_t rows, std::int64_t width) {
  const std::int64_t bytes = size_of(rows, width);
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  int error = descriptor < 0 ? errno : ::posix_fallocate(descriptor, 0, bytes);
  if (descriptor >= 0) ::close(descriptor);
  if (error != 0) {
    if (descriptor >= 0) std::filesystem::remove(file);
    throw std::runtime_error(
        fmt::format("{}: cannot be made, with {} bytes: {}", file.string(), bytes, std::strerror(error)));
  }
  MappedRows result(file, rows, width);
  std::random_device chance;
  Header& made = header(*result.region_);
  std::copy(std::begin(kind), std::end(kind), made.kind);
  made.id = static_cast<std::uint64_t>(chance()) << 32 | chance();
  made.rows = rows;
  made.width = width;
  return result;
}

MappedRows MappedRows::open(const std::filesystem::path& file, std::int64_t rows, std::int64_t width) {
  if (!std::filesystem::is_regular_file(file)) throw std::runtime_error(fmt::format("{}: no such file", file.string()));
  if (std::filesystem::file_size(file) != static_cast<std::uintmax_t>(size_of(rows, width)))
    throw std::runtime_error(
        fmt::format("{}: has another size than {} rows of {} numbers", file.string(), rows, width));
  MappedRows result(file, rows, width);
  const Header& found = header(*result.region_);
  if (std::memcmp(found.kind, kind, sizeof(kind)) != 0 || found.rows != rows || found.width != width)
    throw std::runtime_error(fmt::format("{}: is not a file of {} rows of {} numbers", file.string(), rows, width));
  return result;
}

float* MappedRows::data() const {
  return reinterpret_cast<float*>(static_cast<char*>(region_->get_address()) + header_bytes);
}

std::uint64_t MappedRows::id() const { return header(*region_).id; }

void MappedRows::flush() const {
  if (!region_->flush(0, 0, false)) throw std::runtime_error(fmt::format("{}: cannot be written", file_.string()));
}

}  // namespace softrl::continuous
