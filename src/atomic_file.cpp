#include "softrl/atomic_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace softrl {
namespace fs = std::filesystem;

namespace {

// Without this a crash of the machine after the rename could leave a complete name over an empty file.
void flush_to_disk(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || ::fsync(descriptor) != 0) {
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", file.string(), std::strerror(error)));
  }
  ::close(descriptor);
}

fs::path folder_of(const fs::path& target) { return target.has_parent_path() ? target.parent_path() : fs::path("."); }

}  // namespace

void check_output(const fs::path& target) {
  if (target.empty()) return;
  const fs::path folder = folder_of(target);
  if (!fs::is_directory(folder))
    throw std::runtime_error(fmt::format("{}: the folder {} does not exist", target.string(), folder.string()));
  if (fs::is_directory(target)) throw std::runtime_error(fmt::format("{}: is a folder", target.string()));
  if (::access(folder.c_str(), W_OK) != 0)
    throw std::runtime_error(fmt::format("{}: cannot be written: {}", target.string(), std::strerror(errno)));
}

void write_atomically(const fs::path& target, const std::function<void(const fs::path&)>& write) {
  check_output(target);
  const fs::path temporary = folder_of(target) / fmt::format(".{}.{}.partial{}", target.stem().string(), ::getpid(),
                                                             target.extension().string());
  try {
    write(temporary);
    flush_to_disk(temporary);
    fs::rename(temporary, target);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
}

void write_atomically(const fs::path& target, std::string_view content) {
  write_atomically(target, [&](const fs::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.flush();
    if (!out) throw std::runtime_error(fmt::format("{}: cannot be written", target.string()));
  });
}

}  // namespace softrl
