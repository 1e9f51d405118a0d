#include "continuous/learning_curves.hpp"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>

#include "softrl/atomic_file.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A run whose one episode has this return.
std::vector<ReturnRow> run_of(double value) { return {{.step = 1, .episodes = 1, .mean_return = value}}; }

std::vector<std::vector<ReturnRow>> normal_runs(int runs, Random& random) {
  std::vector<std::vector<ReturnRow>> result;
  for (int i = 0; i < runs; ++i) result.push_back(run_of(random.normal()));
  return result;
}

constexpr LearningCurveOptions one_point{.interval = 1, .window = 1};

// As scipy.stats.trim_mean(values, 0.25), which rliable uses: ⌊n/4⌋ go from each end.
TEST(LearningCurves, InterquartileMeanIsTheMeanOfTheMiddle) {
  EXPECT_EQ(interquartile_mean({7.0}), 7.0);
  EXPECT_EQ(interquartile_mean({0.0, 100.0, 2.0}), 34.0);
  EXPECT_EQ(interquartile_mean({-1e9, 1.0, 2.0, 1e9}), 1.5);
  EXPECT_EQ(interquartile_mean({5.0, 1e9, 4.0, -1e9, 3.0}), 4.0);
  EXPECT_EQ(interquartile_mean({8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0}), 4.5);
  EXPECT_THAT([] { interquartile_mean({}); }, ThrowsMessage<std::invalid_argument>(HasSubstr("number of values")));
}

// Steps 10 … 40, a window of 20: rows count by the episodes that ended in them, and a point without any repeats the one
// before.
TEST(LearningCurves, PointsAverageTheEpisodesOfTheirWindow) {
  const std::vector<ReturnRow> rows{{.step = 5, .episodes = 0, .mean_return = {}},
                                    {.step = 10, .episodes = 1, .mean_return = 4.0},
                                    {.step = 20, .episodes = 4, .mean_return = 8.0},
                                    {.step = 30, .episodes = 4, .mean_return = {}},
                                    {.step = 49, .episodes = 4, .mean_return = {}}};
  const auto curve = learning_curve({rows}, {.interval = 10, .window = 20});
  EXPECT_THAT(curve.steps, ElementsAre(10, 20, 30, 40));
  EXPECT_THAT(curve.value, ElementsAre(4.0, (1 * 4.0 + 3 * 8.0) / 4, 8.0, 8.0));
  EXPECT_EQ(curve.low, curve.value);
  EXPECT_EQ(curve.high, curve.value);
}

TEST(LearningCurves, RunTogetherFromTheLastFirstEpisodeToTheFirstLastStep) {
  const std::vector<ReturnRow> early{{.step = 10, .episodes = 1, .mean_return = 1.0},
                                     {.step = 60, .episodes = 2, .mean_return = 3.0}};
  const std::vector<ReturnRow> late{{.step = 20, .episodes = 1, .mean_return = 5.0},
                                    {.step = 45, .episodes = 2, .mean_return = 7.0}};
  const auto curve = learning_curve({early, late}, {.interval = 10, .window = 10});
  EXPECT_THAT(curve.steps, ElementsAre(20, 30, 40));
  EXPECT_THAT(curve.value, ElementsAre(3.0, 3.0, 3.0));
  EXPECT_TRUE(learning_curve({early, {{.step = 50, .episodes = 0, .mean_return = {}}}}, one_point).steps.empty());
  EXPECT_TRUE(learning_curve({early, {}}, one_point).steps.empty());
}

TEST(LearningCurves, BandOfEqualRunsHasNoWidth) {
  const auto curve = learning_curve({run_of(3.5), run_of(3.5), run_of(3.5), run_of(3.5), run_of(3.5)}, one_point);
  EXPECT_THAT(curve.value, ElementsAre(3.5));
  EXPECT_THAT(curve.low, ElementsAre(3.5));
  EXPECT_THAT(curve.high, ElementsAre(3.5));
}

// Of two runs a resample is {0, 0}, {0, 1}, {1, 1} with probabilities 1/4, 1/2, 1/4. Of runs 0, …, 0, 1 (ten) the cut
// leaves the resample's 1s only beyond two of them: its mean is 0 with probability Σ_{k≤2} C(10,k) 0.1^k 0.9^(10−k) =
// 0.9298, so the lower bound is 0, and 1/6, 2/6, … else; P(at most 3 ones) = 0.9872 > 0.975: the upper bound is 1/6.
TEST(LearningCurves, BandIsThePercentilesOfResamples) {
  const auto two = learning_curve({run_of(0.0), run_of(1.0)}, one_point);
  EXPECT_THAT(two.low, ElementsAre(0.0));
  EXPECT_THAT(two.high, ElementsAre(1.0));
  std::vector<std::vector<ReturnRow>> ten(9, run_of(0.0));
  ten.push_back(run_of(1.0));
  const auto curve = learning_curve(ten, one_point);
  EXPECT_THAT(curve.value, ElementsAre(0.0));
  EXPECT_THAT(curve.low, ElementsAre(0.0));
  EXPECT_THAT(curve.high, ElementsAre(1.0 / 6.0));
}

// Runs whose returns are normal about 0: the share of bands that hold 0, as the same simulation in NumPy has it. 400
// repetitions tell it to a standard error of 2.2 % at most, a quarter of what is allowed for.
TEST(LearningCurves, BandCoversAsOftenAsTheHeaderSays) {
  const auto coverage = [](int runs) {
    Random random(7, "coverage");
    int covered = 0;
    for (std::uint64_t i = 0; i < 400; ++i) {
      const auto curve =
          learning_curve(normal_runs(runs, random), {.interval = 1, .window = 1, .resamples = 400, .seed = i});
      covered += curve.low[0] <= 0.0 && 0.0 <= curve.high[0] ? 1 : 0;
    }
    return covered / 400.0;
  };
  EXPECT_NEAR(coverage(3), 0.73, 0.09);
  EXPECT_NEAR(coverage(5), 0.90, 0.06);
  EXPECT_NEAR(coverage(20), 0.94, 0.05);
}

TEST(LearningCurves, NamesTheOptionItRefuses) {
  const auto refuses = [](const LearningCurveOptions& options, const char* name) {
    EXPECT_THAT([&] { learning_curve({run_of(1.0)}, options); }, ThrowsMessage<std::invalid_argument>(HasSubstr(name)));
  };
  refuses({.interval = 0}, "interval");
  refuses({.window = 0}, "window");
  refuses({.resamples = 39}, "resamples");
  EXPECT_THAT([] { learning_curve({}, one_point); }, ThrowsMessage<std::invalid_argument>(HasSubstr("number of runs")));
}

class RunFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    write_atomically(folder_ / "config.toml", "task = \"multi_goal\"\nhidden = [16, 16]\n");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void complains(std::string_view metrics, std::string_view message) {
    write_atomically(folder_ / "metrics.csv", metrics);
    EXPECT_THAT([&] { read_returns(folder_); }, ThrowsMessage<std::runtime_error>(HasSubstr(std::string(message))));
  }

  std::filesystem::path folder_;
};

TEST_F(RunFiles, ReadsSettingsAndReturnsAndLeavesOutACutLine) {
  EXPECT_EQ(read_settings(folder_).at("task"), "multi_goal");
  EXPECT_EQ(read_settings(folder_).at("hidden"), "[16, 16]");
  write_atomically(folder_ / "metrics.csv", "step,episodes,return,q\n500,0,,1\n1000,3,-2.5,1\n1500,4,-1");
  const auto rows = read_returns(folder_);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].mean_return, std::nullopt);
  EXPECT_EQ(rows[1].step, 1000);
  EXPECT_EQ(rows[1].episodes, 3);
  EXPECT_EQ(rows[1].mean_return, -2.5);
}

TEST_F(RunFiles, SayWhatIsWrongAndWhere) {
  complains("", "metrics.csv:1: there is no header");
  complains("step,return\n", "metrics.csv:1: there is no column episodes");
  complains("step,episodes,return\n1,2\n", "metrics.csv:2: has 2 cells, the header 3");
  complains("step,episodes,return\nx,2,3\n", "metrics.csv:2: step must be an integer, got x");
  complains("step,episodes,return\n1,2,nan\n", "metrics.csv:2: return must be a finite number or empty, got nan");
  complains("step,episodes,return\n9,2,1\n9,3,1\n", "metrics.csv:3: step must be larger");
  complains("step,episodes,return\n8,2,1\n9,1,1\n", "metrics.csv:3: episodes must not become fewer");
  EXPECT_THAT([&] { read_settings(folder_ / "none"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("no such run folder")));
  write_atomically(folder_ / "config.toml", "task\n");
  EXPECT_THAT([&] { read_settings(folder_); }, ThrowsMessage<std::runtime_error>(HasSubstr("config.toml:1: must be")));
}

}  // namespace
}  // namespace softrl::continuous
