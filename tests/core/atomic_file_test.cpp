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
  check_outputs({"", folder_ / "a.json", folder_ / "b.json"}, {folder_ / "in.toml"});
  EXPECT_THAT([&] { check_outputs({folder_ / "no" / "a.json"}); },
              ThrowsMessage<std::runtime_error>(HasSubstr((folder_ / "no").string())));
  EXPECT_THAT([&] { check_outputs({folder_}); }, ThrowsMessage<std::runtime_error>(HasSubstr("is a folder")));
  EXPECT_EQ(files(), 0u);
}

TEST_F(AtomicFile, CheckRefusesToOverwriteAnInputOrAnotherOutput) {
  const fs::path other_way = folder_ / ".." / folder_.filename() / "a.json";  // the same file by another path
  EXPECT_THAT([&] { check_outputs({other_way}, {folder_ / "a.json"}); },
              ThrowsMessage<std::runtime_error>(HasSubstr("is an input")));
  EXPECT_THAT(
      [&] {
        check_outputs({folder_ / "a.json", other_way});
      },
      ThrowsMessage<std::runtime_error>(HasSubstr("named for two outputs")));
  check_outputs({"/dev/null", "/dev/null"});
}

TEST_F(AtomicFile, WritesThroughLinksAndIntoDevices) {
  write_atomically(folder_ / "a.json", "old");
  fs::create_symlink("a.json", folder_ / "link.json");
  write_atomically(folder_ / "link.json", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.json"));
  EXPECT_EQ(content(folder_ / "a.json"), "new");
  fs::create_symlink("/dev/null", folder_ / "null");
  write_atomically(folder_ / "null", "gone");
  EXPECT_TRUE(fs::is_character_file(folder_ / "null"));
  fs::create_symlink("/dev/full", folder_ / "full");
  EXPECT_THAT([&] { write_atomically(folder_ / "full", "no room"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("cannot be written")));
  EXPECT_EQ(files(), 4u);
}

}  // namespace
}  // namespace softrl
