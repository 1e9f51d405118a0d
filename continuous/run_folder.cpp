#include "continuous/run_folder.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "softrl/atomic_file.hpp"

namespace softrl::continuous {
namespace fs = std::filesystem;
namespace {

constexpr const char* header = "step,episodes,return,length,critic_loss,q,stein,steps_per_second,seconds";

std::string cell(const std::optional<double>& value) { return value ? fmt::format("{:.9g}", *value) : ""; }

std::string csv_line(const MetricsRow& row) {
  return fmt::format("{},{},{},{},{},{},{},{:.6g},{:.6g}\n", row.step, row.episodes, cell(row.mean_return),
                     cell(row.mean_length), cell(row.critic_loss), cell(row.q), cell(row.stein), row.steps_per_second,
                     row.seconds);
}

// Whole lines of metrics.csv up to `step`: a crash may have cut the last one, and a checkpoint may be older.
std::string rows_until(const fs::path& file, std::int64_t step) {
  std::ifstream in(file);
  std::string kept = fmt::format("{}\n", header);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line) && !in.eof()) {
    std::int64_t at = 0;
    if (!(std::istringstream(line) >> at) || at > step) break;
    kept += line + "\n";
  }
  return kept;
}

}  // namespace

void check_new_run_folder(const fs::path& path) {
  if (fs::exists(path) && !(fs::is_directory(path) && fs::is_empty(path)))
    throw std::runtime_error(fmt::format("{}: already exists; choose another folder, or resume it", path.string()));
}

RunFolder RunFolder::create(const fs::path& path, const TrainingOptions& options) {
  check_new_run_folder(path);
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw std::runtime_error(fmt::format("{}: cannot be made: {}", path.string(), error.message()));
  return RunFolder(path, options, 0);
}

RunFolder RunFolder::reopen(const fs::path& path, const TrainingOptions& options, std::int64_t step) {
  return RunFolder(path, options, step);
}

RunFolder::RunFolder(const fs::path& path, const TrainingOptions& options, std::int64_t step)
    : path_(path), options_(options), events_(path, step) {
  write_atomically(path / "config.toml", to_toml(options));
  write_atomically(path / "metrics.csv", rows_until(path / "metrics.csv", step));
  metrics_.open(path / "metrics.csv", std::ios::app);
}

void RunFolder::append(const MetricsRow& row) {
  metrics_ << csv_line(row) << std::flush;
  if (!metrics_) throw std::runtime_error(fmt::format("{}: cannot be written", (path_ / "metrics.csv").string()));
  const auto scalar = [&](const char* tag, const std::optional<double>& value) {
    if (value) events_.scalar(tag, row.step, *value);
  };
  scalar("episode/return", row.mean_return);
  scalar("episode/length", row.mean_length);
  scalar("loss/critic", row.critic_loss);
  scalar("sampler/q", row.q);
  scalar("sampler/stein", row.stein);
  scalar("time/steps_per_second", row.steps_per_second);
  events_.flush();
}

void RunFolder::write_summary(const RunSummary& summary) const {
  nlohmann::ordered_json json;
  json["status"] = summary.status;
  json["task"] = options_.task;
  json["algorithm"] = options_.algorithm;
  json["seed"] = options_.seed;
  json["steps"] = summary.steps;
  json["steps_wanted"] = options_.steps;
  json["episodes"] = summary.episodes;
  json["mean_return"] = summary.mean_return ? nlohmann::ordered_json(*summary.mean_return) : nullptr;
  json["seconds"] = summary.seconds;
  write_atomically(path_ / "summary.json", json.dump(2) + "\n");
}

TrainingOptions RunFolder::read_options(const fs::path& path) {
  if (!fs::is_directory(path)) throw std::runtime_error(fmt::format("{}: no such run folder", path.string()));
  if (!fs::exists(path / "config.toml"))
    throw std::runtime_error(fmt::format("{}: no training run in this folder (no config.toml)", path.string()));
  const TrainingOptions options = with_config({}, Config::read(path / "config.toml"));
  try {
    check(options);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", (path / "config.toml").string(), error.what()));
  }
  return options;
}

}  // namespace softrl::continuous
