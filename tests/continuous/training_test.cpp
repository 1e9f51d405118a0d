#include "continuous/training.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "continuous/profiles.hpp"
#include "continuous/run_folder.hpp"
#include "continuous/run_lock.hpp"
#include "continuous/trained_run.hpp"
#include "softrl/version.hpp"

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

  static TrainingOptions small(const std::string& task, std::int64_t steps, const std::string& algorithm = "sql") {
    TrainingOptions options = default_training_options(task, algorithm);
    options.steps = steps;
    options.start_steps = 50;
    options.update_interval = 1;
    options.batch_size = 8;
    options.log_interval = 50;
    options.checkpoint_interval = 100;
    std::visit([](auto& agent) { agent.critic.hidden = {16, 16}; }, options.agent);
    return options;
  }

  static SoftQLearningOptions& sql(TrainingOptions& options) { return std::get<SoftQLearningOptions>(options.agent); }

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
  for (const std::string algorithm : {"sql", "sac", "ddpg", "td3"}) {
    for (const std::string task : {"multi_goal", "InvertedPendulum-v5", "HalfCheetah-v5"}) {
      const std::string name = algorithm + "_" + task;
      const fs::path whole = folder_ / (name + "_whole"), halves = folder_ / (name + "_halves");
      auto options = small(task, 400, algorithm);
      options.environments = task == "multi_goal" ? 3 : 1;
      train(options, whole);
      // Interrupted in the middle of a row of metrics.csv.
      int asked = 0;
      const auto first = train(options, halves, {}, [&] { return ++asked > 71; });
      EXPECT_EQ(first.status, TrainingStatus::Interrupted);
      EXPECT_EQ(first.steps, 71 * options.environments);
      const auto second = resume_training(halves);
      EXPECT_EQ(second.status, TrainingStatus::Finished) << name << ": " << second.cause;
      EXPECT_EQ(metrics(whole), metrics(halves)) << name;
      const TrainedRun a = load_trained_run(whole), b = load_trained_run(halves);
      EXPECT_EQ(a.step, b.step);
      Random noise_a(1), noise_b(1);
      const Eigen::VectorXd observation = Eigen::VectorXd::Constant(a.policy->observation_size(), 0.1);
      EXPECT_EQ(a.policy->sample(observation, noise_a), b.policy->sample(observation, noise_b)) << name;
      EXPECT_EQ(a.policy->best(observation), b.policy->best(observation)) << name;
      const Eigen::VectorXd action = a.action_box.high * 0.3;
      EXPECT_EQ(a.q_value(observation, action), b.q_value(observation, action)) << name;
    }
  }
}

// The variants of soft Q-learning carry more from update to update: a temperature, a set of noise.
TEST_F(Training, VariantsResumeToo) {
  auto options = small("multi_goal", 300);
  sql(options).temperature_schedule = TemperatureSchedule::Automatic;
  sql(options).final_learning_rate_share = 0.1;
  sql(options).learning_rate_steps = 200;
  sql(options).noise_set = 5;
  sql(options).noise_set_steps = 200;
  sql(options).value_proposal = ValueProposal::Policy;
  sql(options).policy_share_from = 0;
  sql(options).policy_share_until = 100;
  train(options, folder_ / "whole");
  options.steps = 150;
  train(options, folder_ / "halves");
  resume_training(folder_ / "halves", 300);
  EXPECT_EQ(metrics(folder_ / "halves"), metrics(folder_ / "whole"));
}

// Noise that wanders is carried on where it was, each copy's by itself; it starts with the agent's own actions.
TEST_F(Training, ExplorationNoiseIsTakenUpWhereItWas) {
  auto options = small("multi_goal", 400, "ddpg");
  options.environments = 2;
  train(options, folder_ / "without");
  options.exploration_ou_sigma = 0.3;
  train(options, folder_ / "whole");
  options.steps = 150;
  train(options, folder_ / "halves");
  resume_training(folder_ / "halves", 400);
  EXPECT_EQ(metrics(folder_ / "halves"), metrics(folder_ / "whole"));
  const auto with = metrics(folder_ / "whole"), without = metrics(folder_ / "without");
  EXPECT_EQ(with[1], without[1]);
  EXPECT_NE(with[3], without[3]);
}

// Running means and deviations are carried on; and they are part of what is learned: with them, the same policy is told
// another observation.
TEST_F(Training, NormalisationIsTakenUpWhereItWas) {
  for (const std::string algorithm : {"sql", "sac", "ddpg"}) {
    auto options = small("Pendulum-v1", 500, algorithm);
    options.environments = 2;
    options.normalise_observations = options.normalise_rewards = true;
    const fs::path whole = folder_ / (algorithm + "_whole"), halves = folder_ / (algorithm + "_halves");
    train(options, whole);
    options.steps = 210;  // in the middle of an episode, and of a row
    train(options, halves);
    resume_training(halves, 500);
    EXPECT_EQ(metrics(halves).back(), metrics(whole).back()) << algorithm;
    const TrainedRun a = load_trained_run(whole), b = load_trained_run(halves);
    ASSERT_TRUE(a.observation_scale && b.observation_scale);
    EXPECT_EQ(a.observation_scale->mean, b.observation_scale->mean);
    EXPECT_EQ(a.observation_scale->deviation, b.observation_scale->deviation);
    EXPECT_EQ(a.reward_deviation, b.reward_deviation);
    // cos and sin of an angle are within [−1, 1], its rate within 8 a second; rewards within [−16.3, 0].
    EXPECT_LE(a.observation_scale->mean.cwiseAbs().maxCoeff(), 8.0);
    EXPECT_LE(a.observation_scale->deviation.head(2).maxCoeff(), 1.0);
    EXPECT_GT(a.observation_scale->deviation(2), 0.5);
    EXPECT_GT(a.reward_deviation, 10.0) << "of sums of up to 100 rewards";
    const Eigen::VectorXd observation = Eigen::Vector3d(0.6, 0.8, 2.0), action = Eigen::VectorXd::Constant(1, 0.5);
    EXPECT_EQ(a.policy->best(observation), b.policy->best(observation));
    const Eigen::VectorXd seen =
        (observation - a.observation_scale->mean).cwiseQuotient(a.observation_scale->deviation);
    double q = INFINITY;
    for (const FrozenNetwork& critic : a.critics)
      q = std::min(q, critic.output(critic.state_part(seen), action / 2.0)(0));
    EXPECT_NEAR(a.q_value(observation, action), q, 1e-9);
  }
}

// The replay goes round three times and is taken up in its middle, from an older checkpoint, too: whose file has had
// the additions after it for some time.
TEST_F(Training, AReplayInAFileIsTheOneInMemory) {
  auto options = small("multi_goal", 600);
  options.replay_capacity = 170;
  options.environments = 3;
  train(options, folder_ / "memory");
  options.replay_file = "replay.bin";
  train(options, folder_ / "whole");
  EXPECT_EQ(metrics(folder_ / "whole"), metrics(folder_ / "memory"));
  int asked = 0;
  train(options, folder_ / "halves", {}, [&] { return ++asked > 155; });
  resume_training(folder_ / "halves");
  EXPECT_EQ(metrics(folder_ / "halves"), metrics(folder_ / "memory"));
  fs::remove(folder_ / "halves/checkpoint-000000600.pt");
  EXPECT_EQ(resume_training(folder_ / "halves").steps, 600);
  EXPECT_EQ(metrics(folder_ / "halves"), metrics(folder_ / "memory"));
  EXPECT_EQ(load_trained_run(folder_ / "halves").step, 600);

  fs::copy_file(folder_ / "whole/replay.bin", folder_ / "halves/replay.bin", fs::copy_options::overwrite_existing);
  EXPECT_THAT([&] { resume_training(folder_ / "halves", 700); },
              ThrowsMessage<std::runtime_error>(HasSubstr("replay.bin: is the replay of another run")));
  fs::remove(folder_ / "halves/replay.bin");
  EXPECT_THAT([&] { resume_training(folder_ / "halves", 700); },
              ThrowsMessage<std::runtime_error>(HasSubstr("replay.bin: no such file")));
}

// Copies of the task are steps of their own: as many updates, and rows where they are due.
TEST_F(Training, EveryStepOfEveryCopyCounts) {
  auto options = small("multi_goal", 400);
  options.environments = 16;
  options.update_interval = 3;
  options.updates = 2;
  EXPECT_EQ(train(options, folder_ / "run").steps, 400);
  EXPECT_THAT(metrics(folder_ / "run"), testing::SizeIs(9));  // a header, and one about every 50 steps
}

TEST_F(Training, AStopLeavesACheckpointToResume) {
  int asked = 0;
  const auto result = train(small("multi_goal", 100'000), folder_ / "run", {}, [&] { return ++asked > 137; });
  EXPECT_EQ(result.status, TrainingStatus::Interrupted);
  EXPECT_EQ(result.steps, 137) << "asked before every step, not only where a row is written";
  EXPECT_THAT(text_of(folder_ / "run/summary.json"), HasSubstr("\"interrupted\""));
  EXPECT_EQ(load_trained_run(folder_ / "run").step, 137);
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

// A crash at any moment leaves a run to resume: here an observer that throws before the first checkpoint is due.
TEST_F(Training, ACrashBeforeTheFirstCheckpointLeavesARunToResume) {
  const auto options = small("multi_goal", 300);
  train(options, folder_ / "whole");
  EXPECT_THROW(train(options, folder_ / "run", [](const Progress&) { throw std::logic_error("crash"); }),
               std::logic_error);
  EXPECT_EQ(load_trained_run(folder_ / "run").step, 0);
  EXPECT_EQ(resume_training(folder_ / "run").steps, 300);
  EXPECT_EQ(metrics(folder_ / "run"), metrics(folder_ / "whole"));
}

// The checkpoint falls where the replay has gone round twice and stands in the middle.
TEST_F(Training, AFullReplayIsTakenUpInItsMiddle) {
  auto options = small("multi_goal", 400);
  options.replay_capacity = 80;
  train(options, folder_ / "whole");
  options.steps = 200;
  train(options, folder_ / "halves");
  resume_training(folder_ / "halves", 400);
  EXPECT_EQ(metrics(folder_ / "halves"), metrics(folder_ / "whole"));
}

// Adam moves each weight by about its rate: 1e30 a step is beyond a float's square at once.
TEST_F(Training, DivergenceIsAStatusAndLeavesTheRowsBefore) {
  auto options = small("multi_goal", 400);
  options.start_steps = 120;
  sql(options).critic.critic_learning_rate = 1e30;
  const auto result = train(options, folder_ / "run");
  EXPECT_EQ(result.status, TrainingStatus::Diverged);
  EXPECT_GE(result.steps, 120);
  EXPECT_LT(result.steps, 400);
  EXPECT_THAT(text_of(folder_ / "run/summary.json"), HasSubstr("\"diverged\""));
  const auto rows = metrics(folder_ / "run");
  ASSERT_EQ(rows.size(), 4u);  // a header, 50, 100, and where it ended
  EXPECT_THAT(rows.back(), testing::StartsWith(std::to_string(result.steps) + ","));
  EXPECT_EQ(load_trained_run(folder_ / "run").step, 100) << "the last checkpoint is from before";
}

// Steps of 1000 make Q astronomical, but finite. Rewards of multi_goal are within −2 · 7² − 2 · 30 and 10, so that no Q
// is beyond 1000 · (1 + 158 + α d log 2) / (1 − γ), and healthy runs are far below: none of the others here ends so.
TEST_F(Training, ExplodingQIsDivergence) {
  auto options = small("multi_goal", 400);
  sql(options).critic.critic_learning_rate = 1e3;
  const auto result = train(options, folder_ / "run");
  EXPECT_EQ(result.status, TrainingStatus::Diverged);
  EXPECT_THAT(result.cause, testing::StartsWith("q is "));
  EXPECT_THAT(result.cause, HasSubstr("cannot be near"));
  EXPECT_LE(result.steps, 100);
  EXPECT_EQ(result.checkpoint, folder_ / "run/checkpoint-000000000.pt");
  EXPECT_EQ(load_trained_run(folder_ / "run").step, 0);
  const double limit = std::stod(result.cause.substr(result.cause.rfind(' ') + 1));
  const double entropy = sql(options).temperature * 2.0 * std::log(2.0);
  EXPECT_LE(limit, 1000.0 * (1.0 + 158.0 + entropy) / (1.0 - sql(options).discount) * 1.001);
  EXPECT_GE(limit, 1000.0 * (1.0 + entropy) / (1.0 - sql(options).discount) * 0.999);
}

TEST_F(Training, AnotherVersionIsSaidSo) {
  const fs::path run = folder_ / "run";
  train(small("multi_goal", 100), run);
  const std::string config = text_of(run / "config.toml"), written = "version = \"" + std::string(version) + "\"";
  ASSERT_THAT(config, testing::StartsWith(written));
  std::ofstream(run / "config.toml") << "version = \"0.99.3\"\nnew_key = 3" << config.substr(written.size());
  const auto says = ThrowsMessage<std::runtime_error>(testing::AllOf(
      HasSubstr("config.toml:1: version: was written by softrl 0.99.3, which this, "), HasSubstr(version)));
  EXPECT_THAT([&] { load_trained_run(run); }, says);
  EXPECT_THAT([&] { resume_training(run, 200); }, says);
  const std::string minor = std::string(version).substr(0, std::string(version).rfind('.'));
  std::ofstream(run / "config.toml") << "version = \"" << minor << ".77\"" << config.substr(written.size());
  EXPECT_EQ(load_trained_run(run).step, 100) << "a patch changes no format";
  std::ofstream(run / "config.toml") << config.substr(written.size() + 1);
  EXPECT_EQ(load_trained_run(run).step, 100) << "before there were versions";
}

TEST_F(Training, OptionsEditedBetweenPartsOfARunAreRefused) {
  const fs::path run = folder_ / "run";
  train(small("multi_goal", 100), run);
  const std::string config = text_of(run / "config.toml"), summary = text_of(run / "summary.json");
  for (const auto& [before, after] : {std::pair{"seed = 1", "seed = 2"}, std::pair{"discount = 0.99", "discount = 0.9"},
                                      std::pair{"replay_capacity = 1000000", "replay_capacity = 200000"},
                                      std::pair{"hidden = [16, 16]", "hidden = [16, 8]"}}) {
    std::string edited = config;
    ASSERT_NE(edited.find(before), std::string::npos) << before;
    edited.replace(edited.find(before), std::string(before).size(), after);
    std::ofstream(run / "config.toml") << edited;
    const auto says = testing::AllOf(HasSubstr("config.toml"), HasSubstr(before), HasSubstr(after));
    EXPECT_THAT([&] { resume_training(run, 200); }, ThrowsMessage<std::runtime_error>(says));
    EXPECT_THAT([&] { load_trained_run(run); }, ThrowsMessage<std::runtime_error>(says));
    EXPECT_EQ(text_of(run / "config.toml"), edited) << "a refusal changes nothing";
    EXPECT_EQ(text_of(run / "summary.json"), summary);
  }
  std::string longer = config;
  longer.replace(longer.find("steps = 100"), 11, "steps = 150");
  std::ofstream(run / "config.toml") << longer;
  EXPECT_EQ(resume_training(run).steps, 150);
}

TEST_F(Training, ConfigurationComesBack) {
  TrainingOptions options = small("HalfCheetah-v5", 77);
  sql(options).temperature = 0.1 + 0.2;  // not a short decimal
  sql(options).bandwidth = BandwidthRule::SqlPaper;
  const std::string text = to_toml(options);
  TrainingOptions back = training_options(Config::parse(text, "x"));
  EXPECT_EQ(to_toml(back), text);
  EXPECT_EQ(sql(back).temperature, sql(options).temperature);
  EXPECT_EQ(sql(back).bandwidth, BandwidthRule::SqlPaper);
  EXPECT_EQ(sql(back).critic.critics, 2);
  for (const std::string& profile : profile_names()) {
    const std::string toml = to_toml(default_training_options("Hopper-v5", profile));
    EXPECT_EQ(to_toml(training_options(Config::parse(toml, "x"))), toml) << profile;
  }
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
  bad.algorithm = "ppo";
  EXPECT_THAT([&] { train(bad, run); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("algorithm must be one of sql, sac, ddpg, td3, got ppo")));
  bad.algorithm = "sac";
  EXPECT_THAT([&] { train(bad, run); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("algorithm sac has other options")));
  EXPECT_FALSE(fs::exists(run));
  fs::create_directory(run);
  std::ofstream(run / "precious.txt") << "keep";
  EXPECT_THAT([&] { train(small("multi_goal", 100), run); },
              ThrowsMessage<std::runtime_error>(HasSubstr("already exists")));
}

TEST_F(Training, ValuesOutOfRangeAreSaidWithTheirLine) {
  const auto read = [](const std::string& text) {
    return [text] { with_config(default_training_options("multi_goal"), Config::parse(text, "file")); };
  };
  EXPECT_THAT(
      read("seed = 1\n\ntemperature = -1.0"),
      ThrowsMessage<std::runtime_error>(testing::StartsWith("file:3: temperature: must be finite and positive")));
  EXPECT_THAT(read("\ntask = \"Swimmer\""),
              ThrowsMessage<std::runtime_error>(testing::StartsWith("file:2: task: unknown task Swimmer")));
  EXPECT_THAT(read("target_rate = 0.0"),
              ThrowsMessage<std::runtime_error>(testing::StrEq("file:1: target_rate: must be in (0, 1], got 0")));
  // Keys that must fit each other may come in any order, one at a time.
  TrainingOptions options =
      with_config(default_training_options("multi_goal"), Config::parse("checkpoint_interval = 600", "file"));
  EXPECT_NO_THROW(check(with_config(options, Config::parse("log_interval = 300", "file"))));
  // 2^63 − 1 is a double's neighbour of 2^63: seeds are compared as integers.
  options = default_training_options("multi_goal");
  options.seed = std::uint64_t{1} << 63;
  EXPECT_THAT([&] { check(options); }, ThrowsMessage<std::invalid_argument>(HasSubstr("seed must be at most")));
  options.seed -= 1;
  EXPECT_NO_THROW(check(options));
}

// One bit wrong anywhere in the file, its checksum included.
TEST_F(Training, EveryFlippedBitOfACheckpointIsNoticed) {
  const fs::path run = folder_ / "run", file = run / "checkpoint-000000100.pt";
  train(small("multi_goal", 100), run);
  fs::remove(run / "checkpoint-000000000.pt");
  const std::string whole = text_of(file);
  Random random(1, "offsets");
  for (int i = 0; i < 200; ++i) {
    std::string damaged = whole;
    const auto at = i < 4 ? whole.size() - 1 - static_cast<std::size_t>(i)
                          : static_cast<std::size_t>(random.below(static_cast<std::int64_t>(whole.size())));
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    std::ofstream(file, std::ios::binary) << damaged;
    EXPECT_THAT([&] { load_trained_run(run); }, ThrowsMessage<std::runtime_error>(testing::AllOf(
                                                    HasSubstr("checkpoint-000000100.pt"), HasSubstr("damaged"))))
        << "byte " << at;
  }
  std::ofstream(file, std::ios::binary) << whole;
  EXPECT_EQ(load_trained_run(run).step, 100);
}

TEST_F(Training, OneProcessAtATimeTrainsInAFolder) {
  const fs::path run = folder_ / "run";
  train(small("multi_goal", 100), run);
  {
    const RunLock other(run);
    EXPECT_THAT([&] { resume_training(run, 200); }, ThrowsMessage<std::runtime_error>(testing::AllOf(
                                                        HasSubstr(run.string()), HasSubstr("another process"))));
  }
  EXPECT_EQ(resume_training(run, 200).steps, 200);
}

TEST_F(Training, ResumingKeepsMetricsThatAreNotItsOwn) {
  const fs::path run = folder_ / "run", metrics = run / "metrics.csv";
  train(small("multi_goal", 100), run);
  std::ofstream(metrics) << "my,notes\n1,2\n";
  EXPECT_THAT([&] { resume_training(run, 200); }, ThrowsMessage<std::runtime_error>(testing::AllOf(
                                                      HasSubstr("metrics.csv:1"), HasSubstr("step,episodes"))));
  EXPECT_EQ(text_of(metrics), "my,notes\n1,2\n");
  fs::remove(metrics);
  EXPECT_EQ(resume_training(run, 200).steps, 200);
}

// The one before is used, what a damaged one would have held is done again.
TEST_F(Training, ADamagedCheckpointIsNamedAndSkipped) {
  const auto options = small("multi_goal", 300);
  train(options, folder_ / "whole");
  train(options, folder_ / "run");
  EXPECT_TRUE(fs::exists(folder_ / "run/checkpoint-000000200.pt"));
  EXPECT_FALSE(fs::exists(folder_ / "run/checkpoint-000000100.pt")) << "two are kept";
  const fs::path newest = folder_ / "run/checkpoint-000000300.pt";
  fs::resize_file(newest, fs::file_size(newest) / 2);
  const TrainedRun older = load_trained_run(folder_ / "run");
  EXPECT_EQ(older.step, 200);
  ASSERT_EQ(older.skipped_checkpoints.size(), 1u);
  EXPECT_THAT(older.skipped_checkpoints[0], HasSubstr("checkpoint-000000300.pt"));
  const auto result = resume_training(folder_ / "run");
  ASSERT_EQ(result.skipped_checkpoints.size(), 1u);
  EXPECT_THAT(result.skipped_checkpoints[0],
              testing::AllOf(HasSubstr("checkpoint-000000300.pt"), HasSubstr("damaged")));
  EXPECT_EQ(metrics(folder_ / "run"), metrics(folder_ / "whole"));
  EXPECT_EQ(load_trained_run(folder_ / "run").step, 300);
}

// A constant one as configured, the end of a schedule, 0 for the agents without; an automatic one has moved by at most
// its learning rate an update in the logarithm (Adam), 3e-4 · 10 of them.
TEST_F(Training, ARunKnowsItsTemperature) {
  const auto temperature_after = [&](const TrainingOptions& options) {
    fs::remove_all(folder_ / "run");
    train(options, folder_ / "run");
    return load_trained_run(folder_ / "run").temperature;
  };
  TrainingOptions options = small("multi_goal", 60);
  sql(options).temperature = 3.0;
  EXPECT_FLOAT_EQ(temperature_after(options), 3.0);
  sql(options).temperature_schedule = TemperatureSchedule::Linear;
  sql(options).final_temperature = 0.5;
  sql(options).temperature_steps = 5;
  EXPECT_FLOAT_EQ(temperature_after(options), 0.5);
  EXPECT_EQ(temperature_after(small("multi_goal", 60, "td3")), 0.0);
  options = small("multi_goal", 60, "sac");
  std::get<SoftActorCriticOptions>(options.agent).temperature = 2.0;
  const double automatic = temperature_after(options);
  EXPECT_NE(automatic, 2.0);
  EXPECT_NEAR(std::log(automatic / 2.0), 0.0, 0.01);
}

TEST_F(Training, QIsFiniteOrRefused) {
  train(small("multi_goal", 60), folder_ / "run");
  const TrainedRun run = load_trained_run(folder_ / "run");
  const Eigen::Vector2d zero = Eigen::Vector2d::Zero(), nan(0.0, NAN);
  EXPECT_TRUE(std::isfinite(run.q_value(zero, zero)));
  EXPECT_THAT([&] { run.q_value(nan, zero); }, ThrowsMessage<std::invalid_argument>(HasSubstr("observation")));
  EXPECT_THAT([&] { run.q_value(zero, nan); }, ThrowsMessage<std::invalid_argument>(HasSubstr("action")));
  EXPECT_THAT([&] { run.q_value(zero, Eigen::Vector2d(1.7e308, 1.7e308)); },
              ThrowsMessage<std::runtime_error>(HasSubstr("Q is not finite")));
}

TEST_F(Training, DamagedCheckpointsAreSaidSo) {
  const fs::path run = folder_ / "run";
  EXPECT_THAT([&] { load_trained_run(run); }, ThrowsMessage<std::runtime_error>(HasSubstr("no such run folder")));
  EXPECT_THAT([&] { load_trained_run(folder_); }, ThrowsMessage<std::runtime_error>(HasSubstr("no training run in")));
  train(small("multi_goal", 100), run);
  EXPECT_THAT([&] { resume_training(run); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("steps must be more than")));
  const fs::path newest = run / "checkpoint-000000100.pt";
  fs::remove(run / "checkpoint-000000000.pt");
  const auto size = fs::file_size(newest);
  for (const auto part : {size - 1, size / 2, std::uintmax_t{10}, std::uintmax_t{0}}) {
    fs::resize_file(newest, part);
    EXPECT_THAT([&] { load_trained_run(run); },
                ThrowsMessage<std::runtime_error>(
                    testing::AllOf(HasSubstr("checkpoint-000000100.pt"), testing::Not(HasSubstr("\n")))))
        << part << " bytes";
  }
  fs::remove(newest);
  EXPECT_THAT([&] { load_trained_run(run); }, ThrowsMessage<std::runtime_error>(HasSubstr("there is no checkpoint")));
}

}  // namespace
}  // namespace softrl::continuous
