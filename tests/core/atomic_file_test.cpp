#include "softrl/atomic_file.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

namespace softrl {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class AtomicFile : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const fs::path folder_ =
      fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(AtomicFile, ReplacesTheTargetAndLeavesNothingElse) {
  write_atomically(folder_ / "a.json", "one");
  write_atomically(folder_ / "a.json", std::string("two\0three", 9));
  EXPECT_EQ(content(folder_ / "a.json"), std::string("two\0three", 9));
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFile, LeavesTheOldContentWhenWritingFails) {
  write_atomically(folder_ / "a.json", "old");
  const auto fail = [](const fs::path& temporary) {
    std::ofstream(temporary) << "half";
    throw std::runtime_error("interrupted");
  };
  EXPECT_THAT([&] { write_atomically(folder_ / "a.json", fail); }, ThrowsMessage<std::runtime_error>("interrupted"));
  EXPECT_EQ(content(folder_ / "a.json"), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(AtomicFile, GivesTheWriterAPathWithTheExtensionOfTheTarget) {
  write_atomically(folder_ / "v.npy", [](const fs::path& temporary) {
    EXPECT_EQ(temporary.extension(), ".npy");
    std::ofstream(temporary) << "x";
  });
  EXPECT_EQ(content(folder_ / "v.npy"), "x");
}

TEST_F(AtomicFile, NamesTheFolderThatDoesNotExist) {
  EXPECT_THAT([&] { write_atomically(folder_ / "no" / "a.json", "x"); },
              ThrowsMessage<std::runtime_error>(HasSubstr((folder_ / "no").string())));
}

TEST_F(AtomicFile, CheckFindsOutBeforehandAndWritesNothing) {
  check_output("");
  check_output(folder_ / "a.json");
  EXPECT_THAT([&] { check_output(folder_ / "no" / "a.json"); },
              ThrowsMessage<std::runtime_error>(HasSubstr((folder_ / "no").string())));
  EXPECT_THAT([&] { check_output(folder_); }, ThrowsMessage<std::runtime_error>(HasSubstr("is a folder")));
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace softrl
