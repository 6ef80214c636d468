// Recordings that the stock SDKs wrote, if there is a corpus (tests/make_recordings.py).
#include <cstdlib>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

class Corpus : public testing::CatalogTest {
 protected:
  void SetUp() override {
    const char* corpus = std::getenv("MUTOSCOPE_CORPUS");
    if (corpus == nullptr) GTEST_SKIP() << "MUTOSCOPE_CORPUS names no directory: make one with tests/make_recordings.py";
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
      if (!entry.is_directory()) continue;
      std::filesystem::copy(entry.path(), recordings_directory() + "/" + entry.path().filename().string());
    }
  }

  // The files of that name, one of each SDK.
  std::vector<std::string> Files(const std::string& name) const {
    std::vector<std::string> files;
    for (const auto& sdk : std::filesystem::directory_iterator(recordings_directory())) {
      if (std::filesystem::exists(sdk.path() / name)) files.push_back(sdk.path() / name);
    }
    EXPECT_FALSE(files.empty()) << name;
    return files;
  }
  // A dataset with that file alone; its one row's task.
  EntryId DatasetWith(const std::string& file, TaskState* task) {
    const EntryId dataset = MakeDataset("d" + std::to_string(datasets_++));
    const auto rows = Register(dataset, {file}).ValueOrDie();
    EXPECT_FALSE(rows.empty()) << file;
    if (!rows.empty()) *task = TaskOf(rows[0]);
    return dataset;
  }
  int datasets_ = 0;
};

TEST_F(Corpus, WholeRecordingsHaveNoFindings) {
  for (const char* name : {"images.rrd", "scalars.rrd", "properties.rrd", "static_only.rrd", "timelines.rrd", "with_blueprint.rrd"}) {
    for (const std::string& file : Files(name)) {
      TaskState task;
      const auto snapshot = Snapshot(DatasetWith(file, &task));
      EXPECT_EQ(task.status, TaskState::Status::kSuccess) << file << ": " << task.message;
      EXPECT_EQ(task.message, "") << file;
      ASSERT_EQ(snapshot->layers.size(), 1u) << file;
      EXPECT_EQ(snapshot->index->num_chunks(), snapshot->layers[0]->num_chunks) << file;
      EXPECT_GT(snapshot->schema->num_fields(), 0) << file;
    }
  }
}

TEST_F(Corpus, ACutRecordingIsServedAndSaysSo) {
  for (const std::string& file : Files("cut_in_message.rrd")) {
    TaskState task;
    const auto snapshot = Snapshot(DatasetWith(file, &task));
    EXPECT_EQ(task.status, TaskState::Status::kSuccess) << file << ": " << task.message;
    EXPECT_TRUE(testing::Mentions(task.message, "cut_in_message.rrd")) << task.message;
    EXPECT_GT(snapshot->index->num_chunks(), 0u) << file;
  }
}

TEST_F(Corpus, PropertiesAreRead) {
  for (const std::string& file : Files("properties.rrd")) {
    TaskState task;
    const auto snapshot = Snapshot(DatasetWith(file, &task));
    ASSERT_EQ(snapshot->layers.size(), 1u) << file;
    arrow::io::BufferReader source{std::make_shared<arrow::Buffer>(snapshot->layers[0]->properties)};
    const auto batch = arrow::ipc::RecordBatchStreamReader::Open(&source).ValueOrDie()->Next().ValueOrDie();
    ASSERT_NE(batch, nullptr) << file;
    EXPECT_GT(batch->num_columns(), 1) << file;
    for (int i = 0; i < batch->num_columns(); ++i) {
      const auto& field = *batch->schema()->field(i);
      EXPECT_TRUE(field.name().starts_with("property:")) << field.name();
      const auto in_schema = snapshot->schema->GetFieldByName(field.name());
      ASSERT_NE(in_schema, nullptr) << field.name() << " is not in the dataset schema";
      EXPECT_TRUE(in_schema->type()->Equals(*field.type())) << field.ToString();
      EXPECT_FALSE(batch->column(i)->IsNull(0)) << field.name();
    }
  }
}

TEST_F(Corpus, BlueprintsGoToTheBlueprintDataset) {
  for (const char* name : {"blueprint.rbl", "with_blueprint.rrd"}) {
    for (const std::string& file : Files(name)) {
      const EntryId owner = MakeDataset("b" + std::to_string(datasets_++));
      const EntryId blueprints = *catalog_->ReadDataset(owner).ValueOrDie().details.blueprint_dataset;
      const auto rows = Register(blueprints, {file}).ValueOrDie();
      ASSERT_EQ(rows.size(), 1u) << file;
      EXPECT_EQ(TaskOf(rows[0]).status, TaskState::Status::kSuccess) << TaskOf(rows[0]).message;
    }
  }
}

}  // namespace
}  // namespace mutoscope::catalog
