#include "continuous/torch_script.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <unistd.h>

#include "continuous/deterministic_policy.hpp"
#include "continuous/gaussian_policy.hpp"
#include "continuous/normalised_policy.hpp"
#include "continuous/protobuf.hpp"
#include "continuous/sampling_policy.hpp"
#include "softrl/random.hpp"

namespace softrl::continuous {
namespace {

FrozenNetwork random_network(int state, int input, int output, std::uint64_t seed) {
  Random random(seed, "network");
  const auto matrix = [&](int rows, int columns) {
    return Eigen::MatrixXd(Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return 0.6 * random.normal(); }));
  };
  return {.state_weight = matrix(9, state),
          .input_weight = matrix(9, input),
          .first_bias = matrix(9, 1),
          .layers = {{.weight = matrix(7, 9), .bias = matrix(7, 1)},
                     {.weight = matrix(output, 7), .bias = matrix(output, 1)}}};
}

const BoxSpace box{.low = Eigen::Vector2d(-3, 0.5), .high = Eigen::Vector2d(1, 0.75)};

std::unique_ptr<TrainedPolicy> policy(int kind, std::uint64_t seed) {
  if (kind == 0) return std::make_unique<DeterministicPolicy>(random_network(4, 0, 2, seed), box);
  if (kind == 1) return std::make_unique<GaussianPolicy>(random_network(4, 0, 4, seed), box);
  const std::vector<FrozenNetwork> critics{random_network(4, 2, 1, seed + 100), random_network(4, 2, 1, seed + 200)};
  if (kind == 2) return std::make_unique<SamplingPolicy>(random_network(4, 2, 2, seed), critics, box);
  const ObservationScale scale{.mean = Eigen::Vector4d(0.5, -1, 0, 2), .deviation = Eigen::Vector4d(0.04, 1, 3, 0.5)};
  return std::make_unique<NormalisedPolicy>(policy(kind - 3, seed), scale);
}

// Every kind of policy, drawn and best, normalised or not: its module passes the check, and another policy's does not.
TEST(TorchScript, IsThePolicyAndNoOther) {
  const auto file = std::filesystem::temp_directory_path() / ("softrl_script_" + std::to_string(::getpid()) + ".pt");
  for (int kind = 0; kind < 6; ++kind) {
    for (const bool best : {false, true}) {
      const auto one = policy(kind, 1), other = policy(kind, 2);
      write_torch_script(policy_function(*one, best), file);
      EXPECT_NO_THROW(check_torch_script(file, *one, best)) << kind;
      EXPECT_THAT([&] { check_torch_script(file, *other, best); },
                  testing::ThrowsMessage<std::runtime_error>(
                      testing::AllOf(testing::HasSubstr(file.string()), testing::HasSubstr("where it should be"))))
          << kind;
    }
  }
  std::filesystem::remove(file);
}

// The examples of https://protobuf.dev/programming-guides/encoding.
TEST(Protobuf, IsThatOfItsSpecification) {
  EXPECT_EQ(protobuf::integer_field(1, 150), "\x08\x96\x01");
  EXPECT_EQ(protobuf::bytes_field(2, "testing"), "\x12\x07testing");
  EXPECT_EQ(protobuf::bytes_field(3, protobuf::integer_field(1, 150)), "\x1a\x03\x08\x96\x01");
  EXPECT_EQ(protobuf::number_field(1, 1.0f), std::string("\x0d\x00\x00\x80\x3f", 5));
  EXPECT_EQ(protobuf::integer_field(1, -2), "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

}  // namespace
}  // namespace softrl::continuous
