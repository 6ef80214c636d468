// Upkeep beside a dataset in use: what it repairs, merges and removes, and that answers stay the same.
#include "catalog/maintenance.h"

#include <fstream>
#include <thread>

#include "catalog/paths.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using namespace testing;  // NOLINT: builders
namespace fs = std::filesystem;

class Maintenance : public testing::CatalogTest {
 protected:
  Maintenance() : dataset_(MakeDataset("robots")) {}

  std::string Maintain(const MaintenanceOptions& options = {}) {
    std::string text;
    for (const std::string& line : catalog_->Maintain(dataset_, options).ValueOrDie()) text += line + "\n";
    return text;
  }
  std::vector<fs::path> IndexFiles(const std::string& extension) const {
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(DatasetIndexDirectory(directory_ / "data", dataset_))) {
      if (file.path().extension() == extension) files.push_back(file.path());
    }
    return files;
  }
  void WaitForRows() const {
    while (catalog_->Stats().layers_without_rows > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  size_t LayersWithRows() const {
    size_t count = 0;
    for (const auto& layer : Snapshot(dataset_)->layers) count += catalog_->Rows(dataset_, layer->id, 0).has_value();
    return count;
  }
  static void Damage(const fs::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(path) / 2));
    file.write("damaged", 7);
  }

  EntryId dataset_;
};

TEST_F(Maintenance, NamesRecordingsThatAreMissingOrChanged) {
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording(id)}).ok());
  EXPECT_TRUE(Mentions(Maintain(), "recordings: 3 looked at")) << Maintain();
  EXPECT_FALSE(Mentions(Maintain(), "missing:") || Mentions(Maintain(), "changed")) << Maintain();
  fs::remove(recordings_directory() + "/a.rrd");
  Write("b.rrd", RecordingBytes("b", 7));
  const std::string report = Maintain();
  EXPECT_TRUE(Mentions(report, "recordings missing: 1: " + recordings_directory() + "/a.rrd")) << report;
  EXPECT_TRUE(Mentions(report, "changed since they were registered: 1: " + recordings_directory() + "/b.rrd")) << report;
}

TEST_F(Maintenance, RemovesOrphanedIndexFilesOfEarlierRunsOnly) {
  ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording("a")}).ok());
  Reopen();
  (void)Snapshot(dataset_);  // loading sweeps too
  const std::string directory = DatasetIndexDirectory(directory_ / "data", dataset_);
  const fs::path old_orphan = directory + "/0000000000000007.rows", new_file = directory + "/7fff000000000000.tables",
                 others = directory + "/notes.txt";
  for (const auto& path : {old_orphan, new_file, others}) std::ofstream(path) << "x";
  EXPECT_TRUE(Mentions(Maintain(), "orphaned index files: 1 removed"));
  EXPECT_FALSE(fs::exists(old_orphan));
  EXPECT_TRUE(fs::exists(new_file));
  EXPECT_TRUE(fs::exists(others));
  EXPECT_EQ(Snapshot(dataset_)->index->num_chunks(), 2u);
}

TEST_F(Maintenance, MakesDamagedAndMissingChunkTablesAgain) {
  for (const char* id : {"a", "b"}) ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording(id)}).ok());
  const auto files = IndexFiles(".tables");
  ASSERT_EQ(files.size(), 2u);
  Damage(files[0]);
  fs::remove(files[1]);
  const std::string report = Maintain();
  EXPECT_TRUE(Mentions(report, "2 layers were missing or damaged: 2 made again")) << report;
  EXPECT_FALSE(Mentions(Maintain(), "damaged")) << Maintain();
  Reopen();
  EXPECT_EQ(Snapshot(dataset_)->index->num_chunks(), 4u);
  EXPECT_EQ(IndexFiles(".tables").size(), 1u);
}

TEST_F(Maintenance, HasDamagedRowsMadeAgain) {
  index_rows_ = true;
  Reopen();
  ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording("a")}).ok());
  WaitForRows();
  const auto files = IndexFiles(".rows");
  ASSERT_EQ(files.size(), 1u);
  Damage(files[0]);
  const std::string report = Maintain();
  EXPECT_TRUE(Mentions(report, "row indexes: 1 files were missing or damaged")) << report;
  WaitForRows();
  EXPECT_EQ(LayersWithRows(), 1u);
  EXPECT_FALSE(Mentions(Maintain(), "damaged")) << Maintain();
}

TEST_F(Maintenance, MergesSmallIndexFiles) {
  index_rows_ = true;
  Reopen();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording("r" + std::to_string(i))}).ok());
    WaitForRows();
  }
  ASSERT_EQ(IndexFiles(".tables").size(), 3u);
  ASSERT_EQ(IndexFiles(".rows").size(), 3u);
  const auto before = Snapshot(dataset_);
  MaintenanceOptions options;
  options.optimize_indexes = true;
  const std::string report = Maintain(options);
  EXPECT_TRUE(Mentions(report, "chunk tables: 3 small files merged into 1")) << report;
  EXPECT_TRUE(Mentions(report, "row indexes: 3 small files merged into 1")) << report;
  EXPECT_EQ(CountIndexFiles(), 2u);
  EXPECT_EQ(LayersWithRows(), 3u);
  EXPECT_TRUE(Mentions(Maintain(options), "0 small files merged into 0"));
  Reopen();
  const auto after = Snapshot(dataset_);
  EXPECT_EQ(after->index->num_chunks(), before->index->num_chunks());
  EXPECT_EQ(after->layers.size(), 3u);
  EXPECT_EQ(LayersWithRows(), 3u);
  EXPECT_FALSE(Mentions(Maintain(), "damaged"));
}

TEST_F(Maintenance, MakesIndexesAnewButKeepsThoseOfLostRecordings) {
  for (const char* id : {"a", "b"}) ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording(id)}).ok());
  fs::remove(recordings_directory() + "/b.rrd");
  MaintenanceOptions options;
  options.retrain_indexes = true;
  const std::string report = Maintain(options);
  EXPECT_TRUE(Mentions(report, "1 of 2 layers made anew")) << report;
  Reopen();
  EXPECT_EQ(Snapshot(dataset_)->index->num_chunks(), 4u);
  EXPECT_TRUE(Snapshot(dataset_)->unavailable_layers.empty());
}

TEST_F(Maintenance, RemovesOldOwnRecordingsThatNothingRefersToWhenAsked) {
  Reopen();  // files of the run before
  const std::string directory = directory_ / ("data/recordings/" + dataset_.text());
  fs::create_directories(directory);
  const auto write = [&](const std::string& name, const std::string& id) {
    std::ofstream(directory + "/" + name, std::ios::binary) << RecordingBytes(id);
    return directory + "/" + name;
  };
  const std::string referred = write("a-0000000100000001.rrd", "a"), orphan = write("b-0000000100000002.rrd", "b"),
                    current = write("c-7fff000000000003.rrd", "c"), foreign = write("mine.rrd", "d");
  const EntryId other = MakeDataset("other");
  ASSERT_TRUE(CatalogTest::Register(other, {referred}).ok());
  MaintenanceOptions options;
  EXPECT_FALSE(Mentions(Maintain(options), "of this server")) << Maintain(options);
  options.gc_object_store = true;
  EXPECT_TRUE(Mentions(Maintain(options), "0 removed, 0 bytes")) << Maintain(options);  // too young
  EXPECT_TRUE(fs::exists(orphan));
  options.cleanup_before_ns = std::numeric_limits<int64_t>::max();
  EXPECT_TRUE(Mentions(Maintain(options), "0 removed, 0 bytes"));
  options.unsafe_allow_recent_cleanup = true;
  EXPECT_TRUE(Mentions(Maintain(options), "1 removed, " + std::to_string(fs::file_size(orphan)) + " bytes"));
  EXPECT_FALSE(fs::exists(orphan));
  for (const auto& path : {referred, current, foreign}) EXPECT_TRUE(fs::exists(path)) << path;
}

TEST_F(Maintenance, OfAllDatasetsRemovesDirectoriesOfDeletedOnesAndTidiesTheDatabase) {
  ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording("a")}).ok());
  const std::string gone = DatasetIndexDirectory(directory_ / "data", EntryId::New());
  fs::create_directories(gone);
  std::string report;
  for (const auto& line : catalog_->MaintainAll([] { return false; }).ValueOrDie()) report += line + "\n";
  EXPECT_TRUE(Mentions(report, "dataset 'robots': recordings: 1 looked at")) << report;
  EXPECT_TRUE(Mentions(report, "index directories of deleted datasets: 1 removed")) << report;
  EXPECT_TRUE(Mentions(report, "catalog.db: ")) << report;
  EXPECT_FALSE(fs::exists(gone));
  EXPECT_EQ(fs::file_size(directory_ / "data/catalog.db-wal"), 0u);
  EXPECT_EQ(Snapshot(dataset_)->index->num_chunks(), 2u);
}

TEST_F(Maintenance, EndsWhenItIsCancelledAndKnowsNoOtherDataset) {
  ASSERT_TRUE(CatalogTest::Register(dataset_, {WriteRecording("a")}).ok());
  MaintenanceOptions options;
  options.cancelled = [] { return true; };
  EXPECT_EQ(base::CodeOf(catalog_->Maintain(dataset_, options).status()), base::Code::kCancelled);
  EXPECT_EQ(base::CodeOf(catalog_->Maintain(EntryId::New(), {}).status()), base::Code::kNotFound);
}

TEST_F(Maintenance, RunsBesideRegistrationsAndLoads) {
  index_rows_ = true;
  Reopen();
  std::atomic<bool> done = false;
  std::thread upkeep([&] {
    MaintenanceOptions options;
    options.optimize_indexes = true;
    for (bool retrain = false; !done; retrain = !retrain) {
      options.retrain_indexes = retrain;
      ASSERT_TRUE(catalog_->Maintain(dataset_, options).ok());
      ASSERT_TRUE(catalog_->MaintainAll([] { return false; }).ok());
    }
  });
  for (int i = 0; i < 40; ++i) {
    const std::string id = "r" + std::to_string(i);
    EXPECT_TRUE(CatalogTest::Register(dataset_, {WriteRecording(id)}).ok());
    if (i % 4 == 3) {
      EXPECT_EQ(catalog_->Unregister(dataset_, {id}, {}).ValueOr(0), 1u);
    }
    EXPECT_TRUE(Snapshot(dataset_)->unavailable_layers.empty());
  }
  done = true;
  upkeep.join();
  Reopen();
  EXPECT_EQ(Snapshot(dataset_)->segments.size(), 30u);
  EXPECT_EQ(Snapshot(dataset_)->index->num_chunks(), 60u);
  EXPECT_FALSE(Mentions(Maintain(), "damaged"));
}

}  // namespace
}  // namespace mutoscope::catalog
