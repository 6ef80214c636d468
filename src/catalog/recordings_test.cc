#include "catalog/recordings.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "catalog/recording_paths.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

TEST(RecordingPaths, OnlyNamesOfOursHaveANumber) {
  const EntryId dataset{0x18EA89DA41B02282, 0x33d7d6e123a81f4a};
  const std::string root = "/data/recordings";
  const std::string path = RecordingPath(root, dataset, "a/b ü-x", 0x100000002);
  EXPECT_EQ(path, root + "/18EA89DA41B0228233d7d6e123a81f4a/a%2Fb%20%C3%BC-x-0000000100000002.rrd");
  EXPECT_EQ(RecordingNumberOf(root, path), std::optional<PackId>(0x100000002));
  EXPECT_EQ(RecordingNumberOf(root, RecordingPath(root, dataset, "", 5)), std::optional<PackId>(5));
  EXPECT_LT(fs::path(RecordingPath(root, dataset, std::string(5000, ' '), 5)).filename().string().size(), 200u);
  for (const std::string& other :
       {std::string("/data/recordings/mine-0000000100000002.rrd"), root + "/" + dataset.text() + "/mine.rrd",
        root + "/" + dataset.text() + "/mine-0000000100000002.rrd.bak",
        root + "/" + dataset.text() + "/deeper/x-0000000100000002.rrd", root + "/someone/x-0000000100000002.rrd",
        root + "/" + dataset.text() + "/x-000000010000000g.rrd", root + "/" + dataset.text() + "/x0000000100000002.rrd",
        "/elsewhere/" + dataset.text() + "/x-0000000100000002.rrd"}) {
    EXPECT_EQ(RecordingNumberOf(root, other), std::nullopt) << other;
  }
}

class RecordingsTest : public ::testing::Test {
 protected:
  RecordingsTest() { Open(); }

  void Open() {
    catalog_.reset();
    CatalogOptions options;
    options.data_directory = directory_ / "data";
    options.allow_paths = {directory_.path()};
    options.index_rows = false;
    catalog_ = Catalog::Open(options).ValueOrDie();
  }

  // A file of ours with one segment, not registered.
  std::string WriteFile(const std::string& segment, int64_t rows = 1) {
    testing::StreamBuilder builder;
    builder.Announce(testing::RecordingStore(segment));
    builder.Chunk(testing::RecordingStore(segment), {.rows = rows});
    const std::string path = catalog_->recordings().NewPath(dataset(), segment);
    directory_.Write(fs::path(path).lexically_relative(directory_.path()).string(), builder.Finish());
    return path;
  }

  EntryId dataset() {
    if (const auto known = catalog_->DatasetIdByName("d"); known.ok()) return *known;
    return catalog_->CreateDataset("d").ValueOrDie().entry.id;
  }

  arrow::Status Register(const std::vector<std::string>& paths, OnDuplicate on_duplicate = OnDuplicate::kError) {
    return catalog_->recordings().Register(dataset(), paths, "base", on_duplicate).status();
  }

  std::vector<std::string> Segments() {
    std::vector<std::string> ids;
    for (const Segment& segment : catalog_->Snapshot(dataset()).ValueOrDie()->segments) ids.push_back(segment.id);
    return ids;
  }

  testing::TempDir directory_;
  std::unique_ptr<Catalog> catalog_;
};

TEST_F(RecordingsTest, PathsAreGivenOnce) {
  const std::string first = catalog_->recordings().NewPath(dataset(), "s");
  EXPECT_NE(first, catalog_->recordings().NewPath(dataset(), "s"));
  Open();
  EXPECT_NE(first, catalog_->recordings().NewPath(dataset(), "s"));
}

TEST_F(RecordingsTest, RegistersAllOrNone) {
  const std::string a = WriteFile("a"), b = WriteFile("b"), again = WriteFile("a", 2);
  ASSERT_TRUE(Register({a}).ok());
  const arrow::Status status = Register({b, again});
  EXPECT_EQ(base::CodeOf(status), base::Code::kAlreadyExists);
  EXPECT_THAT(Segments(), ElementsAre("a"));
  EXPECT_TRUE(fs::exists(b) && fs::exists(again)) << "they are still the caller's";
  ASSERT_TRUE(Register({b}).ok());
  EXPECT_THAT(Segments(), ElementsAre("a", "b"));
}

TEST_F(RecordingsTest, AReplacedFileGoesButReadersKeepIt) {
  const std::string old = WriteFile("a"), young = WriteFile("a", 2);
  ASSERT_TRUE(Register({old}).ok());
  const auto snapshot = catalog_->Snapshot(dataset()).ValueOrDie();
  const auto file = catalog_->OpenLayer(*snapshot->layers[0]).ValueOrDie();
  ASSERT_TRUE(Register({young}, OnDuplicate::kOverwrite).ok());
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_TRUE(file->Read(0, file->size()).ok());
}

TEST_F(RecordingsTest, FilesOfTheUserNeverGo) {
  testing::StreamBuilder builder;
  builder.Announce(testing::RecordingStore("u"));
  builder.Chunk(testing::RecordingStore("u"), {});
  const std::string path = directory_.Write("data/recordings/mine.rrd", builder.Finish());
  ASSERT_TRUE(catalog_->Register(dataset(), {{path, "", false}}, {}).ok());
  ASSERT_EQ(catalog_->Unregister(dataset(), {"u"}, {}).ValueOrDie(), 1u);
  EXPECT_TRUE(fs::exists(path));
  Open();
  EXPECT_TRUE(fs::exists(path));
}

TEST_F(RecordingsTest, AFileGoesWithItsLastLayer) {
  const std::string path = WriteFile("a");
  ASSERT_TRUE(Register({path}).ok());
  const EntryId other = catalog_->CreateDataset("other").ValueOrDie().entry.id;
  ASSERT_TRUE(catalog_->Register(other, {{path, "second", false}}, {}).ok());
  ASSERT_EQ(catalog_->Unregister(dataset(), {"a"}, {}).ValueOrDie(), 1u);
  EXPECT_TRUE(fs::exists(path));
  ASSERT_TRUE(catalog_->DeleteEntry(other).ok());
  EXPECT_FALSE(fs::exists(path));
  EXPECT_FALSE(fs::exists(fs::path(path).parent_path())) << "nor does an empty directory stay";
}

TEST_F(RecordingsTest, AStartRemovesWhatNoLayerRefersTo) {
  const std::string kept = WriteFile("a"), left = WriteFile("b");
  ASSERT_TRUE(Register({kept}).ok());
  Open();
  EXPECT_TRUE(fs::exists(kept));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_THAT(Segments(), ElementsAre("a"));
}

TEST_F(RecordingsTest, TheQuotaIsSharedAndGivenBack) {
  auto first = catalog_->recordings().NewQuota();
  ASSERT_TRUE(first->Take(kUnfinishedWriteBytesMax - 10).ok());
  const auto second = catalog_->recordings().NewQuota();
  EXPECT_EQ(base::CodeOf(second->Take(11)), base::Code::kResourceExhausted);
  first.reset();
  EXPECT_TRUE(second->Take(11).ok());
}

}  // namespace
}  // namespace mutoscope::catalog
