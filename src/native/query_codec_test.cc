#include "native/query_codec.h"

#include <gtest/gtest.h>

#include "arrow/compute/api_scalar.h"
#include "arrow/json/from_string.h"
#include "base/status.h"

namespace mutoscope::native {
namespace {

TEST(QueryCodecTest, RequestsComeBackAsTheyWere) {
  Request request;
  request.segments = std::vector<std::string>();
  request.contents = {{"/camera/**", "- /camera/raw"}, {}};
  request.index = "log_time";
  request.columns = std::vector<std::string>{"log_time", ""};
  request.filter = arrow::compute::equal(arrow::compute::field_ref("frame"), arrow::compute::literal(3));
  request.fill_latest_at = request.include_tombstone_columns = request.include_semantically_empty_columns = true;
  request.index_values = arrow::json::ArrayFromJSONString(arrow::timestamp(arrow::TimeUnit::MICRO), "[1, null]").ValueOrDie();
  request.segment_index_values.emplace();
  request.segment_index_values->emplace_back("run", request.index_values);
  request.limit = 0;
  const auto back = FromProto(ToProto("0123", request).ValueOrDie()).ValueOrDie();
  EXPECT_EQ(back.segments, request.segments);
  EXPECT_EQ(back.contents, request.contents);
  EXPECT_EQ(back.index, request.index);
  EXPECT_EQ(back.columns, request.columns);
  EXPECT_TRUE(back.filter.Equals(request.filter));
  EXPECT_TRUE(back.fill_latest_at && back.include_tombstone_columns && back.include_semantically_empty_columns);
  EXPECT_TRUE(back.index_values->Equals(request.index_values));
  ASSERT_EQ(back.segment_index_values->size(), 1u);
  EXPECT_TRUE(back.segment_index_values->at(0).second->Equals(request.index_values));
  EXPECT_EQ(back.limit, request.limit);
}

TEST(QueryCodecTest, AbsentIsNotEmpty) {
  const auto back = FromProto(ToProto("0123", Request()).ValueOrDie()).ValueOrDie();
  EXPECT_FALSE(back.segments || back.index || back.columns || back.segment_index_values || back.limit);
  EXPECT_EQ(back.index_values, nullptr);
  EXPECT_TRUE(back.filter.Equals(arrow::compute::literal(true)));
}

TEST(QueryCodecTest, OtherVersionsAreRefusedWithBothNamed) {
  for (const uint32_t major : {0u, 2u}) {
    v1::QueryRequest wire = ToProto("0123", Request()).ValueOrDie();
    wire.set_api_major(major);
    const auto status = FromProto(wire).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kUnimplemented);
    EXPECT_NE(status.message().find("speaks version " + std::to_string(major)), std::string::npos) << status;
    EXPECT_NE(status.message().find("speaks version 1"), std::string::npos) << status;
    EXPECT_NE(status.message().find(major == 2 ? "update the server" : "update the client"), std::string::npos) << status;
  }
}

TEST(QueryCodecTest, DamagedIndexValuesAreRefused) {
  v1::QueryRequest wire = ToProto("0123", Request()).ValueOrDie();
  for (const char* bytes : {"", "nonsense", "\xff\xff\xff\xff\x10\x00\x00"}) {
    wire.set_index_values(bytes);
    const auto status = FromProto(wire).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument);
    EXPECT_NE(status.message().find("index values"), std::string::npos) << status;
  }
}

TEST(QueryCodecTest, StatisticsComeBackAsTheyWere) {
  Statistics statistics;
  statistics.rows = 1;
  statistics.bytes_read = 2;
  statistics.payload_ns = 3;
  const auto back = FromProto(ToProto(statistics));
  EXPECT_EQ(back.rows, 1);
  EXPECT_EQ(back.bytes_read, 2);
  EXPECT_EQ(back.payload_ns, 3);
}

}  // namespace
}  // namespace mutoscope::native
