#include "storage/new_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "base/status.h"

namespace mutoscope::storage {
namespace {

namespace fs = std::filesystem;

struct Directory {
  Directory() : path(fs::temp_directory_path() / ("new_file_test." + std::to_string(getpid()))) { fs::create_directory(path); }
  ~Directory() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
  fs::path path;
};

std::span<const uint8_t> Bytes(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

std::string ContentOf(const std::string& path) {
  std::stringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

TEST(NewFile, HasItsNameWithAllBytesOrNotAtAll) {
  Directory directory;
  {
    auto dropped = NewFile::Create(directory / "t").ValueOrDie();
    ASSERT_TRUE(dropped->Write(Bytes("abc")).ok());
  }
  EXPECT_TRUE(fs::is_empty(directory.path));
  auto file = NewFile::Create(directory / "t").ValueOrDie();
  ASSERT_TRUE(file->Write(Bytes("abc")).ok());
  ASSERT_TRUE(file->Write(Bytes("def")).ok());
  ASSERT_TRUE(file->Publish(directory / "a/b/c", NewFile::IfExists::kFail).ok());
  EXPECT_EQ(file->size(), 6u);
  EXPECT_EQ(ContentOf(directory / "a/b/c"), "abcdef");
  EXPECT_FALSE(fs::exists(directory / "t"));
}

TEST(NewFile, AppendsWholeFiles) {
  Directory directory;
  std::ofstream(directory / "part") << std::string(100'000, 'x');
  auto file = NewFile::Create(directory / "t").ValueOrDie();
  ASSERT_TRUE(file->AppendFile(directory / "part").ok());
  ASSERT_TRUE(file->Write(Bytes("end")).ok());
  ASSERT_TRUE(file->AppendFile(directory / "part").ok());
  ASSERT_TRUE(file->Publish(directory / "whole", NewFile::IfExists::kFail).ok());
  EXPECT_EQ(ContentOf(directory / "whole"), std::string(100'000, 'x') + "end" + std::string(100'000, 'x'));
}

TEST(NewFile, ReplacesOnlyIfToldTo) {
  Directory directory;
  for (const bool replace : {false, false, true}) {
    const auto if_exists = replace ? NewFile::IfExists::kReplace : NewFile::IfExists::kFail;
    const bool exists = fs::exists(directory / "name");
    auto file = NewFile::Create(directory / "t").ValueOrDie();
    ASSERT_TRUE(file->Write(Bytes(replace ? "new" : "old")).ok());
    const auto status = file->Publish(directory / "name", if_exists);
    EXPECT_EQ(base::CodeOf(status), exists && !replace ? base::Code::kAlreadyExists : base::Code::kOk) << status.ToString();
  }
  EXPECT_EQ(ContentOf(directory / "name"), "new");
  auto below = NewFile::Create(directory / "t").ValueOrDie();
  EXPECT_EQ(base::CodeOf(below->Publish(directory / "name/below", NewFile::IfExists::kFail)), base::Code::kAlreadyExists);
}

TEST(NewFile, OfManyOneGetsTheName) {
  Directory directory;
  std::atomic<int> published = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto file = NewFile::Create(directory / ("t" + std::to_string(i)).c_str()).ValueOrDie();
      published += file->Publish(directory / "name", NewFile::IfExists::kFail).ok();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(published, 1);
}

}  // namespace
}  // namespace mutoscope::storage
