// Restarts, lost index files, changed recordings, and the rows in the background.
#include <thread>

#include "catalog/paths.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using namespace testing;  // NOLINT: builders
using base::Code;
using base::CodeOf;

class SnapshotLoad : public testing::CatalogTest {
 protected:
  SnapshotLoad() : dataset_(MakeDataset("robots")) {}

  std::vector<std::string> IndexFiles() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(DatasetIndexDirectory(options().data_directory, dataset_))) {
      files.push_back(entry.path().string());
    }
    return files;
  }
  std::string IndexFile(const std::string& extension) const {
    for (const std::string& file : IndexFiles()) {
      if (file.ends_with(extension)) return file;
    }
    return "";
  }
  EntryId dataset_;
};

std::string Describe(const DatasetSnapshot& snapshot) {
  std::string text = fmt::format("revision {} schema {}\n", snapshot.revision, snapshot.schema->ToString(true));
  for (const auto& layer : snapshot.layers) {
    text += fmt::format("{} {}/{} {} {} {} {} {} {} {} {} {}\n", layer->id, layer->segment_id, layer->name, layer->storage_url,
                        layer->identity.size, layer->identity.mtime_ns, layer->registered_at_ns, layer->num_chunks,
                        layer->size_bytes, layer->application_id, layer->time_ranges.size(), layer->schema_sha256[0]);
  }
  for (const index::ChunkRef ref : snapshot.index->All({}, {})) {
    const auto info = snapshot.index->Info(ref);
    text += fmt::format("{} {} {} {} {} {}\n", info.layer, info.ordinal, info.id.text(), info.entity, info.num_rows,
                        info.place.message_offset);
  }
  return text;
}

TEST_F(SnapshotLoad, ARestartKeepsEverything) {
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) paths.push_back(WriteRecording("r" + std::to_string(i), 1 + i % 3));
  ASSERT_TRUE(Register(dataset_, paths).ok());
  ASSERT_TRUE(Register(dataset_, {paths[3], paths[4]}, OnDuplicate::kOverwrite).ok());
  ASSERT_TRUE(Register(dataset_, {paths[0]}, OnDuplicate::kError, "extra").ok());
  const auto failed = Register(dataset_, {paths[0]}, OnDuplicate::kError, "extra").ValueOrDie().at(0);
  ASSERT_TRUE(catalog_->Unregister(dataset_, {"r7"}, {}).ok());
  const std::string before = Describe(*Snapshot(dataset_));
  Reopen();
  EXPECT_EQ(Describe(*Snapshot(dataset_)), before) << "loaded step by step or at once, a dataset is the same";
  EXPECT_EQ(TaskOf(failed).status, TaskState::Status::kFailed);
  EXPECT_EQ(catalog_->Stats().layers, 20u);
}

TEST_F(SnapshotLoad, LayerIdsAreNeverUsedAgain) {
  const std::string path = WriteRecording("a");
  ASSERT_TRUE(Register(dataset_, {path}).ok());
  const index::LayerId first = Snapshot(dataset_)->layers[0]->id;
  ASSERT_TRUE(catalog_->Unregister(dataset_, {"a"}, {}).ok());
  Reopen();
  ASSERT_TRUE(Register(dataset_, {path}).ok());
  EXPECT_GT(Snapshot(dataset_)->layers[0]->id, first);
}

TEST_F(SnapshotLoad, AnUnchangedDatasetIsNotLoadedAgain) {
  ASSERT_TRUE(Register(dataset_, {WriteRecording("a")}).ok());
  const auto one = Snapshot(dataset_);
  EXPECT_EQ(one, Snapshot(dataset_));
  ASSERT_TRUE(Register(dataset_, {WriteRecording("b")}).ok());
  const auto two = Snapshot(dataset_);
  EXPECT_NE(one, two);
  EXPECT_GT(two->revision, one->revision);
  EXPECT_EQ(one->layers.size(), 1u);
}

TEST_F(SnapshotLoad, LostAndDamagedPacksAreRebuilt) {
  ASSERT_TRUE(Register(dataset_, {WriteRecording("a", 3), WriteRecording("b", 1)}).ok());
  const std::string before = Describe(*Snapshot(dataset_));
  const struct {
    const char* name;
    void (*damage)(const std::string& file);
  } cases[] = {
      {"removed", [](const std::string& file) { std::filesystem::remove(file); }},
      {"cut", [](const std::string& file) { std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2); }},
      {"flipped",
       [](const std::string& file) {
         std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
         stream.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file) / 2));
         stream.put('\x5a');
         stream.put('\xa5');
       }},
  };
  for (const auto& [name, damage] : cases) {
    Close();
    ASSERT_EQ(IndexFiles().size(), 1u);
    damage(IndexFiles()[0]);
    Reopen();
    EXPECT_EQ(Describe(*Snapshot(dataset_)), before) << name;
    EXPECT_TRUE(Snapshot(dataset_)->unavailable_layers.empty()) << name;
  }
  Reopen();
  EXPECT_EQ(Describe(*Snapshot(dataset_)), before) << "the rebuilt pack is kept";
}

TEST_F(SnapshotLoad, ALostPackOfAChangedRecordingIsAnErrorOfItsLayer) {
  const std::string changed = WriteRecording("changed"), gone = WriteRecording("gone"), good = WriteRecording("good");
  ASSERT_TRUE(Register(dataset_, {changed, gone, good}).ok());
  Close();
  std::filesystem::remove(IndexFiles().at(0));
  Write("changed.rrd", RecordingBytes("changed", 7));
  std::filesystem::rename(gone, gone + ".away");
  for (int start = 0; start < 2; ++start) {
    Reopen();
    const auto snapshot = Snapshot(dataset_);
    EXPECT_EQ(snapshot->layers.size(), 3u);
    ASSERT_EQ(snapshot->unavailable_layers.size(), 2u);
    EXPECT_EQ(snapshot->index->num_chunks(), 2u);
    for (const auto& [id, status] : snapshot->unavailable_layers) {
      const Layer& layer = *snapshot->layers[snapshot->layer_positions.at(id)];
      EXPECT_TRUE(Mentions(status.message(), layer.path)) << status.message();
      EXPECT_EQ(CodeOf(status), layer.segment_id == "changed" ? Code::kFailedPrecondition : Code::kNotFound) << status.ToString();
    }
  }
  std::filesystem::rename(gone + ".away", gone);
  Reopen();
  EXPECT_EQ(Snapshot(dataset_)->unavailable_layers.size(), 1u) << "a recording that comes back is read again";
  ASSERT_TRUE(Register(dataset_, {changed}, OnDuplicate::kOverwrite).ok());
  EXPECT_TRUE(Snapshot(dataset_)->unavailable_layers.empty());
}

TEST_F(SnapshotLoad, AChangedRecordingIsNotOpened) {
  const std::string path = WriteRecording("a");
  ASSERT_TRUE(Register(dataset_, {path}).ok());
  const auto snapshot = Snapshot(dataset_);
  Write("a.rrd", RecordingBytes("a", 9));
  const arrow::Status status = catalog_->OpenLayer(*snapshot->layers[0]).status();
  EXPECT_EQ(CodeOf(status), Code::kFailedPrecondition);
  EXPECT_TRUE(Mentions(status.message(), path)) << status.message();
}

TEST_F(SnapshotLoad, OrphansOfEarlierRunsAreRemoved) {
  ASSERT_TRUE(Register(dataset_, {WriteRecording("a")}).ok());
  Close();
  const std::string index = "data/index/" + dataset_.text() + "/";
  directory_.Write(index + "0000000100000fff.tables", "left by a kill");
  directory_.Write(index + "0000000100000ffe.rows.tmp", "left by a kill");
  directory_.Write("data/index/" + EntryId{1, 2}.text() + "/0000000100000001.tables", "of a deleted dataset");
  Reopen();
  Snapshot(dataset_);
  EXPECT_EQ(CountIndexFiles(), 1u);
}

class Rows : public SnapshotLoad {
 protected:
  Rows() {
    index_rows_ = true;
    Reopen();
  }
  // The writer waits until it is quiet; there is nothing to wait on but its effect.
  bool WaitForRows() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (catalog_->Stats().layers_without_rows > 0) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

TEST_F(Rows, AreWrittenInTheBackgroundKeptAndMadeAgain) {
  ASSERT_TRUE(Register(dataset_, {WriteRecording("a", 2), WriteRecording("b", 1)}).ok());
  const auto snapshot = Snapshot(dataset_);
  const index::LayerId layer = snapshot->layers[0]->id;
  ASSERT_TRUE(WaitForRows());
  const auto rows = catalog_->Rows(dataset_, layer, 1);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->times.at(0), (std::vector<int64_t>{2, 3}));
  EXPECT_FALSE(catalog_->Rows(dataset_, layer, 2).has_value());
  EXPECT_FALSE(catalog_->Rows(dataset_, layer + 1000, 0).has_value());
  EXPECT_FALSE(catalog_->Rows(EntryId{1, 2}, layer, 0).has_value());

  Close();
  std::filesystem::resize_file(IndexFile(".rows"), 100);
  Reopen();
  Snapshot(dataset_);
  EXPECT_FALSE(catalog_->Rows(dataset_, layer, 1).has_value()) << "a damaged pack is no answer";
  EXPECT_EQ(catalog_->Stats().layers_without_rows, 2u) << "and its layers are due again";
  ASSERT_TRUE(WaitForRows());
  EXPECT_TRUE(catalog_->Rows(dataset_, layer, 1).has_value());

  ASSERT_EQ(catalog_->Unregister(dataset_, {"a", "b"}, {}).ValueOrDie(), 2u);
  EXPECT_FALSE(catalog_->Rows(dataset_, layer, 1).has_value());
  EXPECT_EQ(CountIndexFiles(), 0u);
}

}  // namespace
}  // namespace mutoscope::catalog
