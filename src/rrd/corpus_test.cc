// Recordings that Rerun itself wrote: those of old versions in tests/data, and those that tests/make_recordings.py makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "arrow/api.h"
#include "rrd/recording.h"

namespace mutoscope::rrd {
namespace {

namespace fs = std::filesystem;

Recording ReadFile(const fs::path& path, std::shared_ptr<const storage::File>* file) {
  *file = storage::File::Open(path.string()).ValueOrDie();
  auto recording = ReadRecording(**file);
  EXPECT_TRUE(recording.ok()) << path << recording.status();
  return recording.ok() ? *recording : Recording();
}

std::string TextOf(const arrow::Array& array, int64_t row) {
  const std::string bytes = static_cast<const arrow::FixedSizeBinaryArray&>(array).GetString(row);
  return base::Tuid::FromBytes(reinterpret_cast<const uint8_t*>(bytes.data())).text();
}

// Each place holds a chunk of that store which decompresses, whole and as a prefix, and is the one its manifest row names.
void ExpectChunksReadable(const storage::File& file, const StoreContents& contents) {
  for (size_t i = 0; i < contents.chunks.size(); ++i) {
    const auto head = ReadArrowMsgHead(file, contents.chunks[i]);
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ(head->store.recording_id, contents.store.recording_id);
    EXPECT_EQ(head->uncompressed_size, contents.chunks[i].uncompressed_size);
    const auto payload = ReadPayload(file, *head);
    ASSERT_TRUE(payload.ok()) << payload.status();
    const auto prefix = ReadPayloadPrefix(file, *head, 1000);
    ASSERT_TRUE(prefix.ok()) << prefix.status();
    EXPECT_TRUE(arrow::SliceBuffer(*payload, 0, (*prefix)->size())->Equals(**prefix));
    if (!contents.manifest) continue;
    ASSERT_TRUE(head->chunk_id.has_value());
    EXPECT_EQ(TextOf(*contents.manifest->chunks->GetColumnByName("chunk_id"), static_cast<int64_t>(i)), head->chunk_id->text());
  }
}

size_t ChunksIn(const Recording& recording) {
  size_t chunks = 0;
  for (const auto& contents : recording.stores) chunks += contents.chunks.size();
  return chunks;
}

struct OldFile {
  const char* version;
  size_t chunks;  // as rrd_check.py of the protocol notes counts them
  bool has_manifest;
};

TEST(OldRecordings, OfEveryVersionAreRead) {
  const fs::path data = fs::path(MUTOSCOPE_TEST_DATA) / "old_rrd";
  for (const auto& [version, chunks, has_manifest] :
       {OldFile{"0.23.4", 13, false}, OldFile{"0.24.1", 7, false}, OldFile{"0.27.3", 7, false}, OldFile{"0.28.2", 4, true},
        OldFile{"0.30.2", 4, true}}) {
    std::shared_ptr<const storage::File> file;
    const Recording recording = ReadFile(data / (std::string(version) + ".rrd"), &file);
    EXPECT_TRUE(recording.findings.empty()) << version << ": " << recording.findings[0].what;
    EXPECT_EQ(recording.scanned, !has_manifest) << version;
    ASSERT_EQ(recording.stores.size(), 1u) << version;
    const StoreContents& contents = recording.stores[0];
    EXPECT_EQ(contents.store.application_id, "old_app") << version;
    EXPECT_EQ(contents.store.recording_id, "old") << version;
    EXPECT_EQ(contents.chunks.size(), chunks) << version;
    EXPECT_EQ(contents.manifest.has_value(), has_manifest) << version;
    ExpectChunksReadable(*file, contents);
  }
}

class Corpus : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* directory = std::getenv("MUTOSCOPE_CORPUS");
    if (directory == nullptr) GTEST_SKIP() << "MUTOSCOPE_CORPUS names no directory: make one with tests/make_recordings.py";
    directory_ = directory;
  }
  fs::path directory_;
};

TEST_F(Corpus, IsReadFromItsManifests) {
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(directory_)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("cut_")) continue;
    std::shared_ptr<const storage::File> file;
    const Recording recording = ReadFile(entry.path(), &file);
    EXPECT_FALSE(recording.scanned) << name;
    EXPECT_TRUE(recording.findings.empty()) << name << ": " << recording.findings[0].what;
    const bool joined = name == "same_twice.rrd";
    for (const auto& contents : recording.stores) {
      EXPECT_EQ(contents.manifest.has_value(), !contents.chunks.empty() && !joined) << name;
      EXPECT_EQ(contents.store.application_id, "mutoscope_corpus") << name;
      ExpectChunksReadable(*file, contents);
    }
    ++files;
  }
  EXPECT_GE(files, 14u);
}

TEST_F(Corpus, StoresAreTold) {
  struct Case {
    const char* name;
    std::vector<std::pair<StoreKind, std::string>> stores;
    size_t streams;
  };
  const auto recording_of = [](const char* id) { return std::pair(StoreKind::kRecording, std::string(id)); };
  for (const auto& [name, stores, streams] :
       {Case{"images.rrd", {recording_of("images")}, 1}, Case{"nothing.rrd", {recording_of("nothing")}, 1},
        Case{"concatenated.rrd", {recording_of("images"), recording_of("scalars")}, 2},
        Case{"same_twice.rrd", {recording_of("timelines")}, 2}}) {
    std::shared_ptr<const storage::File> file;
    const Recording recording = ReadFile(directory_ / name, &file);
    std::vector<std::pair<StoreKind, std::string>> found;
    for (const auto& contents : recording.stores) found.emplace_back(contents.store.kind, contents.store.recording_id);
    EXPECT_EQ(found, stores) << name;
    EXPECT_EQ(recording.streams, streams) << name;
  }
  std::shared_ptr<const storage::File> file;
  const Recording both = ReadFile(directory_ / "with_blueprint.rrd", &file);
  ASSERT_EQ(both.stores.size(), 2u);
  EXPECT_EQ(both.stores[0].store.kind, StoreKind::kBlueprint);
  EXPECT_EQ(both.stores[1].store.recording_id, "with blueprint/ä");
  EXPECT_EQ(ReadFile(directory_ / "blueprint.rbl", &file).stores.at(0).store.kind, StoreKind::kBlueprint);
}

TEST_F(Corpus, CutFilesGiveWhatIsWhole) {
  std::shared_ptr<const storage::File> file;
  const size_t whole = ChunksIn(ReadFile(directory_ / "images.rrd", &file));
  const Recording cut = ReadFile(directory_ / "cut_in_message.rrd", &file);
  EXPECT_LT(ChunksIn(cut), whole);
  ASSERT_EQ(cut.findings.size(), 1u);
  EXPECT_THAT(cut.findings[0].what, ::testing::HasSubstr("cut in the middle of a message"));
  const Recording footless = ReadFile(directory_ / "cut_in_stream_footer.rrd", &file);
  EXPECT_EQ(ChunksIn(footless), whole);
  EXPECT_EQ(footless.findings.size(), 1u);
}

// Walking the messages finds what the manifests say.
TEST_F(Corpus, ScanAndManifestsAgree) {
  for (const char* name : {"images.rrd", "scalars.rrd", "with_blueprint.rrd", "odd_names.rrd", "empty_cells.rrd"}) {
    std::shared_ptr<const storage::File> file, footless;
    const Recording by_manifest = ReadFile(directory_ / name, &file);
    const fs::path copy = fs::temp_directory_path() / ("mutoscope_footless_" + std::to_string(getpid()) + ".rrd");
    fs::copy_file(directory_ / name, copy, fs::copy_options::overwrite_existing);
    fs::resize_file(copy, file->size() - 32);
    const Recording by_scan = ReadFile(copy, &footless);
    fs::remove(copy);
    EXPECT_TRUE(by_scan.scanned);
    ASSERT_EQ(by_scan.stores.size(), by_manifest.stores.size()) << name;
    for (size_t i = 0; i < by_scan.stores.size(); ++i) {
      const auto& a = by_manifest.stores[i].chunks;
      const auto& b = by_scan.stores[i].chunks;
      EXPECT_EQ(by_manifest.stores[i].store.recording_id, by_scan.stores[i].store.recording_id);
      EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ChunkPlace& x, const ChunkPlace& y) {
        return x.message_offset == y.message_offset && x.message_size == y.message_size &&
               x.uncompressed_size == y.uncompressed_size;
      })) << name;
    }
  }
}

}  // namespace
}  // namespace mutoscope::rrd
