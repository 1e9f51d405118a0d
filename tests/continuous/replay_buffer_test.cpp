#include "continuous/replay_buffer.hpp"

#include <cmath>
#include <filesystem>
#include <vector>

#include <gmock/gmock.h>
#include <unistd.h>

#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

// A transition that carries its number in every field.
Transition<Eigen::VectorXd, Eigen::VectorXd> numbered(int i) {
  const double x = i;
  return {.observation = Eigen::Vector2d(x, x + 0.25),
          .action = Eigen::VectorXd::Constant(1, -x),
          .reward = 2.0 * x,
          .next_observation = Eigen::Vector2d(x + 0.5, x + 0.75),
          .terminated = i % 3 == 0,
          .truncated = i % 3 == 1};
}

TEST(ReplayBuffer, FieldsOfASampleBelongTogether) {
  ReplayBuffer replay(5000, 2, 1);
  for (int i = 0; i < 3000; ++i) replay.add(numbered(i));
  const Batch batch = replay.sample(256, test_generator(1));
  for (int b = 0; b < 256; ++b) {
    const int i = static_cast<int>(batch.observations[b][0].item<float>());
    const auto expected = numbered(i);
    EXPECT_EQ(batch.observations[b][1].item<float>(), expected.observation(1));
    EXPECT_EQ(batch.actions[b][0].item<float>(), expected.action(0));
    EXPECT_EQ(batch.rewards[b].item<float>(), expected.reward);
    EXPECT_EQ(batch.next_observations[b][0].item<float>(), expected.next_observation(0));
    EXPECT_EQ(batch.next_observations[b][1].item<float>(), expected.next_observation(1));
    EXPECT_EQ(batch.continues[b].item<float>(), expected.terminated ? 0.0f : 1.0f) << "a time limit is no end";
  }
}

TEST(ReplayBuffer, OverwritesTheOldest) {
  ReplayBuffer replay(10, 2, 1);
  for (int i = 0; i < 23; ++i) replay.add(numbered(i));
  EXPECT_EQ(replay.size(), 10);
  const torch::Tensor rewards = std::get<0>(replay.fields_of(replay.contents()).rewards.sort());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rewards[i].item<float>(), 2.0f * static_cast<float>(13 + i));
}

// 200,000 draws from 20 transitions: each count within 6 standard deviations, a false alarm below 1e-7 in all.
TEST(ReplayBuffer, SamplesUniformly) {
  ReplayBuffer replay(20, 2, 1);
  for (int i = 0; i < 20; ++i) replay.add(numbered(i));
  const int draws = 200'000;
  const torch::Tensor drawn = replay.sample(draws, test_generator(2)).observations.select(1, 0).to(torch::kInt64);
  const torch::Tensor counts = at::bincount(drawn, {}, 20);
  const double deviation = std::sqrt(draws * 0.05 * 0.95);
  for (int i = 0; i < 20; ++i)
    EXPECT_NEAR(static_cast<double>(counts[i].item<std::int64_t>()), draws * 0.05, 6.0 * deviation) << i;
}

TEST(ReplayBuffer, RestoredContentsGoOnAlike) {
  ReplayBuffer original(10, 2, 1), restored(10, 2, 1);
  for (int i = 0; i < 14; ++i) original.add(numbered(i));
  restored.restore(original.contents(), original.next());
  original.add(numbered(14));
  restored.add(numbered(14));
  EXPECT_TRUE(torch::equal(original.contents(), restored.contents()));
  EXPECT_TRUE(
      torch::equal(original.sample(32, test_generator(3)).rewards, restored.sample(32, test_generator(3)).rewards));
}

TEST(ReplayBuffer, RefusesContentsItCannotHold) {
  ReplayBuffer part(10, 2, 1), full(10, 2, 1), larger(20, 2, 1), restored(10, 2, 1);
  for (int i = 0; i < 6; ++i) part.add(numbered(i));
  for (int i = 0; i < 14; ++i) full.add(numbered(i));
  for (int i = 0; i < 14; ++i) larger.add(numbered(i));
  const auto refuses = [&](const torch::Tensor& contents, std::int64_t next) {
    EXPECT_THAT([&] { restored.restore(contents, next); },
                testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("do not fit")));
  };
  refuses(part.contents(), 4);  // only a full one overwrites
  refuses(part.contents(), 7);
  refuses(full.contents(), 10);
  refuses(full.contents(), -1);
  refuses(larger.contents(), larger.next());
  refuses(full.contents().narrow(1, 0, 6), 4);
  refuses(full.contents().to(torch::kFloat64), 4);
}

class ReplayInAFile : public testing::Test {
 protected:
  ReplayInAFile() : path_(std::filesystem::temp_directory_path() / ("softrl_replay_" + std::to_string(::getpid()))) {}
  ~ReplayInAFile() override { std::filesystem::remove(path_); }

  static void expect_same(const ReplayBuffer& a, const ReplayBuffer& b) {
    ASSERT_EQ(a.size(), b.size());
    ASSERT_EQ(a.next(), b.next());
    EXPECT_TRUE(torch::equal(a.contents(), b.contents()));
    if (a.size() == 0) return;
    const Batch u = a.sample(16, test_generator(5)), v = b.sample(16, test_generator(5));
    EXPECT_TRUE(torch::equal(u.observations, v.observations) && torch::equal(u.actions, v.actions) &&
                torch::equal(u.rewards, v.rewards) && torch::equal(u.next_observations, v.next_observations) &&
                torch::equal(u.continues, v.continues));
  }
  ReplayBuffer in_file(const MappedRows& file) { return {10, 2, 1, file}; }

  std::filesystem::path path_;
};

// At every moment of four rounds.
TEST_F(ReplayInAFile, IsTheOneInMemory) {
  ReplayBuffer memory(10, 2, 1), file = in_file(MappedRows::create(path_, 17, ReplayBuffer::row_width(2, 1)));
  for (int i = 0; i < 45; ++i) {
    expect_same(memory, file);
    memory.add(numbered(i));
    file.add(numbered(i));
  }
  expect_same(memory, file);
}

// A process that is killed leaves the file as it is, up to rows − capacity = 7 additions after the checkpoint. From
// there on the same additions make the same buffer, wherever it had been killed.
TEST_F(ReplayInAFile, ACheckpointFindsItsTransitionsAfterAKill) {
  const std::int64_t width = ReplayBuffer::row_width(2, 1);
  for (int checkpoint = 0; checkpoint < 40; ++checkpoint) {
    for (const int killed : {checkpoint, checkpoint + 1, checkpoint + 7}) {
      std::filesystem::remove(path_);
      ReplayBuffer memory(10, 2, 1);
      std::uint64_t id = 0;
      {
        const MappedRows rows = MappedRows::create(path_, 17, width);
        id = rows.id();
        ReplayBuffer lost = in_file(rows);
        for (int i = 0; i < killed; ++i) lost.add(numbered(i));
      }
      for (int i = 0; i < checkpoint; ++i) memory.add(numbered(i));
      const MappedRows rows = MappedRows::open(path_, 17, width);
      EXPECT_EQ(rows.id(), id);
      ReplayBuffer resumed = in_file(rows);
      resumed.restore(checkpoint);
      expect_same(memory, resumed);
      for (int i = checkpoint; i < checkpoint + 12; ++i) {
        memory.add(numbered(i));
        resumed.add(numbered(i));
        expect_same(memory, resumed);
      }
    }
  }
}

TEST_F(ReplayInAFile, NamesAFileThatIsNotIt) {
  const auto says = [](const auto& words) {
    return testing::ThrowsMessage<std::runtime_error>(
        testing::AllOf(testing::HasSubstr("softrl_replay_"), testing::HasSubstr(words)));
  };
  EXPECT_THAT([&] { MappedRows::open(path_, 17, 7); }, says("no such file"));
  MappedRows::create(path_, 17, 7);
  EXPECT_THAT([&] { MappedRows::create(path_, 17, 7); }, says("File exists"));
  EXPECT_THAT([&] { MappedRows::open(path_, 17, 8); }, says("another size"));
  EXPECT_THAT([&] { MappedRows::open(path_, 7, 17); }, says("is not a file of 7 rows of 17 numbers"));
  std::filesystem::remove(path_);
  EXPECT_THAT([&] { MappedRows::create(path_, std::int64_t{1} << 50, 1); }, says("cannot be made"));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THROW(ReplayBuffer(18, 2, 1, MappedRows::create(path_, 17, 7)), std::invalid_argument);
}

TEST(ReplayBuffer, NamesWhatItRefuses) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  EXPECT_THAT([] { ReplayBuffer(0, 2, 1); }, ThrowsMessage<std::invalid_argument>(HasSubstr("replay_capacity")));
  ReplayBuffer replay(10, 3, 1);
  EXPECT_THAT([&] { replay.add(numbered(1)); }, ThrowsMessage<std::invalid_argument>(HasSubstr("observation")));
  EXPECT_THAT([&] { replay.sample(1, test_generator(1)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("transitions")));
}

}  // namespace
}  // namespace softrl::continuous
