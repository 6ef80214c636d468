// Tables through every way to a catalog: inside the process, over gRPC, and over gRPC-web as forked children go.
#include "native/table_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "arrow/api.h"
#include "arrow/dataset/scanner.h"
#include "arrow/io/memory.h"
#include "arrow/json/from_string.h"
#include "base/status.h"
#include "mutoscope/error.h"
#include "native/catalog_client.h"
#include "native/remote_queries.h"
#include "native/table_write.h"
#include "native/testing/served_dataset.h"
#include "native/url.h"
#include "native/web_transport.h"

namespace mutoscope::native {
namespace {

namespace cp = arrow::compute;

const auto kSchema =
    arrow::schema({arrow::field("k", arrow::int64(), true, arrow::key_value_metadata({kTableIndexKey}, {"true"})),
                   arrow::field("v", arrow::utf8())});

class TableClientTest : public testing::ServedDatasetTest {
 protected:
  void SetUp() override {
    ServedDatasetTest::SetUp();
    const auto address = AddressOfUrl(server_->url()).ValueOrDie();
    auto transport = ConnectWeb(address, server_->url(), std::chrono::seconds(5)).ValueOrDie();
    auto queries = std::make_shared<RemoteQueries>(transport);
    catalogs_ = {{"embedded", catalog_},
                 {"grpc", remote_catalog_},
                 {"web", std::make_shared<CatalogClient>(std::move(transport), std::move(queries))}};
  }

  static std::shared_ptr<arrow::RecordBatchReader> Rows(const std::vector<std::string>& batches) {
    arrow::RecordBatchVector rows;
    for (const auto& json : batches) {
      const auto array = arrow::json::ArrayFromJSONString(arrow::struct_(kSchema->fields()), json).ValueOrDie();
      rows.push_back(arrow::RecordBatch::FromStructArray(array).ValueOrDie()->ReplaceSchemaMetadata(nullptr));
    }
    return arrow::RecordBatchReader::Make(rows, kSchema).ValueOrDie();
  }

  static std::string Content(const Table& table, const TableScan& scan = {}) {
    const auto read = table.Scan(scan).ValueOrDie()->ToTable().ValueOrDie();
    std::vector<std::string> lines;
    for (int64_t row = 0; row < read->num_rows(); ++row) {
      std::string line;
      for (const auto& column : read->columns()) line += column->GetScalar(row).ValueOrDie()->ToString() + " ";
      lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const auto& line : lines) text += line + "/ ";
    return text;
  }

  std::map<std::string, std::shared_ptr<Catalog>> catalogs_;
};

TEST_F(TableClientTest, WritesAndScans) {
  for (const auto& [name, catalog] : catalogs_) {
    SCOPED_TRACE(name);
    const auto table = catalog->CreateTable(name, *kSchema).ValueOrDie();
    EXPECT_EQ(table->entry().kind, EntryKind::kTable);
    EXPECT_EQ(Content(*table), "");
    ASSERT_TRUE(table->Write(*Rows({R"([[1, "a"]])", R"([[2, "b"]])"}), TableWrite::kAppend).ok());
    EXPECT_EQ(Content(*table), "1 a / 2 b / ");
    ASSERT_TRUE(table->Write(*Rows({R"([[2, "B"], [3, "c"]])"}), TableWrite::kUpsert).ok());
    EXPECT_EQ(Content(*table), "1 a / 2 B / 3 c / ");
    EXPECT_EQ(Content(*table, {.columns = {{"v"}}, .filter = cp::greater(cp::field_ref("k"), cp::literal(int64_t{1}))}),
              "B / c / ");
    EXPECT_EQ(table->Scan({.limit = 2}).ValueOrDie()->ToTable().ValueOrDie()->num_rows(), 2);
    ASSERT_TRUE(table->Write(*Rows({R"([[9, null]])"}), TableWrite::kOverwrite).ok());
    EXPECT_EQ(Content(*catalogs_["embedded"]->GetTable(name).ValueOrDie()), "9 null / ");
    EXPECT_TRUE(
        table->Schema().ValueOrDie()->Equals(*catalogs_["embedded"]->GetTable(name).ValueOrDie()->Schema().ValueOrDie(), true));
  }
}

TEST_F(TableClientTest, AnErrorWithinTheRowsLeavesTheTableAsItWas) {
  for (const auto& [name, catalog] : catalogs_) {
    SCOPED_TRACE(name);
    const auto table = catalog->CreateTable(name, *kSchema).ValueOrDie();
    ASSERT_TRUE(table->Write(*Rows({R"([[1, "a"]])"}), TableWrite::kAppend).ok());
    for (const auto how : {TableWrite::kAppend, TableWrite::kOverwrite, TableWrite::kUpsert}) {
      const auto large = Rows({R"([[2, ")" + std::string(kWriteTableMessageBytes, 'x') + R"("]])"});  // a message of its own
      bool first = true;
      auto broken = arrow::MakeFunctionIterator([&]() -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
        if (!std::exchange(first, false)) return arrow::Status::IOError("the rows broke");
        return large->Next();
      });
      const auto reader = arrow::RecordBatchReader::MakeFromIterator(std::move(broken), kSchema).ValueOrDie();
      EXPECT_EQ(table->Write(*reader, how).message(), "the rows broke");
      EXPECT_EQ(Content(*table), "1 a / ");
    }
  }
}

TEST_F(TableClientTest, AStreamThatGrpcWebCannotSendIsRefusedWhole) {
  const auto table = catalogs_["web"]->CreateTable("web", *kSchema).ValueOrDie();
  const std::string large = R"([[2, ")" + std::string(kWriteTableMessageBytes, 'x') + R"("]])";
  const auto status = table->Write(*Rows({large, large}), TableWrite::kAppend);
  EXPECT_EQ(ErrorCodeOf(status), ErrorCode::kUnimplemented);
  EXPECT_NE(status.message().find("forked"), std::string::npos) << status;
  EXPECT_EQ(Content(*table), "");
}

TEST_F(TableClientTest, ErrorsKeepTheirCodes) {
  for (const auto& [name, catalog] : catalogs_) {
    SCOPED_TRACE(name);
    EXPECT_EQ(ErrorCodeOf(catalog->GetTable("nowhere").status()), ErrorCode::kNotFound);
    EXPECT_EQ(ErrorCodeOf(catalog->GetTable("robots").status()), ErrorCode::kNotFound);  // a dataset
    EXPECT_EQ(ErrorCodeOf(catalog->GetTableById(embedded_->entry().id).status()), ErrorCode::kNotFound);
    EXPECT_EQ(ErrorCodeOf(catalog->CreateTable("robots", *kSchema).status()), ErrorCode::kAlreadyExists);
    const auto table = catalog->CreateTable(name, *kSchema).ValueOrDie();
    EXPECT_EQ(ErrorCodeOf(table->Scan({.columns = {{"nope"}}}).status()), ErrorCode::kInvalidArgument);
    ASSERT_TRUE(catalog->DeleteEntry(table->entry().id).ok());
    EXPECT_EQ(ErrorCodeOf(table->Scan().status()), ErrorCode::kNotFound);
    EXPECT_EQ(ErrorCodeOf(table->Write(*Rows({R"([[1, "a"]])"}), TableWrite::kAppend)), ErrorCode::kNotFound);
  }
}

TEST_F(TableClientTest, AsAnArrowDataset) {
  for (const auto& [name, catalog] : catalogs_) {
    SCOPED_TRACE(name);
    const auto table = catalog->CreateTable(name, *kSchema).ValueOrDie();
    ASSERT_TRUE(table->Write(*Rows({R"([[1, "a"], [2, "b"], [3, "c"]])"}), TableWrite::kAppend).ok());
    const auto dataset = ToArrowDataset(table).ValueOrDie();
    for (int round = 0; round < 2; ++round) {  // it can be scanned again
      arrow::dataset::ScannerBuilder builder(dataset);
      ASSERT_TRUE(builder.Filter(cp::greater(cp::field_ref("k"), cp::literal(int64_t{1}))).ok());
      ASSERT_TRUE(builder.Project({"v"}).ok());
      const auto scanner = builder.Finish().ValueOrDie();
      EXPECT_EQ(scanner->ToTable().ValueOrDie()->num_rows(), 2);
      EXPECT_EQ(scanner->CountRows().ValueOrDie(), 2);
    }
  }
}

TEST_F(TableClientTest, FilesAreStaged) {
  for (const auto& [name, catalog] : catalogs_) {
    SCOPED_TRACE(name);
    arrow::io::BufferReader content(arrow::Buffer::FromString(std::string(3 << 20, 'x')));
    const auto url = catalog->Stage(name + "/file.bin", content).ValueOrDie();
    EXPECT_TRUE(url.starts_with("file:///") && url.ends_with(name + "/file.bin")) << url;
    EXPECT_EQ(ErrorCodeOf(catalog->Stage(name + "/file.bin", content).status()), ErrorCode::kAlreadyExists);
    EXPECT_EQ(ErrorCodeOf(catalog->Stage("../file.bin", content).status()), ErrorCode::kInvalidArgument);
  }
}

TEST_F(TableClientTest, PropertiesAreChangedOnlyFromWhatTheyWere) {
  const auto values =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("property:a:b", arrow::list(arrow::utf8()))}), 1,
                               {arrow::json::ArrayFromJSONString(arrow::list(arrow::utf8()), R"([["x"]])").ValueOrDie()});
  for (const auto& [name, catalog] : catalogs_) {
    SCOPED_TRACE(name);
    const auto dataset = catalog->GetDataset("robots").ValueOrDie();
    ASSERT_TRUE(dataset->DeleteSegmentProperties({"run_0"}).ok());
    const uint64_t revision = dataset->SetSegmentProperties("run_0", *values, 0).ValueOrDie();
    EXPECT_EQ(ErrorCodeOf(dataset->SetSegmentProperties("run_0", *values, 0).status()), ErrorCode::kFailedPrecondition);
    const auto properties = dataset->GetSegmentProperties({"run_0", "run_1"}).ValueOrDie();
    ASSERT_EQ(properties.size(), 1u);
    EXPECT_EQ(properties[0].revision, revision);
    EXPECT_TRUE(properties[0].values->Equals(*values));
  }
}

}  // namespace
}  // namespace mutoscope::native
