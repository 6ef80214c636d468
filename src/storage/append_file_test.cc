#include "storage/append_file.h"

#include <gtest/gtest.h>
#include <signal.h>  // NOLINT: POSIX
#include <sys/resource.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/status.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::storage {
namespace {

arrow::Status Append(AppendFile* file, const std::vector<std::string>& texts) {
  std::vector<std::span<const uint8_t>> pieces;
  for (const std::string& text : texts) pieces.emplace_back(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  return file->Append(pieces);
}

std::string ContentOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Files of this process may not be larger than that while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(AppendFile, AppendsPiecesInOrder) {
  const testing::TempDir dir;
  const std::string path = dir / "a/b/file";
  const auto file = AppendFile::Create(path).ValueOrDie();
  std::vector<std::string> many(200, "xy");
  ASSERT_TRUE(Append(file.get(), {"one", "", "two"}).ok());
  ASSERT_TRUE(Append(file.get(), many).ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(file->size(), 406u);
  const std::string content = ContentOf(path);
  EXPECT_EQ(content.size(), 406u);
  EXPECT_EQ(content.substr(0, 10), "onetwoxyxy");
}

TEST(AppendFile, NeverTakesAFileThatIsThere) {
  const testing::TempDir dir;
  dir.Write("file", "precious");
  const auto file = AppendFile::Create(dir / "file");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(base::CodeOf(file.status()), base::Code::kInvalidArgument);
  EXPECT_EQ(ContentOf(dir / "file"), "precious");
}

TEST(AppendFile, AFullDiskLeavesWhatWasWholeAndLetsGoOn) {
  const testing::TempDir dir;
  const std::string path = dir / "file";
  const auto file = AppendFile::Create(path).ValueOrDie();
  ASSERT_TRUE(Append(file.get(), {std::string(600, 'a')}).ok());
  {
    const FileSizeLimit limit(1000);
    const arrow::Status status = Append(file.get(), {std::string(300, 'b'), std::string(300, 'b')});
    EXPECT_EQ(base::CodeOf(status), base::Code::kResourceExhausted);
    EXPECT_NE(status.message().find(path), std::string::npos);
  }
  EXPECT_EQ(file->size(), 600u);
  EXPECT_EQ(ContentOf(path), std::string(600, 'a'));
  ASSERT_TRUE(Append(file.get(), {"c"}).ok());
  EXPECT_EQ(ContentOf(path), std::string(600, 'a') + "c");
}

}  // namespace
}  // namespace mutoscope::storage
