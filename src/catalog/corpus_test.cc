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
    std::filesystem::copy(corpus, Path(""), std::filesystem::copy_options::recursive);
  }

  std::string Path(const std::string& name) const { return recordings_directory() + "/" + name; }

  // A dataset with that file alone, and how its registration ended.
  EntryId DatasetWith(const std::string& file, TaskState* task) {
    const EntryId dataset = MakeDataset(file);
    const auto rows = Register(dataset, {Path(file)}).ValueOrDie();
    EXPECT_EQ(rows.size(), 1u) << file;
    if (!rows.empty()) *task = TaskOf(rows[0]);
    return dataset;
  }
};

TEST_F(Corpus, WholeRecordingsHaveNoFindings) {
  for (const char* file :
       {"images.rrd", "scalars.rrd", "properties.rrd", "static_only.rrd", "timelines.rrd", "with_blueprint.rrd"}) {
    TaskState task;
    const auto snapshot = Snapshot(DatasetWith(file, &task));
    EXPECT_EQ(task.status, TaskState::Status::kSuccess) << file << ": " << task.message;
    EXPECT_EQ(task.message, "") << file;
    ASSERT_EQ(snapshot->layers.size(), 1u) << file;
    EXPECT_EQ(snapshot->index->num_chunks(), snapshot->layers[0]->num_chunks) << file;
    EXPECT_GT(snapshot->schema->num_fields(), 0) << file;
  }
}

TEST_F(Corpus, ACutRecordingIsServedAndSaysSo) {
  TaskState task;
  const auto snapshot = Snapshot(DatasetWith("cut_in_message.rrd", &task));
  EXPECT_EQ(task.status, TaskState::Status::kSuccess) << task.message;
  EXPECT_TRUE(testing::Mentions(task.message, "cut_in_message.rrd")) << task.message;
  EXPECT_GT(snapshot->index->num_chunks(), 0u);
}

TEST_F(Corpus, PropertiesAreRead) {
  TaskState task;
  const auto snapshot = Snapshot(DatasetWith("properties.rrd", &task));
  ASSERT_EQ(snapshot->layers.size(), 1u);
  arrow::io::BufferReader source{std::make_shared<arrow::Buffer>(snapshot->layers[0]->properties)};
  const auto batch = arrow::ipc::RecordBatchStreamReader::Open(&source).ValueOrDie()->Next().ValueOrDie();
  ASSERT_NE(batch, nullptr);
  EXPECT_GT(batch->num_columns(), 1);
  for (int i = 0; i < batch->num_columns(); ++i) {
    const auto& field = *batch->schema()->field(i);
    EXPECT_TRUE(field.name().starts_with("property:")) << field.name();
    const auto in_schema = snapshot->schema->GetFieldByName(field.name());
    ASSERT_NE(in_schema, nullptr) << field.name() << " is not in the dataset schema";
    EXPECT_TRUE(in_schema->type()->Equals(*field.type())) << field.ToString();
    EXPECT_FALSE(batch->column(i)->IsNull(0)) << field.name();
  }
}

TEST_F(Corpus, BlueprintsGoToTheBlueprintDataset) {
  for (const char* file : {"blueprint.rbl", "with_blueprint.rrd"}) {
    const EntryId owner = MakeDataset(file);
    const EntryId blueprints = *catalog_->ReadDataset(owner).ValueOrDie().details.blueprint_dataset;
    const auto rows = Register(blueprints, {Path(file)}).ValueOrDie();
    ASSERT_EQ(rows.size(), 1u) << file;
    EXPECT_EQ(TaskOf(rows[0]).status, TaskState::Status::kSuccess) << TaskOf(rows[0]).message;
  }
}

}  // namespace
}  // namespace mutoscope::catalog
