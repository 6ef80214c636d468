#include "redap/scan_parameters.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "arrow/compute/initialize.h"
#include "arrow/json/from_string.h"
#include "arrow/type.h"
#include "base/status.h"

namespace mutoscope::redap {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

const auto kSchema = arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("bytes", arrow::uint64())});

Batch Rows(const std::string& json, const std::shared_ptr<arrow::Schema>& schema = kSchema) {
  const auto rows = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), json).ValueOrDie();
  return arrow::RecordBatch::FromStructArray(rows).ValueOrDie();
}

arrow::Result<Batch> Apply(const std::string& text) {
  EXPECT_TRUE(arrow::compute::Initialize().ok());
  rerun::common::v1alpha1::ScanParameters scan;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &scan)) << text;
  return ApplyScanParameters(scan, Rows(R"([["a", 3], ["b", null], ["c", 1], ["d", 2]])"));
}

TEST(ScanParameters, Apply) {
  const auto ids = arrow::schema({kSchema->field(0)});
  const auto turned = arrow::schema({kSchema->field(1), kSchema->field(0)});
  const std::tuple<const char*, const char*, std::shared_ptr<arrow::Schema>> kCases[] = {
      {"", R"([["a", 3], ["b", null], ["c", 1], ["d", 2]])", kSchema},
      {"filter: 'bytes >= 2'", R"([["a", 3], ["d", 2]])", kSchema},
      {"filter: 'TRUE'", R"([["a", 3], ["b", null], ["c", 1], ["d", 2]])", kSchema},
      {"filter: 'bytes > 99'", "[]", kSchema},
      {"order_by { column_name: 'bytes' }", R"([["b", null], ["c", 1], ["d", 2], ["a", 3]])", kSchema},
      {"order_by { column_name: 'bytes' descending: true nulls_last: true }", R"([["a", 3], ["d", 2], ["c", 1], ["b", null]])",
       kSchema},
      {"limit_offset: 1 limit_len: 2", R"([["b", null], ["c", 1]])", kSchema},
      {"limit_offset: 9", "[]", kSchema},
      {"columns: 'bytes' columns: 'id' limit_len: 1", R"([[3, "a"]])", turned},
      {"columns: 'id' columns: 'nothing' on_missing_columns: IF_MISSING_BEHAVIOR_SKIP limit_len: 1", R"([["a"]])", ids},
      {"columns: 'id' filter: 'bytes IS NOT NULL' order_by { column_name: 'bytes' } limit_len: 1", R"([["c"]])", ids},
  };
  for (const auto& [text, rows, schema] : kCases) {
    const auto got = Apply(text);
    ASSERT_TRUE(got.ok()) << text << ": " << got.status();
    EXPECT_TRUE((*got)->Equals(*Rows(rows, schema))) << text << ": " << (*got)->ToString();
  }
}

TEST(ScanParameters, Refuse) {
  const std::pair<const char*, const char*> kCases[] = {
      {"filter: 'bytes >'", "character 8"},
      {"filter: 'missing = 1'", "missing"},
      {"filter: 'bytes'", "comparison"},
      {"order_by { column_name: 'missing' }", "missing"},
      {"limit_len: -1", "-1"},
      {"limit_offset: -2", "-2"},
      {"columns: 'missing' on_missing_columns: IF_MISSING_BEHAVIOR_ERROR", "missing"},
      {"columns: 'id' columns: 'id'", "twice"},
  };
  for (const auto& [text, word] : kCases) {
    const auto status = Apply(text).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument) << text << ": " << status;
    EXPECT_NE(status.message().find(word), std::string::npos) << text << ": " << status.message();
  }
}

}  // namespace
}  // namespace mutoscope::redap
