// Scans of tables: columns, filters and limits are applied to what arrives.
#include "native/table_reader.h"

#include <gtest/gtest.h>

#include "arrow/api.h"
#include "arrow/compute/expression.h"
#include "arrow/json/from_string.h"
#include "base/status.h"
#include "redap/convert.h"

namespace mutoscope::native {
namespace {

namespace cp = arrow::compute;
namespace cloud = rerun::cloud::v1alpha1;

const auto kSchema = arrow::schema({arrow::field("k", arrow::int64()), arrow::field("v", arrow::utf8())});

std::shared_ptr<arrow::RecordBatch> Batch(const std::string& json, const std::shared_ptr<arrow::Schema>& schema = kSchema) {
  const auto rows = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), json).ValueOrDie();
  return arrow::RecordBatch::FromStructArray(rows).ValueOrDie();
}

// What a server sends.
class Messages final : public MessageStream {
 public:
  explicit Messages(arrow::RecordBatchVector batches) : batches_(std::move(batches)) {}
  arrow::Result<std::optional<Pieces>> Next() override {
    if (next_ == batches_.size()) return std::nullopt;
    cloud::ScanTableResponse response;
    ARROW_ASSIGN_OR_RAISE(*response.mutable_dataframe_part(), redap::ToProto(*batches_[next_++]));
    return Pieces{arrow::Buffer::FromString(response.SerializeAsString())};
  }
  Metadata TrailingMetadata() const override { return {}; }
  void Cancel() override {}

 private:
  const arrow::RecordBatchVector batches_;
  size_t next_ = 0;
};

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> Scan(const TableScan& scan, arrow::RecordBatchVector batches) {
  ARROW_ASSIGN_OR_RAISE(auto plan, PlanTableScan(kSchema, scan));
  return MakeTableReader(nullptr, std::make_unique<Messages>(std::move(batches)), std::move(plan));
}

std::string Read(const TableScan& scan) {
  const arrow::RecordBatchVector batches = {Batch(R"([[1, "a"], [2, "b"]])"), Batch("[]"), Batch(R"([[3, null], [null, "d"]])")};
  std::string text;
  const auto table = Scan(scan, batches).ValueOrDie()->ToTable().ValueOrDie();
  for (int64_t row = 0; row < table->num_rows(); ++row) {
    for (const auto& column : table->columns()) text += column->GetScalar(row).ValueOrDie()->ToString() + " ";
    text += "/ ";
  }
  return table->num_columns() == 0 ? std::to_string(table->num_rows()) : text;
}

TEST(TableReader, AppliesTheScan) {
  const auto large = cp::greater(cp::field_ref("k"), cp::literal(int64_t{1}));
  EXPECT_EQ(Read({}), "1 a / 2 b / 3 null / null d / ");
  EXPECT_EQ(Read({.columns = {{"v", "k"}}}), "a 1 / b 2 / null 3 / d null / ");
  EXPECT_EQ(Read({.columns = {{"v"}}, .filter = large}), "b / null / ");
  EXPECT_EQ(Read({.filter = cp::literal(false)}), "");
  EXPECT_EQ(Read({.limit = 3}), "1 a / 2 b / 3 null / ");
  EXPECT_EQ(Read({.columns = {{"k"}}, .filter = large, .limit = 1}), "2 / ");
  EXPECT_EQ(Read({.limit = 0}), "");
  EXPECT_EQ(Read({.columns = std::vector<std::string>(), .filter = large}), "2");
}

TEST(TableReader, RefusesWhatDoesNotFit) {
  for (const TableScan& scan :
       {TableScan{.columns = {{"nope"}}}, TableScan{.filter = cp::field_ref("nope")}, TableScan{.filter = cp::field_ref("k")},
        TableScan{.filter = cp::equal(cp::field_ref("k"), cp::literal("x"))}, TableScan{.limit = -1}}) {
    const auto status = PlanTableScan(kSchema, scan).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument) << status;
  }
}

TEST(TableReader, RowsOfAnotherTypeAreAnError) {
  const auto other = arrow::schema({arrow::field("k", arrow::utf8()), arrow::field("v", arrow::utf8())});
  const auto status = Scan({}, {Batch(R"([["1", "a"]])", other)}).ValueOrDie()->ToTable().status();
  EXPECT_EQ(base::CodeOf(status), base::Code::kDataLoss);
  EXPECT_NE(status.message().find("column 'k' is string"), std::string::npos) << status;
}

TEST(TableReader, AClosedScanEnds) {
  const auto reader = Scan({}, {Batch(R"([[1, "a"]])")}).ValueOrDie();
  ASSERT_TRUE(reader->Close().ok());
  EXPECT_EQ(base::CodeOf(reader->Next().status()), base::Code::kCancelled);
}

}  // namespace
}  // namespace mutoscope::native
