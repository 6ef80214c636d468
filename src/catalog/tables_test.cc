// Tables in the catalog: versions, restarts, crashes, concurrent writes.
#include "catalog/tables.h"

#include <thread>

#include "catalog/events.h"
#include "catalog/names.h"
#include "catalog/testing/recordings.h"
#include "tables/table_schema.h"
#include "tables/testing/rows.h"

namespace mutoscope::catalog {
namespace {

using base::Code;
using base::CodeOf;
using tables::testing::CountFiles;
using tables::testing::KeyField;
using tables::testing::ReadAll;
using tables::testing::Rows;
using testing::Mentions;

const auto kSchema = arrow::schema({KeyField("k", arrow::int64()), arrow::field("v", arrow::utf8_view())},
                                   arrow::key_value_metadata({"sorbet:version"}, {"0.1.4"}));

class TablesTest : public testing::CatalogTest {
 protected:
  EntryId Make(const std::string& name) {
    return catalog_->tables().Create(name, tables::EncodeSchema(*kSchema).ValueOrDie()).ValueOrDie().entry.id;
  }
  arrow::Status Write(const EntryId& id, WriteMode mode, const std::shared_ptr<arrow::RecordBatch>& batch) {
    ARROW_ASSIGN_OR_RAISE(const auto writer, catalog_->tables().Write(id, mode));
    ARROW_RETURN_NOT_OK(writer->Write(*batch));
    return writer->Finish();
  }
  arrow::Status Append(const EntryId& id, int64_t key) {
    return Write(id, WriteMode::kAppend, Rows(kSchema, {"[" + std::to_string(key) + "]", R"(["x"])"}));
  }
  std::shared_ptr<const TableVersion> Open(const EntryId& id) { return catalog_->tables().Open(id).ValueOrDie(); }
  int64_t CountRows(const EntryId& id) { return ReadAll(*Open(id)->data)->num_rows(); }
  std::string directory() const { return directory_ / "data/tables"; }
};

TEST_F(TablesTest, CreateMakesTheHiddenBlueprintDatasetOrNothing) {
  const auto watcher = catalog_->events().Watch([] {});
  const EntryId id = Make("labels");
  EXPECT_EQ(watcher->Next().ValueOrDie()->entry, id);
  const Table table = catalog_->tables().Read(id).ValueOrDie();
  EXPECT_EQ(catalog_->ReadDataset(table.details.blueprint_dataset.value()).ValueOrDie().entry.name, BlueprintDatasetName(id));
  EXPECT_EQ(table.url, "file://" + directory() + "/" + id.text() + "/");
  EXPECT_EQ(catalog_->tables().IdByName("labels").ValueOrDie(), id);
  const size_t entries = catalog_->FindEntries({}).ValueOrDie().size();
  const std::string schema = tables::EncodeSchema(*kSchema).ValueOrDie();
  EXPECT_EQ(CodeOf(catalog_->tables().Create("labels", schema).status()), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(catalog_->tables().Create("a/b", schema).status()), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(catalog_->tables().Create("t", "nonsense").status()), Code::kInvalidArgument);
  const auto twice = arrow::schema({arrow::field("a", arrow::int8()), arrow::field("a", arrow::int8())});
  EXPECT_TRUE(Mentions(catalog_->tables().Create("t", tables::EncodeSchema(*twice).ValueOrDie()).status().message(), "'a'"));
  EXPECT_EQ(catalog_->FindEntries({}).ValueOrDie().size(), entries);
}

TEST_F(TablesTest, TheSchemaComesBackByteForByte) {
  const std::string sent = tables::EncodeSchema(*kSchema).ValueOrDie();
  const EntryId id = Make("labels");
  EXPECT_EQ(Open(id)->schema_ipc, sent);
  ASSERT_TRUE(Append(id, 1).ok());
  Reopen();
  EXPECT_EQ(Open(id)->schema_ipc, sent);
  EXPECT_EQ(Open(id)->number, 2);
}

TEST_F(TablesTest, WritesSurviveARestart) {
  const EntryId id = Make("labels");
  ASSERT_TRUE(Append(id, 1).ok());
  ASSERT_TRUE(Append(id, 2).ok());
  ASSERT_TRUE(Write(id, WriteMode::kUpsert, Rows(kSchema, {"[2, 3]", R"(["B", "C"])"})).ok());
  ASSERT_TRUE(Write(id, WriteMode::kUpdate, Rows(kSchema, {"[1, 9]", R"(["A", "Z"])"})).ok());
  Reopen();
  EXPECT_TRUE(ReadAll(*Open(id)->data)->Equals(*Rows(kSchema, {"[1, 2, 3]", R"(["A", "B", "C"])"})));
  EXPECT_EQ(CountFiles(directory()), Open(id)->data->files.size());
  ASSERT_TRUE(Write(id, WriteMode::kOverwrite, Rows(kSchema, {"[7]", R"(["only"])"})).ok());
  Reopen();
  EXPECT_TRUE(ReadAll(*Open(id)->data)->Equals(*Rows(kSchema, {"[7]", R"(["only"])"})));
  EXPECT_EQ(CountFiles(directory()), 1u);
}

TEST_F(TablesTest, NothingIsSeenOrLeftOfAWriteThatIsNotFinished) {
  const EntryId id = Make("labels");
  ASSERT_TRUE(Append(id, 1).ok());
  {
    const auto writer = catalog_->tables().Write(id, WriteMode::kOverwrite).ValueOrDie();
    ASSERT_TRUE(writer->Write(*Rows(kSchema, {"[2]", R"(["x"])"})).ok());
    EXPECT_EQ(CountRows(id), 1);
  }
  EXPECT_EQ(CountRows(id), 1);
  EXPECT_EQ(CountFiles(directory()), 1u);
}

TEST_F(TablesTest, WhatACrashLeavesIsRemovedAtTheStart) {
  const EntryId id = Make("labels");
  ASSERT_TRUE(Append(id, 1).ok());
  Close();
  const std::string ours = directory() + "/" + id.text();
  directory_.Write("data/tables/" + id.text() + "/" + EntryId::New().text() + ".parquet", "written, not committed");
  directory_.Write("data/tables/" + EntryId::New().text() + "/" + EntryId::New().text() + ".parquet", "of a deleted table");
  directory_.Write("data/tables/" + id.text() + "/notes.txt", "not ours to remove");
  Reopen();
  EXPECT_EQ(CountRows(id), 1);
  EXPECT_TRUE(std::filesystem::remove(ours + "/notes.txt"));
  EXPECT_EQ(CountFiles(directory()), 1u);
}

TEST_F(TablesTest, AReaderKeepsItsVersion) {
  const EntryId id = Make("labels");
  ASSERT_TRUE(Append(id, 1).ok());
  auto before = Open(id);
  ASSERT_TRUE(Write(id, WriteMode::kOverwrite, Rows(kSchema, {"[5, 6]", R"(["x", "y"])"})).ok());
  ASSERT_TRUE(catalog_->DeleteEntry(id).ok());
  EXPECT_TRUE(ReadAll(*before->data)->Equals(*Rows(kSchema, {"[1]", R"(["x"])"})));
  EXPECT_EQ(CountFiles(directory()), 1u) << "only what is read is kept";
  before.reset();
  EXPECT_EQ(CountFiles(directory()), 0u);
}

TEST_F(TablesTest, ManySmallAppendsBecomeFewFiles) {
  const EntryId id = Make("labels");
  for (int64_t i = 0; i < 100; ++i) ASSERT_TRUE(Append(id, i).ok());
  EXPECT_LT(Open(id)->data->files.size(), 32u);
  EXPECT_EQ(CountFiles(directory()), Open(id)->data->files.size());
  const auto all = ReadAll(*Open(id)->data);
  ASSERT_EQ(all->num_rows(), 100);
  for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(static_cast<const arrow::Int64Array&>(*all->column(0)).Value(i), i);
}

TEST_F(TablesTest, ConcurrentWritersLoseNothing) {
  const EntryId id = Make("labels");
  std::vector<std::thread> writers;
  for (int64_t writer = 0; writer < 8; ++writer) {
    writers.emplace_back([&, writer] {
      for (int64_t i = 0; i < 10; ++i) EXPECT_TRUE(Append(id, 100 * writer + i).ok());
      EXPECT_TRUE(Write(id, WriteMode::kUpsert, Rows(kSchema, {"[" + std::to_string(100 * writer) + "]", R"(["new"])"})).ok());
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(CountRows(id), 80);
  EXPECT_EQ(CountFiles(directory()), Open(id)->data->files.size());
}

TEST_F(TablesTest, OverwritingChangesTheColumnsAndAbortsWhoCountedOnThem) {
  const EntryId id = Make("labels");
  const auto late = catalog_->tables().Write(id, WriteMode::kAppend).ValueOrDie();
  ASSERT_TRUE(late->Write(*Rows(kSchema, {"[1]", R"(["x"])"})).ok());
  const auto other = arrow::schema({arrow::field("z", arrow::int8())});
  ASSERT_TRUE(Write(id, WriteMode::kOverwrite, Rows(other, {"[1]"})).ok());
  EXPECT_EQ(CodeOf(late->Finish()), Code::kAborted);
  Reopen();
  EXPECT_TRUE(Open(id)->data->schema->field(0)->Equals(*other->field(0)));
  EXPECT_EQ(Open(id)->data->schema->num_fields(), 1);
}

TEST_F(TablesTest, OverwritingTheSameColumnsKeepsTheirMetadata) {
  const EntryId id = Make("labels");
  const auto bare = arrow::schema({arrow::field("k", arrow::int64()), arrow::field("v", arrow::utf8_view())});
  ASSERT_TRUE(Write(id, WriteMode::kOverwrite, Rows(bare, {"[1]", R"(["x"])"})).ok());
  EXPECT_TRUE(Open(id)->data->schema->Equals(*kSchema, /*check_metadata=*/true));
}

TEST_F(TablesTest, AWriteToADeletedTableFails) {
  const EntryId id = Make("labels");
  const auto writer = catalog_->tables().Write(id, WriteMode::kAppend).ValueOrDie();
  ASSERT_TRUE(writer->Write(*Rows(kSchema, {"[1]", R"(["x"])"})).ok());
  ASSERT_TRUE(catalog_->DeleteEntry(id).ok());
  const auto status = writer->Finish();
  EXPECT_EQ(CodeOf(status), Code::kNotFound) << status;
  EXPECT_EQ(CountFiles(directory()), 0u);
  EXPECT_EQ(CodeOf(catalog_->tables().Open(id).status()), Code::kNotFound);
  EXPECT_EQ(CodeOf(catalog_->tables().Open(MakeDataset("robots")).status()), Code::kNotFound);
}

TEST_F(TablesTest, BlueprintsOfATable) {
  const EntryId id = Make("labels");
  const EntryId own = *catalog_->tables().Read(id).ValueOrDie().details.blueprint_dataset;
  const TableDetails segment{.blueprint_dataset = std::nullopt, .default_blueprint_segment = "b"};
  EXPECT_FALSE(catalog_->tables().UpdateDetails(id, {}).ValueOrDie().details.blueprint_dataset);
  EXPECT_EQ(catalog_->tables().UpdateDetails(id, segment).ValueOrDie().details.blueprint_dataset, own) << "filled in";
  ASSERT_TRUE(catalog_->DeleteEntry(own).ok());
  EXPECT_FALSE(catalog_->tables().Read(id).ValueOrDie().details.default_blueprint_segment);
  const auto again = catalog_->tables().UpdateDetails(id, segment).ValueOrDie().details;
  EXPECT_EQ(catalog_->ReadDataset(again.blueprint_dataset.value()).ValueOrDie().entry.kind, EntryKind::kBlueprintDataset);
  EXPECT_EQ(again.default_blueprint_segment, "b");
  const TableDetails wrong{.blueprint_dataset = id, .default_blueprint_segment = std::nullopt};
  EXPECT_EQ(CodeOf(catalog_->tables().UpdateDetails(id, wrong).status()), Code::kInvalidArgument);
}

TEST_F(TablesTest, TheSystemTableIsNoTableOfUsers) {
  const EntryId id = catalog_->tables().IdByName("__entries").ValueOrDie();
  EXPECT_TRUE(catalog_->tables().Read(id).ValueOrDie().system);
  EXPECT_EQ(CodeOf(catalog_->tables().Open(id).status()), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOf(catalog_->tables().UpdateDetails(id, {}).status()), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOf(catalog_->tables().Write(id, WriteMode::kAppend).status()), Code::kFailedPrecondition);
}

}  // namespace
}  // namespace mutoscope::catalog
