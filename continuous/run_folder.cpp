#include "continuous/run_folder.hpp"

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "continuous/run_files.hpp"
#include "softrl/atomic_file.hpp"

namespace softrl::continuous {
namespace fs = std::filesystem;
namespace {

std::string cell(const std::optional<double>& value) { return value ? fmt::format("{:.9g}", *value) : ""; }

std::string header(const std::vector<std::string>& metric_names) {
  std::string text = "step,episodes,return,length";
  for (const std::string& name : metric_names) text += fmt::format(",{}", name);
  return text + ",steps_per_second,seconds\n";
}

std::string csv_line(const MetricsRow& row) {
  std::string text = fmt::format("{},{},{},{}", row.step, row.episodes, cell(row.mean_return), cell(row.mean_length));
  for (const std::optional<double>& metric : row.metrics) text += fmt::format(",{}", cell(metric));
  return text + fmt::format(",{:.6g},{:.6g}\n", row.steps_per_second, row.seconds);
}

// Whole lines of metrics.csv up to `step`: a crash may have cut the last one, and a checkpoint may be older. Throws if
// they are not under `header`.
std::string rows_until(const fs::path& file, std::int64_t step, const std::string& header) {
  std::ifstream in(file);
  std::string kept, line;
  if (std::getline(in, line) && line + "\n" != header)
    throw std::runtime_error(
        fmt::format("{}:1: is not the header that this run writes, {}; without the file the run resumes", file.string(),
                    header.substr(0, header.size() - 1)));
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

RunFolder RunFolder::create(const fs::path& path, const TrainingOptions& options,
                            const std::vector<std::string>& metric_names) {
  check_new_run_folder(path);
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw std::runtime_error(fmt::format("{}: cannot be made: {}", path.string(), error.message()));
  return RunFolder(path, options, metric_names, 0, "");
}

RunFolder RunFolder::reopen(const fs::path& path, const TrainingOptions& options,
                            const std::vector<std::string>& metric_names, std::int64_t step) {
  const std::string rows = rows_until(path / "metrics.csv", step, header(metric_names));
  return RunFolder(path, options, metric_names, step, rows);
}

RunFolder::RunFolder(const fs::path& path, const TrainingOptions& options, std::vector<std::string> metric_names,
                     std::int64_t step, const std::string& rows)
    : path_(path), options_(options), metric_names_(std::move(metric_names)), events_(path, step) {
  write_atomically(path / "config.toml", to_toml(options));
  write_atomically(path / "metrics.csv", header(metric_names_) + rows);
  metrics_.open(path / "metrics.csv", std::ios::app);
}

void RunFolder::append(const MetricsRow& row) {
  metrics_ << csv_line(row) << std::flush;
  if (!metrics_) throw cannot_be_written(path_ / "metrics.csv");
  const auto scalar = [&](const std::string& tag, const std::optional<double>& value) {
    if (value) events_.scalar(tag, row.step, *value);
  };
  scalar("episode/return", row.mean_return);
  scalar("episode/length", row.mean_length);
  for (std::size_t i = 0; i < row.metrics.size(); ++i) scalar("agent/" + metric_names_[i], row.metrics[i]);
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
  check_run_folder(path);
  const TrainingOptions options = training_options(Config::read(path / "config.toml"));
  try {
    check(options);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", (path / "config.toml").string(), error.what()));
  }
  return options;
}

}  // namespace softrl::continuous
