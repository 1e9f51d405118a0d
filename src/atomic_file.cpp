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

std::runtime_error cannot_be_written(const fs::path& file) {
  const int reason = errno;
  return std::runtime_error(fmt::format("{}: cannot be written{}{}", file.string(), reason == 0 ? "" : ": ",
                                        reason == 0 ? "" : std::strerror(reason)));
}

namespace {

// Without this a crash of the machine after the rename could leave a complete name over an empty file.
void flush_to_disk(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || ::fsync(descriptor) != 0) {
    const auto error = cannot_be_written(file);
    if (descriptor >= 0) ::close(descriptor);
    throw error;
  }
  ::close(descriptor);
}

fs::path folder_of(const fs::path& target) { return target.has_parent_path() ? target.parent_path() : fs::path("."); }

// Devices and pipes cannot be replaced by a file of the same name.
bool written_in_place(const fs::path& target) {
  return fs::exists(target) && !fs::is_regular_file(target) && !fs::is_directory(target);
}

void check_output(const fs::path& target) {
  if (fs::is_directory(target)) throw std::runtime_error(fmt::format("{}: is a folder", target.string()));
  const fs::path folder = folder_of(target);
  if (!fs::is_directory(folder))
    throw std::runtime_error(fmt::format("{}: the folder {} does not exist", target.string(), folder.string()));
  if (::access(written_in_place(target) ? target.c_str() : folder.c_str(), W_OK) != 0) throw cannot_be_written(target);
}

}  // namespace

void check_outputs(const std::vector<fs::path>& outputs, const std::vector<fs::path>& inputs) {
  std::vector<fs::path> taken;
  for (const fs::path& input : inputs) taken.push_back(fs::weakly_canonical(input));
  for (const fs::path& output : outputs) {
    if (output.empty()) continue;
    check_output(output);
    if (written_in_place(output)) continue;
    const fs::path place = fs::weakly_canonical(output);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (place == taken[i])
        throw std::runtime_error(fmt::format(
            "{}: {}", output.string(),
            i < inputs.size() ? "is an input, and would be overwritten by an output" : "is named for two outputs"));
    }
    taken.push_back(place);
  }
}

void write_atomically(const fs::path& link, const std::function<void(const fs::path&)>& write) {
  check_output(link);
  if (written_in_place(link)) return write(link);
  const fs::path target = fs::is_symlink(link) ? fs::weakly_canonical(link) : link;
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
    if (!out) throw cannot_be_written(target);
  });
}

}  // namespace softrl
