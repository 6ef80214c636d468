// Rows become messages of a bounded size, none lost, in order.
#include "native/table_write.h"

#include <gtest/gtest.h>

#include "arrow/api.h"
#include "redap/convert.h"

namespace mutoscope::native {
namespace {

namespace cloud = rerun::cloud::v1alpha1;

const auto kSchema = arrow::schema({arrow::field("k", arrow::int64()), arrow::field("text", arrow::utf8())});

std::shared_ptr<arrow::RecordBatch> Batch(int64_t first, int64_t rows, size_t text_bytes) {
  arrow::Int64Builder keys;
  arrow::StringBuilder texts;
  for (int64_t row = first; row < first + rows; ++row) {
    EXPECT_TRUE(keys.Append(row).ok());
    EXPECT_TRUE(texts.Append(std::string(text_bytes, static_cast<char>('a' + row % 26))).ok());
  }
  return arrow::RecordBatch::Make(kSchema, rows, {keys.Finish().ValueOrDie(), texts.Finish().ValueOrDie()});
}

struct Written {
  std::vector<cloud::TableInsertMode> modes;
  std::vector<int64_t> rows;
  std::shared_ptr<arrow::Table> table;
};

Written Write(arrow::RecordBatchVector batches, TableWrite how) {
  auto reader = arrow::RecordBatchReader::Make(std::move(batches), kSchema).ValueOrDie();
  const auto next = WriteTableRequests(*reader, how);
  Written written;
  arrow::RecordBatchVector received;
  for (auto message = next().ValueOrDie(); message; message = next().ValueOrDie()) {
    EXPECT_LE(message->size(), size_t{2 * kWriteTableMessageBytes});
    cloud::WriteTableRequest request;
    EXPECT_TRUE(request.ParseFromString(*message));
    received.push_back(redap::FromProto(request.dataframe_part()).ValueOrDie());
    written.modes.push_back(request.insert_mode());
    written.rows.push_back(received.back()->num_rows());
  }
  written.table = arrow::Table::FromRecordBatches(kSchema, received).ValueOrDie();
  return written;
}

TEST(TableWrite, NoRowsAreAMessageThatSaysWhatToDo) {
  const auto written = Write({}, TableWrite::kOverwrite);
  EXPECT_EQ(written.rows, std::vector<int64_t>{0});
  EXPECT_EQ(written.modes, std::vector{cloud::TABLE_INSERT_MODE_OVERWRITE});
  EXPECT_TRUE(written.table->schema()->Equals(*kSchema));
}

TEST(TableWrite, SmallBatchesAreJoined) {
  const auto written = Write({Batch(0, 10, 5), Batch(10, 0, 5), Batch(10, 1, 5)}, TableWrite::kUpsert);
  EXPECT_EQ(written.rows, std::vector<int64_t>{11});
  EXPECT_EQ(written.modes, std::vector{cloud::TABLE_INSERT_MODE_REPLACE});
  EXPECT_TRUE(written.table->Equals(*arrow::Table::FromRecordBatches({Batch(0, 11, 5)}).ValueOrDie()));
}

TEST(TableWrite, LargeBatchesAreCut) {
  constexpr int64_t kRows = 5000;
  const auto written = Write({Batch(0, 10, 5), Batch(10, kRows, 5000), Batch(10 + kRows, 1, 5)}, TableWrite::kAppend);
  EXPECT_GE(written.rows.size(), 3u);
  EXPECT_LE(written.rows.size(), 5u);
  EXPECT_EQ(written.table->num_rows(), kRows + 11);
  const auto keys = written.table->CombineChunks().ValueOrDie()->column(0)->chunk(0);
  for (int64_t row = 0; row < kRows + 11; ++row) ASSERT_EQ(static_cast<const arrow::Int64Array&>(*keys).Value(row), row);
}

TEST(TableWrite, ARowIsNeverCut) {
  const auto written = Write({Batch(0, 3, kWriteTableMessageBytes + 1)}, TableWrite::kAppend);
  EXPECT_EQ(written.rows, (std::vector<int64_t>{1, 1, 1}));
}

TEST(TableWrite, AnErrorOfTheRowsIsTheErrorOfTheCall) {
  int asked = 0;
  auto iterator = arrow::MakeFunctionIterator([&]() -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
    if (asked++ > 0) return arrow::Status::IOError("the rows broke");
    return Batch(0, 3, kWriteTableMessageBytes);
  });
  auto reader = arrow::RecordBatchReader::MakeFromIterator(std::move(iterator), kSchema).ValueOrDie();
  const auto next = WriteTableRequests(*reader, TableWrite::kAppend);
  for (int message = 0; message < 3; ++message) EXPECT_TRUE(next().ValueOrDie().has_value());
  EXPECT_EQ(next().status().message(), "the rows broke");
}

}  // namespace
}  // namespace mutoscope::native
