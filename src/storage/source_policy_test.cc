#include "storage/source_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/status.h"
#include "storage/testing/temp_dir.h"
#include "storage/uri.h"

namespace mutoscope::storage {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::CodeOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PathOf, ReadsUrisAndPaths) {
  struct Case {
    const char* name;
    const char* path;
  };
  for (const auto& [name, path] : {
           Case{"/data/a.rrd", "/data/a.rrd"},
           Case{"data/a.rrd", "data/a.rrd"},
           Case{"/data/100%.rrd", "/data/100%.rrd"},
           Case{"file:///data/a.rrd", "/data/a.rrd"},
           Case{"FILE:///data/a.rrd", "/data/a.rrd"},
           Case{"file://localhost/data/a.rrd", "/data/a.rrd"},
           Case{"file:///data/a%20b%23%c3%A4%25.rrd", "/data/a b#ä%.rrd"},
           Case{"file:///data/a b+c.rrd", "/data/a b+c.rrd"},
           Case{"a:b", "a:b"},
           Case{"/odd/s3://x", "/odd/s3://x"},
       }) {
    EXPECT_EQ(PathOf(name).ValueOr("?"), path) << name;
  }
}

TEST(PathOf, RefusesWhatItCannotMean) {
  struct Case {
    std::string name;
    const char* says;
  };
  for (const auto& [name, says] : {
           Case{"", "empty"},
           Case{"s3://bucket/a.rrd", "'s3' is not supported; file:///"},
           Case{"https://host/a.rrd", "'https' is not supported"},
           Case{"file://host/data/a.rrd", "names the host 'host'"},
           Case{"file://a.rrd", "names the host 'a.rrd'"},
           Case{"file:///data/%2", "two hex digits"},
           Case{"file:///data/%zz.rrd", "position 13"},
           Case{"file:///data/%-1.rrd", "two hex digits"},
           Case{"file:///data/a?b", "'%3F'"},
           Case{"file:///data/a#b", "'%23'"},
           Case{"file:///data/a%00b", "NUL"},
           Case{std::string("/data/a\0b", 9), "NUL"},
       }) {
    const auto status = PathOf(name).status();
    EXPECT_EQ(CodeOf(status), Code::kInvalidArgument) << name;
    EXPECT_THAT(status.message(), HasSubstr(says)) << name;
  }
}

TEST(FileUri, IsReadBackAsTheSamePath) {
  EXPECT_EQ(FileUri("/data/a.rrd"), "file:///data/a.rrd");
  EXPECT_EQ(FileUri("/d ä#?%/a+b@1.rrd"), "file:///d%20%C3%A4%23%3F%25/a+b@1.rrd");
  std::string every = "/";
  for (int c = 1; c < 256; ++c) every.push_back(static_cast<char>(c));
  EXPECT_EQ(PathOf(FileUri(every)).ValueOr("?"), every);
}

TEST(SourcePolicy, AllowsWhatLiesUnderARootAndNothingElse) {
  const testing::TempDir dir;
  dir.Write("in/a.rrd", "");
  dir.Write("in/deep/b c.rrd", "");
  dir.Write("in_not/c.rrd", "");
  dir.Write("single.rrd", "");
  dir.Write("other.rrd", "");
  fs::create_symlink(dir / "in_not/c.rrd", dir / "in/escape.rrd");
  fs::create_directory_symlink(dir / "in_not", dir / "in/tunnel");
  fs::create_symlink(dir / "in/a.rrd", dir / "in_not/entry.rrd");
  fs::create_directory_symlink(dir / "in", dir / "alias");
  fs::create_symlink(dir / "loop", dir / "in/loop2");
  fs::create_symlink(dir / "in/loop2", dir / "loop");
  const auto policy = SourcePolicy::Make({dir / "alias", dir / "single.rrd"}).ValueOrDie();
  EXPECT_THAT(policy.roots(), ElementsAre(dir / "in", dir / "single.rrd"));

  struct Case {
    std::string name;
    Code code;
    std::string path;
  };
  for (const auto& [name, code, path] : {
           Case{dir / "in/a.rrd", Code::kOk, dir / "in/a.rrd"},
           Case{"file://" + dir / "in/deep/b%20c.rrd", Code::kOk, dir / "in/deep/b c.rrd"},
           Case{dir / "alias/a.rrd", Code::kOk, dir / "in/a.rrd"},
           Case{dir / "in_not/entry.rrd", Code::kOk, dir / "in/a.rrd"},
           Case{dir / "in/deep/../a.rrd", Code::kOk, dir / "in/a.rrd"},
           Case{dir / "single.rrd", Code::kOk, dir / "single.rrd"},
           Case{dir / "in", Code::kOk, dir / "in"},
           Case{dir / "in_not/c.rrd", Code::kPermissionDenied, dir / "in_not/c.rrd"},
           Case{dir / "in/escape.rrd", Code::kPermissionDenied, dir / "in_not/c.rrd"},
           Case{dir / "in/tunnel/c.rrd", Code::kPermissionDenied, dir / "in_not/c.rrd"},
           Case{dir / "in/../in_not/c.rrd", Code::kPermissionDenied, dir / "in_not/c.rrd"},
           Case{dir / "in/%2e%2e/in_not/c.rrd", Code::kNotFound, "%2e"},  // a path is not decoded
           Case{"file://" + dir / "in/%2e%2e/in_not/c.rrd", Code::kPermissionDenied, dir / "in_not/c.rrd"},
           Case{dir / "other.rrd", Code::kPermissionDenied, dir / "other.rrd"},
           Case{dir.path(), Code::kPermissionDenied, dir.path()},
           Case{dir / "in/none.rrd", Code::kNotFound, dir / "in/none.rrd"},
           Case{dir / "in/none/a.rrd", Code::kNotFound, dir / "in/none/a.rrd"},
           Case{dir / "in/loop2", Code::kInvalidArgument, dir / "in/loop2"},
           Case{dir / "loop", Code::kPermissionDenied,
                dir / "loop"},  // nothing is told of what is outside, not even whether it is there
           Case{dir / "none.rrd", Code::kPermissionDenied, dir / "none.rrd"},
           Case{dir / "in/../none/a.rrd", Code::kPermissionDenied, dir / "none/a.rrd"},
           Case{dir / "in/tunnel/none.rrd", Code::kPermissionDenied, dir / "in/tunnel/none.rrd"},
           Case{"/none/of/this", Code::kPermissionDenied, "/none/of/this"},
       }) {
    const auto resolved = policy.Resolve(name);
    ASSERT_EQ(CodeOf(resolved.status()), code) << name << ": " << resolved.status();
    if (resolved.ok()) {
      EXPECT_EQ(*resolved, path);
    } else {
      EXPECT_THAT(resolved.status().message(), HasSubstr(path));
    }
    if (code == Code::kPermissionDenied) {
      EXPECT_THAT(resolved.status().message(), HasSubstr("--allow-path"));
    }
  }
}

TEST(SourcePolicy, ResolvesRelativePathsFromTheWorkingDirectory) {
  const testing::TempDir dir;
  const std::string path = dir.Write("a.rrd", "");
  const auto policy = SourcePolicy::Make({dir.path()}).ValueOrDie();
  EXPECT_EQ(policy.Resolve(fs::relative(path).string()).ValueOr("?"), path);
}

TEST(SourcePolicy, NeedsRootsThatExist) {
  const testing::TempDir dir;
  const auto status = SourcePolicy::Make({dir.path(), dir / "none"}).status();
  EXPECT_EQ(CodeOf(status), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(dir / "none"));
  EXPECT_EQ(CodeOf(SourcePolicy::Make({}).ValueOrDie().Resolve(dir.path()).status()), Code::kPermissionDenied)
      << "no root, no file";
  EXPECT_TRUE(SourcePolicy::Make({"/"}).ValueOrDie().Resolve(dir.path()).ok());
}

TEST(ListRecordings, ListsAllRrdFilesBelowSorted) {
  const testing::TempDir dir;
  for (const char* name : {"r/b.rrd", "r/a.rrd", "r/x/y/c.rrd", "r/notes.txt", "r/blueprint.rbl", "other/d.rrd"})
    dir.Write(name, "");
  fs::create_directory(dir / "r/directory.rrd");
  fs::create_symlink(dir / "other/d.rrd", dir / "r/link.rrd");
  fs::create_directory_symlink(dir / "other", dir / "r/linked_directory");
  fs::create_directory_symlink(dir / "other", dir / "r/linked_directory.rrd");
  EXPECT_THAT(*ListRecordings(dir / "r"), ElementsAre(dir / "r/a.rrd", dir / "r/b.rrd", dir / "r/link.rrd", dir / "r/x/y/c.rrd"));
}

TEST(ListRecordings, NeedsADirectory) {
  const testing::TempDir dir;
  for (const auto& path : {dir.Write("a.rrd", ""), dir / "none"}) {
    const auto status = ListRecordings(path).status();
    EXPECT_EQ(CodeOf(status), Code::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("'" + path + "' is not a directory"));
  }
}

}  // namespace
}  // namespace mutoscope::storage
