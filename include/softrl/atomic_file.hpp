// Results appear under their final name only when whole.
#pragma once
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace softrl {

// Calls `write` with the path of a temporary file beside `target` (same extension), flushes it to disk, then renames it
// to `target`. If `write` throws, the temporary is removed, `target` is as it was, and the exception passes on.
// A symbolic link stays one: what it points to is replaced. A device or pipe (/dev/stdout) is written to as it is.
// Throws std::runtime_error naming the path if the folder does not exist or the file cannot be written.
void write_atomically(const std::filesystem::path& target,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

// The same for text at hand.
void write_atomically(const std::filesystem::path& target, std::string_view content);

// The error of a write to `file` that has just failed, with the system's reason (errno).
std::runtime_error cannot_be_written(const std::filesystem::path& file);

// Throws as write_atomically would if the folder of one of `outputs` does not exist or may not be written to, so that a
// long computation does not find out at its end; and if an output is one of the `inputs` or named twice. An empty path,
// for an output that nobody asked for, passes.
void check_outputs(const std::vector<std::filesystem::path>& outputs,
                   const std::vector<std::filesystem::path>& inputs = {});

}  // namespace softrl
