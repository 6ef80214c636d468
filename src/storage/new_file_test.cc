#include "storage/new_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::storage {
namespace {

using testing::ReadFile;
using testing::TempDir;
namespace fs = std::filesystem;

std::span<const uint8_t> Bytes(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

TEST(NewFile, HasItsNameWithAllBytesOrNotAtAll) {
  TempDir directory;
  {
    auto dropped = NewFile::Create(directory / "t").ValueOrDie();
    ASSERT_TRUE(dropped->Write(Bytes("abc")).ok());
  }
  EXPECT_TRUE(fs::is_empty(directory.path()));
  auto file = NewFile::Create(directory / "t").ValueOrDie();
  ASSERT_TRUE(file->Write(Bytes("abc")).ok());
  ASSERT_TRUE(file->Write(Bytes("def")).ok());
  ASSERT_TRUE(file->Publish(directory / "a/b/c", NewFile::IfExists::kFail).ok());
  EXPECT_EQ(file->size(), 6u);
  EXPECT_EQ(ReadFile(directory / "a/b/c"), "abcdef");
  EXPECT_FALSE(fs::exists(directory / "t"));
}

TEST(NewFile, AppendsWholeFiles) {
  TempDir directory;
  const std::string part = directory.Write("part", std::string(100'000, 'x'));
  auto file = NewFile::Create(directory / "t").ValueOrDie();
  ASSERT_TRUE(file->AppendFile(part).ok());
  ASSERT_TRUE(file->Write(Bytes("end")).ok());
  ASSERT_TRUE(file->AppendFile(part).ok());
  ASSERT_TRUE(file->Publish(directory / "whole", NewFile::IfExists::kFail).ok());
  EXPECT_EQ(ReadFile(directory / "whole"), std::string(100'000, 'x') + "end" + std::string(100'000, 'x'));
}

TEST(NewFile, ReplacesOnlyIfToldTo) {
  TempDir directory;
  for (const bool replace : {false, false, true}) {
    const auto if_exists = replace ? NewFile::IfExists::kReplace : NewFile::IfExists::kFail;
    const bool exists = fs::exists(directory / "name");
    auto file = NewFile::Create(directory / "t").ValueOrDie();
    ASSERT_TRUE(file->Write(Bytes(replace ? "new" : "old")).ok());
    const auto status = file->Publish(directory / "name", if_exists);
    EXPECT_EQ(base::CodeOf(status), exists && !replace ? base::Code::kAlreadyExists : base::Code::kOk) << status.ToString();
  }
  EXPECT_EQ(ReadFile(directory / "name"), "new");
  auto below = NewFile::Create(directory / "t").ValueOrDie();
  EXPECT_EQ(base::CodeOf(below->Publish(directory / "name/below", NewFile::IfExists::kFail)), base::Code::kAlreadyExists);
}

TEST(NewFile, OfManyOneGetsTheName) {
  TempDir directory;
  std::atomic<int> published = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto file = NewFile::Create(directory / ("t" + std::to_string(i))).ValueOrDie();
      published += file->Publish(directory / "name", NewFile::IfExists::kFail).ok() ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(published, 1);
}

}  // namespace
}  // namespace mutoscope::storage
