// What a scan promises, and what files on the disk do to it.
#include "tables/scan.h"

#include "arrow/array/builder_binary.h"
#include "arrow/io/file.h"
#include "base/status.h"
#include "parquet/arrow/writer.h"
#include "tables/testing/rows.h"

namespace mutoscope::tables {
namespace {

namespace compute = arrow::compute;
using base::Code;
using base::CodeOf;
using testing::ReadAll;
using testing::Rows;
using testing::WriteFile;

class Scans : public ::testing::Test {
 protected:
  Scans() {
    table_.schema = arrow::schema({arrow::field("k", arrow::int64()), arrow::field("v", arrow::utf8_view())});
    table_.files = {WriteFile(directory_, {Rows(table_.schema, {"[1, 2]", R"(["a", "b"])"})}),
                    WriteFile(directory_, {Rows(table_.schema, {"[3, null]", R"(["c", "d"])"})})};
  }
  std::shared_ptr<arrow::RecordBatch> Expect(const std::vector<std::string>& names, const std::vector<std::string>& columns) {
    arrow::FieldVector fields;
    for (const auto& name : names) fields.push_back(table_.schema->GetFieldByName(name));
    return Rows(arrow::schema(fields), columns);
  }

  storage::testing::TempDir directory_;
  TableData table_;
};

TEST_F(Scans, GiveAllRowsInOrder) {
  EXPECT_TRUE(ReadAll(table_)->Equals(*Expect({"k", "v"}, {"[1, 2, 3, null]", R"(["a", "b", "c", "d"])"})));
}

TEST_F(Scans, GiveTheNamedColumnsInTheirOrder) {
  ScanOptions options;
  options.columns = {"v", "k"};
  options.limit = 3;
  EXPECT_TRUE(ReadAll(table_, options)->Equals(*Expect({"v", "k"}, {R"(["a", "b", "c"])", "[1, 2, 3]"})));
  options.columns = std::vector<std::string>();
  EXPECT_EQ(ReadAll(table_, options)->num_rows(), 3);
}

TEST_F(Scans, FilterByColumnsThatAreNotAskedFor) {
  ScanOptions options;
  options.columns = {"v"};
  options.filter = compute::greater(compute::field_ref("k"), compute::literal(int64_t{1}));
  EXPECT_TRUE(ReadAll(table_, options)->Equals(*Expect({"v"}, {R"(["b", "c"])"}))) << "a null is no match";
  options.limit = 1;
  EXPECT_TRUE(ReadAll(table_, options)->Equals(*Expect({"v"}, {R"(["b"])"})));
  options.filter = compute::literal(false);
  EXPECT_EQ(ReadAll(table_, options)->num_rows(), 0);
}

TEST_F(Scans, RefuseWhatDoesNotFit) {
  const auto refused = [&](const ScanOptions& options) {
    return CodeOf(Scan::Open(std::make_shared<TableData>(table_), options).status()) == Code::kInvalidArgument;
  };
  ScanOptions unknown, twice, filter, number, limit;
  unknown.columns = {"x"};
  twice.columns = {"k", "k"};
  filter.filter = compute::equal(compute::field_ref("x"), compute::literal(1));
  number.filter = compute::field_ref("k");
  limit.limit = -1;
  for (const auto& options : {unknown, twice, filter, number, limit}) EXPECT_TRUE(refused(options));
}

TEST_F(Scans, CutBatchesToSize) {
  const auto schema = arrow::schema({arrow::field("b", arrow::binary())});
  arrow::BinaryBuilder builder;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(builder.Append(std::string(100'000, static_cast<char>(i))).ok());
  const auto batch = arrow::RecordBatch::Make(schema, 100, {builder.Finish().ValueOrDie()});
  ScanOptions options;
  options.batch_bytes_max = 500'000;
  const auto table = std::make_shared<TableData>(TableData{schema, {WriteFile(directory_, {batch})}});
  auto scan = Scan::Open(table, options).ValueOrDie();
  int64_t rows = 0;
  while (const auto part = scan->Next().ValueOrDie()) {
    EXPECT_LE(part->num_rows(), 5);
    EXPECT_TRUE(part->Equals(*batch->Slice(rows, part->num_rows())));
    rows += part->num_rows();
  }
  EXPECT_EQ(rows, 100);
}

TEST_F(Scans, NameADamagedFile) {
  const std::string path = table_.files[1]->info.path;
  const std::string bytes = storage::testing::ReadFile(path);
  const auto status_of = [&] {
    auto scan = Scan::Open(std::make_shared<TableData>(table_)).ValueOrDie();
    for (;;) {
      const auto batch = scan->Next();
      if (!batch.ok() || *batch == nullptr) return batch.status();
    }
  };
  directory_.Write(std::filesystem::path(path).filename().string(), bytes.substr(0, bytes.size() / 2));
  EXPECT_EQ(CodeOf(status_of()), Code::kDataLoss);
  EXPECT_NE(status_of().message().find(path), std::string::npos);
  directory_.Write(std::filesystem::path(path).filename().string(), std::string(bytes.size(), 'x'));
  EXPECT_EQ(CodeOf(status_of()), Code::kDataLoss);
  EXPECT_NE(status_of().message().find(path), std::string::npos);
  std::filesystem::remove(path);
  EXPECT_EQ(CodeOf(status_of()), Code::kNotFound);
}

TEST_F(Scans, DropFilesWithTheirLastReader) {
  const std::string path = table_.files[0]->info.path;
  auto scan = Scan::Open(std::make_shared<TableData>(table_)).ValueOrDie();
  table_.files[0]->dropped = true;
  table_.files.clear();
  EXPECT_TRUE(std::filesystem::exists(path)) << "a scan needs it";
  EXPECT_EQ(scan->Next().ValueOrDie()->num_rows(), 2);
  scan.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Scans, AnUnfinishedFileLeavesNothing) {
  const size_t before = testing::CountFiles(directory_.path());
  {
    auto writer = FileWriter::Create(directory_ / "new/x.parquet", table_.schema).ValueOrDie();
    ASSERT_TRUE(writer->Write(*Rows(table_.schema, {"[1]", R"(["a"])"})).ok());
  }
  EXPECT_EQ(testing::CountFiles(directory_.path()), before);
}

}  // namespace
}  // namespace mutoscope::tables
