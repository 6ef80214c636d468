#include "storage/durable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT: SIGXFSZ is POSIX
#include <sys/resource.h>

#include <filesystem>

#include "base/status.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::storage {
namespace {

using base::Code;
using base::CodeOf;
using ::testing::HasSubstr;

std::vector<std::shared_ptr<arrow::Buffer>> Pieces(const std::vector<std::string>& texts) {
  std::vector<std::shared_ptr<arrow::Buffer>> pieces;
  for (const auto& text : texts) pieces.push_back(arrow::Buffer::FromString(text));
  return pieces;
}

size_t FilesIn(const std::string& directory) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

// A full disk for this process: no file may grow beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_ = SIG_DFL;
};

TEST(WriteDurably, WritesAllPiecesAndMakesDirectories) {
  const testing::TempDir dir;
  const std::string path = dir / "new/deeper/file";
  ASSERT_TRUE(WriteDurably(path, Pieces({"one ", "", "two"})).ok());
  EXPECT_EQ(testing::ReadFile(path), "one two");
  EXPECT_EQ(FilesIn(dir / "new/deeper"), 1u);
}

TEST(WriteDurably, ReplacesTheOldFileAndWhatACrashLeftBehind) {
  const testing::TempDir dir;
  const std::string path = dir.Write("file", "the old content");
  dir.Write("file.tmp", "half a file that was being written when the power went");
  ASSERT_TRUE(WriteDurably(path, Pieces({"new"})).ok());
  EXPECT_EQ(testing::ReadFile(path), "new");
  EXPECT_EQ(FilesIn(dir.path()), 1u);
}

TEST(WriteDurably, OnAFullDiskKeepsTheOldFileAndLeavesNothingBehind) {
  const testing::TempDir dir;
  const std::string path = dir.Write("file", "old");
  arrow::Status status;
  {
    const FileSizeLimit limit(1000);
    status = WriteDurably(path, Pieces({std::string(600, 'x'), std::string(600, 'y')}));
  }
  EXPECT_EQ(CodeOf(status), Code::kResourceExhausted) << status;
  EXPECT_THAT(status.message(), HasSubstr(path));
  EXPECT_EQ(testing::ReadFile(path), "old");
  EXPECT_EQ(FilesIn(dir.path()), 1u);
}

TEST(WriteDurably, NamesThePathThatItCannotWrite) {
  const testing::TempDir dir;
  const std::string below_file = dir.Write("file", "") + "/below";
  auto status = WriteDurably(below_file, Pieces({"x"}));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(dir / "file"));

  std::filesystem::create_directory(dir / "directory");
  status = WriteDurably(dir / "directory", Pieces({"x"}));
  EXPECT_EQ(CodeOf(status), Code::kInvalidArgument) << status;
  EXPECT_FALSE(std::filesystem::exists(dir / "directory.tmp"));
}

}  // namespace
}  // namespace mutoscope::storage
