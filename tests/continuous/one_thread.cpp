// Tests run side by side, and their tensors are small: one thread each.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace {

class OneThread : public testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
const auto* const registered = testing::AddGlobalTestEnvironment(new OneThread);

}  // namespace
