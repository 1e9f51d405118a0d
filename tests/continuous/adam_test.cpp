#include "continuous/adam.hpp"

#include <gmock/gmock.h>
#include <torch/optim/adam.h>

#include "torch_generator.hpp"

namespace softrl::continuous {
namespace {

TEST(Adam, StepsAsTorchsOwn) {
  const auto random = test_generator(1);
  const torch::Tensor start = torch::randn({9}, random, torch::kFloat64);
  const torch::Tensor ours = start.clone();
  torch::Tensor theirs = start.clone();
  theirs.requires_grad_();
  Adam adam(ours, 0.01);
  torch::optim::Adam reference({theirs}, torch::optim::AdamOptions(0.01));
  for (int step = 0; step < 50; ++step) {
    const torch::Tensor gradient = torch::randn({9}, random, torch::kFloat64);
    adam.gradient().copy_(gradient);
    adam.step();
    theirs.mutable_grad() = gradient.clone();
    reference.step();
  }
  EXPECT_LT((ours - theirs.detach()).abs().max().item<double>(), 1e-13);
  EXPECT_GT((ours - start).abs().min().item<double>(), 1e-4);
}

TEST(Adam, GoesOnFromWhatItSaved) {
  const torch::Tensor a = torch::ones({3}), b = torch::ones({3});
  Adam whole(a, 0.1), before(b, 0.1);
  const auto step = [](Adam& adam, double slope) {
    adam.gradient().fill_(slope);
    adam.step();
  };
  for (const double slope : {1.0, -2.0}) {
    step(whole, slope);
    step(before, slope);
  }
  torch::serialize::OutputArchive out;
  before.save(out);
  std::ostringstream bytes;
  out.save_to(bytes);
  std::istringstream from(bytes.str());
  torch::serialize::InputArchive in;
  in.load_from(from);
  Adam after(b, 0.1);
  after.load(in);
  step(whole, 0.5);
  step(after, 0.5);
  EXPECT_TRUE(torch::equal(a, b));
}

TEST(Adam, RefusesALearningRateOfZero) {
  EXPECT_THAT([] { Adam(torch::zeros({1}), 0.0); },
              testing::ThrowsMessage<std::invalid_argument>(testing::HasSubstr("learning rate")));
}

}  // namespace
}  // namespace softrl::continuous
