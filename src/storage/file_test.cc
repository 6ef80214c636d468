#include "storage/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "base/status.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::storage {
namespace {

using base::Code;
using base::CodeOf;
using ::testing::HasSubstr;

std::string Text(const arrow::Buffer& buffer) { return buffer.ToString(); }

TEST(File, ReadsWhatIsThere) {
  const testing::TempDir dir;
  const auto file = File::Open(dir.Write("a", "0123456789")).ValueOrDie();
  EXPECT_EQ(file->size(), 10u);
  EXPECT_EQ(Text(**file->Read(0, 10)), "0123456789");
  EXPECT_EQ(Text(**file->Read(3, 4)), "3456");
  EXPECT_EQ(Text(**file->Read(10, 0)), "");
}

TEST(File, RefusesRangesOutsideBeforeAllocating) {
  const testing::TempDir dir;
  const auto file = File::Open(dir.Write("a", "0123456789")).ValueOrDie();
  struct Case {
    uint64_t offset, length;
  };
  for (const auto& [offset, length] : {Case{0, 11}, Case{10, 1}, Case{11, 0}, Case{5, UINT64_MAX}, Case{UINT64_MAX, 2}}) {
    for (const auto& status : {file->Read(offset, length).status(), file->Map(offset, length).status()}) {
      EXPECT_EQ(CodeOf(status), Code::kDataLoss) << offset << " " << length;
      EXPECT_THAT(status.message(), HasSubstr("'" + file->path() + "' is too short"));
      EXPECT_THAT(status.message(), HasSubstr(std::to_string(offset)));
    }
  }
}

TEST(File, SaysThatItWasCutWhileOpen) {
  const testing::TempDir dir;
  const std::string path = dir.Write("a", "0123456789");
  const auto file = File::Open(path).ValueOrDie();
  std::filesystem::resize_file(path, 4);
  EXPECT_EQ(Text(**file->Read(0, 4)), "0123");
  const auto status = file->Read(2, 6).status();
  EXPECT_EQ(CodeOf(status), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("6 bytes wanted at offset 2, 2 are there"));
}

TEST(File, MapsAnyRangeAndKeepsItAfterTheFileIsClosed) {
  const testing::TempDir dir;
  std::string content;
  for (int i = 0; i < 3000; ++i) content += std::to_string(i) + " ";
  auto file = File::Open(dir.Write("a", content)).ValueOrDie();
  const auto whole = file->Map(0, content.size()).ValueOrDie();
  const auto piece = file->Map(5001, 700).ValueOrDie();
  const auto nothing = file->Map(content.size(), 0).ValueOrDie();
  file.reset();
  EXPECT_EQ(Text(*whole), content);
  EXPECT_EQ(Text(*piece), content.substr(5001, 700));
  EXPECT_EQ(nothing->size(), 0);
}

TEST(File, OpensRegularFilesOnly) {
  const testing::TempDir dir;
  ASSERT_EQ(mkfifo((dir / "pipe").c_str(), 0600), 0);
  struct Case {
    std::string path;
    Code code;
    const char* says;
  };
  for (const auto& [path, code, says] :
       {Case{dir / "none", Code::kNotFound, "No such file"}, Case{dir.path(), Code::kInvalidArgument, "directory"},
        Case{dir / "pipe", Code::kInvalidArgument, "pipe"},
        Case{dir.Write("f", "") + "/below", Code::kNotFound, "Not a directory"}}) {
    for (const auto& status : {File::Open(path).status(), Identify(path).status()}) {
      EXPECT_EQ(CodeOf(status), code) << path;
      EXPECT_THAT(status.message(), HasSubstr("'" + path + "'"));
      EXPECT_THAT(status.message(), HasSubstr(says));
    }
  }
}

TEST(File, IdentityChangesWithSizeAndTime) {
  const testing::TempDir dir;
  const std::string path = dir.Write("a", "12345");
  const auto set_time = [&](int64_t seconds, int64_t ns) {
    const std::array<timespec, 2> times = {timespec{seconds, ns}, timespec{seconds, ns}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
  };
  set_time(1000, 7);
  const FileIdentity first = Identify(path).ValueOrDie();
  EXPECT_EQ(first, (FileIdentity{5, 1'000'000'000'007}));
  EXPECT_EQ((*File::Open(path))->identity(), first);
  set_time(1000, 8);
  EXPECT_NE(*Identify(path), first);
  dir.Write("a", "123456");
  set_time(1000, 7);
  EXPECT_NE(*Identify(path), first);
}

}  // namespace
}  // namespace mutoscope::storage
