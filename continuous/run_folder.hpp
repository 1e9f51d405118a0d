// The folder of a training run, readable at any moment, whatever happens to the program:
//     config.toml    the options as used            metrics.csv    a row per log interval
//     checkpoint-<step>.pt  the newest two, to resume and to evaluate
//     summary.json   how far it has come and how it ended
//     events.out.tfevents.*  the metrics for TensorBoard
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "continuous/event_file.hpp"
#include "continuous/training_options.hpp"

namespace softrl::continuous {

// One row of metrics.csv: means over the steps since the row before.
struct MetricsRow {
  std::int64_t step;
  std::int64_t episodes;              // Ended so far.
  std::optional<double> mean_return;  // Of the episodes that ended in these steps, if any.
  std::optional<double> mean_length;
  std::vector<std::optional<double>> metrics;  // The agent's, by Agent::metric_names(); none before the first update.
  double steps_per_second;
  double seconds;  // Since the run began, its resumed parts together.
};

struct RunSummary {
  std::string status;  // "running", "finished", "interrupted" or "diverged"
  std::int64_t steps = 0;
  std::int64_t episodes = 0;
  std::optional<double> mean_return;  // Of the last (up to) 20 episodes.
  double seconds = 0.0;
};

class RunFolder {
 public:
  // Makes the folder and writes config.toml. Throws std::runtime_error if `path` exists and is not an empty folder.
  // `metric_names` are the agent's.
  static RunFolder create(const std::filesystem::path& path, const TrainingOptions& options,
                          const std::vector<std::string>& metric_names);
  // Goes on with a folder after `step`: later rows of metrics.csv are dropped. Rewrites config.toml.
  static RunFolder reopen(const std::filesystem::path& path, const TrainingOptions& options,
                          const std::vector<std::string>& metric_names, std::int64_t step);

  const std::filesystem::path& path() const { return path_; }
  void append(const MetricsRow& row);
  void write_summary(const RunSummary& summary) const;

  // The options of an existing run. Throws std::runtime_error if there is no folder or no valid config.toml in it.
  static TrainingOptions read_options(const std::filesystem::path& path);

 private:
  RunFolder(const std::filesystem::path& path, const TrainingOptions& options, std::vector<std::string> metric_names,
            std::int64_t step, const std::string& rows);

  std::filesystem::path path_;
  TrainingOptions options_;
  std::vector<std::string> metric_names_;
  std::ofstream metrics_;
  EventFile events_;
};

// Throws std::runtime_error unless a run can be created at `path`: nothing there, or an empty folder.
void check_new_run_folder(const std::filesystem::path& path);

}  // namespace softrl::continuous
