#include "storage/file_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/status.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::storage {
namespace {

using base::Code;
using base::CodeOf;
using ::testing::AllOf;
using ::testing::HasSubstr;

void SetTime(const std::string& path, int64_t seconds) {
  const std::array<timespec, 2> times = {timespec{seconds, 0}, timespec{seconds, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times.data(), 0), 0);
}

std::string ContentOf(const File& file) { return (*file.Read(0, file.size()))->ToString(); }

TEST(FileCache, KeepsFilesOpenUpToItsLimitLeastRecentlyUsedClosedFirst) {
  const testing::TempDir dir;
  FileCache cache(2);
  const auto open = [&](const char* name) {
    const std::string path = dir / name;
    return cache.Open(path, *Identify(path)).ValueOrDie();
  };
  for (const char* name : {"a", "b", "c"}) dir.Write(name, name);
  const auto a = open("a");
  const auto b = open("b");
  EXPECT_EQ(open("a"), a);
  open("c");  // closes b
  EXPECT_EQ(cache.stats().open_files, 2u);
  EXPECT_EQ(open("a"), a);
  EXPECT_NE(open("b"), b);
  EXPECT_EQ(ContentOf(*b), "b") << "a file in use stays open";
  EXPECT_EQ(cache.stats().hits, 2u);
  EXPECT_EQ(cache.stats().misses, 4u);
}

TEST(FileCache, WithoutRoomStillOpens) {
  const testing::TempDir dir;
  FileCache cache(0);
  const std::string path = dir.Write("a", "text");
  EXPECT_EQ(ContentOf(**cache.Open(path, *Identify(path))), "text");
  EXPECT_EQ(cache.stats().open_files, 0u);
}

TEST(FileCache, ServesTheRegisteredStartOfAFileThatGrows) {
  const testing::TempDir dir;
  FileCache cache(2);
  const std::string path = dir.Write("a", "four");
  const auto open = [&](uint64_t size) { return cache.Open(path, {size, FileIdentity::kGrows}); };
  EXPECT_EQ(ContentOf(**open(4)), "four");
  dir.Write("a", "four and more");
  EXPECT_EQ(ContentOf(**open(4)), "four") << "an earlier state is still there";
  EXPECT_EQ(ContentOf(**open(8)), "four and");
  dir.Write("a", "fo");
  const auto status = open(4).status();
  EXPECT_EQ(CodeOf(status), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(path), HasSubstr("4 bytes"), HasSubstr("is 2 bytes")));
}

TEST(FileCache, RefusesAFileThatChanged) {
  const testing::TempDir dir;
  FileCache cache(4);
  const std::string path = dir.Write("a", "12345");
  SetTime(path, 1000);
  const FileIdentity registered = *Identify(path);
  ASSERT_TRUE(cache.Open(path, registered).ok());

  dir.Write("a", "123");
  auto status = cache.Open(path, registered).status();
  EXPECT_EQ(CodeOf(status), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr(path), HasSubstr("size was 5 bytes and is 3 bytes"), HasSubstr("register it again")));

  dir.Write("a", "54321");
  SetTime(path, 2000);
  status = cache.Open(path, registered).status();
  EXPECT_EQ(CodeOf(status), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr(path), HasSubstr("modification time")));

  EXPECT_EQ(ContentOf(**cache.Open(path, *Identify(path))), "54321") << "as registered anew";
}

TEST(FileCache, NeverServesTheOldFileAfterAnotherWasRenamedOverIt) {
  const testing::TempDir dir;
  FileCache cache(4);
  const std::string path = dir.Write("a", "old!!");
  SetTime(path, 1000);
  const FileIdentity registered = *Identify(path);
  ASSERT_EQ(ContentOf(**cache.Open(path, registered)), "old!!");
  const std::string other = dir.Write("b", "new!!");
  SetTime(other, 1000);  // same size and time, as cp -p makes it
  std::filesystem::rename(other, path);
  EXPECT_EQ(ContentOf(**cache.Open(path, registered)), "new!!");
}

TEST(FileCache, SaysThatAFileIsGone) {
  const testing::TempDir dir;
  FileCache cache(4);
  const std::string path = dir.Write("a", "12345");
  const FileIdentity registered = *Identify(path);
  ASSERT_TRUE(cache.Open(path, registered).ok());
  std::filesystem::remove(path);
  const auto status = cache.Open(path, registered).status();
  EXPECT_EQ(CodeOf(status), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(path));
}

TEST(FileCache, ServesManyThreads) {
  const testing::TempDir dir;
  FileCache cache(3);
  std::vector<std::string> paths;
  for (int i = 0; i < 8; ++i) paths.push_back(dir.Write(std::to_string(i), std::string(100, static_cast<char>('a' + i))));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 400; ++i) {
        const std::string& path = paths[(i * 5 + static_cast<size_t>(t)) % paths.size()];
        const auto file = cache.Open(path, *Identify(path));
        ASSERT_TRUE(file.ok());
        EXPECT_EQ((*file)->path(), path);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(cache.stats().open_files, 3u);
}

}  // namespace
}  // namespace mutoscope::storage
