#include "continuous/training.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "continuous/run_folder.hpp"
#include "continuous/trained_run.hpp"

namespace softrl::continuous {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Training : public testing::Test {
 protected:
  Training() : folder_(fs::temp_directory_path() / fs::path("softrl_training_" + std::to_string(::getpid()))) {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  ~Training() override { fs::remove_all(folder_); }

  static TrainingOptions small(const std::string& task, std::int64_t steps) {
    TrainingOptions options = default_training_options(task);
    options.steps = steps;
    options.start_steps = 50;
    options.update_interval = 1;
    options.batch_size = 8;
    options.log_interval = 50;
    options.checkpoint_interval = 100;
    options.agent.hidden = {16, 16};
    return options;
  }

  static std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  // metrics.csv without its last two columns, which are times.
  static std::vector<std::string> metrics(const fs::path& run) {
    std::istringstream in(text_of(run / "metrics.csv"));
    std::vector<std::string> rows;
    for (std::string line; std::getline(in, line);)
      rows.push_back(line.substr(0, line.rfind(',', line.rfind(',') - 1)));
    return rows;
  }

  fs::path folder_;
};

// Stopped half-way and taken up again: the same metrics, the same policy, to the last bit.
TEST_F(Training, ResumedRunIsTheUninterruptedOne) {
  for (const std::string task : {"multi_goal", "InvertedPendulum-v5", "HalfCheetah-v5"}) {
    const fs::path whole = folder_ / (task + "_whole"), halves = folder_ / (task + "_halves");
    train(small(task, 400), whole);
    const auto first = train(small(task, 200), halves);
    EXPECT_EQ(first.steps, 200);
    const auto second = resume_training(halves, 400);
    EXPECT_EQ(second.steps, 400);
    EXPECT_FALSE(second.interrupted);
    EXPECT_EQ(metrics(whole), metrics(halves)) << task;
    const TrainedRun a = load_trained_run(whole), b = load_trained_run(halves);
    EXPECT_EQ(a.step, 400);
    Random noise_a(1), noise_b(1);
    const Eigen::VectorXd observation = Eigen::VectorXd::Constant(a.policy.observation_size(), 0.1);
    EXPECT_EQ(a.policy.sample(observation, noise_a), b.policy.sample(observation, noise_b)) << task;
    const Eigen::VectorXd action = a.action_box.high * 0.3;
    EXPECT_EQ(a.q_value(observation, action), b.q_value(observation, action)) << task;
  }
}

TEST_F(Training, AStopLeavesACheckpointToResume) {
  std::stop_source stop;
  const auto result = train(
      small("multi_goal", 100'000), folder_ / "run",
      [&](const Progress& progress) {
        if (progress.done >= 150) stop.request_stop();
      },
      stop.get_token());
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.steps, 150);
  EXPECT_THAT(text_of(folder_ / "run/summary.json"), HasSubstr("\"interrupted\""));
  EXPECT_EQ(load_trained_run(folder_ / "run").step, 150);
  EXPECT_EQ(resume_training(folder_ / "run", 200).steps, 200);
  EXPECT_THAT(text_of(folder_ / "run/summary.json"), HasSubstr("\"finished\""));
}

TEST_F(Training, RowsAfterTheCheckpointAreWrittenAnew) {
  train(small("multi_goal", 200), folder_ / "run");
  const auto rows = metrics(folder_ / "run");
  std::ofstream(folder_ / "run/metrics.csv", std::ios::app) << "250,999,1,1,1,1,1,1,1\n300,999,1,";  // a crash half-way
  resume_training(folder_ / "run", 250);
  const auto resumed = metrics(folder_ / "run");
  ASSERT_EQ(resumed.size(), rows.size() + 1);
  EXPECT_TRUE(std::equal(rows.begin(), rows.end(), resumed.begin()));
  EXPECT_THAT(resumed.back(), testing::StartsWith("250,"));
  EXPECT_THAT(resumed.back(), testing::Not(testing::StartsWith("250,999,")));
}

TEST_F(Training, ConfigurationComesBack) {
  TrainingOptions options = small("HalfCheetah-v5", 77);
  options.agent.temperature = 0.1 + 0.2;  // not a short decimal
  options.agent.bandwidth = BandwidthRule::SqlPaper;
  const std::string text = to_toml(options);
  const TrainingOptions back = with_config({}, Config::parse(text, "x"));
  EXPECT_EQ(to_toml(back), text);
  EXPECT_EQ(back.agent.temperature, options.agent.temperature);
  EXPECT_EQ(back.agent.bandwidth, BandwidthRule::SqlPaper);
  EXPECT_EQ(back.agent.critics, 2);
}

TEST_F(Training, RefusesBeforeItWrites) {
  const fs::path run = folder_ / "run";
  auto bad = small("multi_goal", 100);
  bad.batch_size = 0;
  EXPECT_THAT([&] { train(bad, run); }, ThrowsMessage<std::invalid_argument>(HasSubstr("batch_size")));
  bad = small("multi_goal", 100);
  bad.checkpoint_interval = 75;
  EXPECT_THAT([&] { train(bad, run); }, ThrowsMessage<std::invalid_argument>(HasSubstr("checkpoint_interval")));
  bad = small("multi_goal", 100);
  bad.algorithm = "sac";
  EXPECT_THAT([&] { train(bad, run); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("algorithm must be sql, got sac")));
  EXPECT_FALSE(fs::exists(run));
  fs::create_directory(run);
  std::ofstream(run / "precious.txt") << "keep";
  EXPECT_THAT([&] { train(small("multi_goal", 100), run); },
              ThrowsMessage<std::runtime_error>(HasSubstr("already exists")));
}

TEST_F(Training, DamagedCheckpointsAreSaidSo) {
  const fs::path run = folder_ / "run";
  EXPECT_THAT([&] { load_trained_run(run); }, ThrowsMessage<std::runtime_error>(HasSubstr("no such run folder")));
  train(small("multi_goal", 100), run);
  EXPECT_THAT([&] { resume_training(run); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("steps must be more than")));
  const auto size = fs::file_size(run / "checkpoint.pt");
  for (const auto part : {size - 1, size / 2, std::uintmax_t{10}, std::uintmax_t{0}}) {
    fs::resize_file(run / "checkpoint.pt", part);
    EXPECT_THAT([&] { load_trained_run(run); }, ThrowsMessage<std::runtime_error>(testing::AllOf(
                                                    HasSubstr("checkpoint.pt"), testing::Not(HasSubstr("\n")))))
        << part << " bytes";
  }
  fs::remove(run / "checkpoint.pt");
  EXPECT_THAT([&] { load_trained_run(run); }, ThrowsMessage<std::runtime_error>(HasSubstr("no such checkpoint")));
}

}  // namespace
}  // namespace softrl::continuous
