#include "query/where.h"

#include <gtest/gtest.h>

#include "arrow/compute/api_scalar.h"
#include "arrow/compute/initialize.h"
#include "arrow/json/from_string.h"
#include "arrow/scalar.h"
#include "base/status.h"

namespace mutoscope::query {
namespace {

namespace cp = arrow::compute;

std::shared_ptr<arrow::Schema> Schema() {
  return arrow::schema(
      {arrow::field("rerun_segment_id", arrow::utf8()), arrow::field("frame", arrow::int64()),
       arrow::field("log_time", arrow::timestamp(arrow::TimeUnit::NANO)),
       arrow::field("wait", arrow::duration(arrow::TimeUnit::NANO)), arrow::field("/a:B:c", arrow::list(arrow::float64())),
       arrow::field("/a:say \"x\"", arrow::list(arrow::utf8())), arrow::field("/on", arrow::list(arrow::boolean())),
       arrow::field("/deep", arrow::list(arrow::list(arrow::uint8())))});
}

cp::Expression Int(int64_t value) { return cp::literal(value); }
cp::Expression Time(int64_t ns) {
  return cp::literal(std::make_shared<arrow::TimestampScalar>(ns, arrow::timestamp(arrow::TimeUnit::NANO)));
}
cp::Expression Wait(int64_t ns) {
  return cp::literal(std::make_shared<arrow::DurationScalar>(ns, arrow::duration(arrow::TimeUnit::NANO)));
}
cp::Expression Element(cp::Expression list, int64_t position) {
  return cp::call("list_element", {std::move(list), Int(position)});
}

const cp::Expression kFrame = cp::field_ref("frame"), kTime = cp::field_ref("log_time"), kWait = cp::field_ref("wait");
const cp::Expression kSegment = cp::field_ref("rerun_segment_id"), kList = cp::field_ref("/a:B:c");
const cp::Expression kFive = cp::equal(kFrame, Int(5)), kSix = cp::equal(kFrame, Int(6)), kSeven = cp::equal(kFrame, Int(7));

TEST(WhereTest, ConditionsBecomeExpressions) {
  const auto in = [](const char* json) {
    return cp::SetLookupOptions(arrow::json::ArrayFromJSONString(arrow::int64(), json).ValueOrDie(),
                                cp::SetLookupOptions::INCONCLUSIVE);
  };
  const struct {
    const char* text;
    cp::Expression expected;
  } kCases[] = {
      {"frame = 5", kFive},
      {"frame == 5", kFive},
      {"\"frame\"=5", kFive},
      {"5 < frame", cp::less(Int(5), kFrame)},
      {"frame != -3", cp::not_equal(kFrame, Int(-3))},
      {"frame <> 3", cp::not_equal(kFrame, Int(3))},
      {"frame >= 2.5", cp::greater_equal(kFrame, cp::literal(2.5))},
      {"frame = 5 or frame = 6 AND frame = 7", cp::or_(kFive, cp::and_(kSix, kSeven))},
      {"(frame = 5 Or frame = 6) and frame = 7", cp::and_(cp::or_(kFive, kSix), kSeven)},
      {"not frame = 5 and frame = 6", cp::and_(cp::not_(kFive), kSix)},
      {"not (frame = 5 and frame = 6)", cp::not_(cp::and_(kFive, kSix))},
      {"frame in (1, -2,null)", cp::call("is_in", {kFrame}, in("[1, -2, null]"))},
      {"frame NOT IN (1)", cp::not_(cp::call("is_in", {kFrame}, in("[1]")))},
      {"frame between 5 and 6 and frame = 7",
       cp::and_(cp::and_(cp::greater_equal(kFrame, Int(5)), cp::less_equal(kFrame, Int(6))), kSeven)},
      {"frame not between 5 and 6", cp::not_(cp::and_(cp::greater_equal(kFrame, Int(5)), cp::less_equal(kFrame, Int(6))))},
      {"\"/a:B:c\" is null", cp::is_null(kList)},
      {"\"/a:B:c\" IS NOT NULL", cp::is_valid(kList)},
      {"\"/a:B:c\"[0] > 1.5", cp::greater(Element(kList, 0), cp::literal(1.5))},
      {"\"/a:B:c\"[2] > 1", cp::greater(Element(kList, 2), cp::literal(1.0))},
      {"\"/deep\"[0][3] = 255", cp::equal(Element(Element(cp::field_ref("/deep"), 0), 3), cp::literal(uint8_t{255}))},
      {"\"/a:say \"\"x\"\"\"[0] = 'it''s'", cp::equal(Element(cp::field_ref("/a:say \"x\""), 0), cp::literal("it's"))},
      {"\"/on\"[0]", Element(cp::field_ref("/on"), 0)},
      {"\"/on\"[0] = FALSE", cp::equal(Element(cp::field_ref("/on"), 0), cp::literal(false))},
      {"rerun_segment_id = 'run_1'", cp::equal(kSegment, cp::literal("run_1"))},
      {"log_time >= '2026-01-01T00:00:00'", cp::greater_equal(kTime, Time(1'767'225'600'000'000'000))},
      {"log_time >= '2026-01-01'", cp::greater_equal(kTime, Time(1'767'225'600'000'000'000))},
      {"log_time < timestamp '2026-01-01 00:00:00.000000001'", cp::less(kTime, Time(1'767'225'600'000'000'001))},
      {"log_time = '2026-01-01T00:00:00Z'", cp::equal(kTime, Time(1'767'225'600'000'000'000))},
      {"log_time = 42", cp::equal(kTime, Time(42))},
      {"wait > 1.5s", cp::greater(kWait, Wait(1'500'000'000))},
      {"wait <= 20ms", cp::less_equal(kWait, Wait(20'000'000))},
      {"wait = -2h", cp::equal(kWait, Wait(-7'200'000'000'000))},
      {"wait = 7", cp::equal(kWait, Wait(7))},
      {"frame = null", cp::equal(kFrame, cp::literal(arrow::MakeNullScalar(arrow::int64())))},
      {"true", cp::literal(true)},
      {"frame = 5 and false", cp::and_(kFive, cp::literal(false))},
      {"frame > frame", cp::greater(kFrame, kFrame)},
  };
  for (const auto& [text, expected] : kCases) {
    const auto parsed = ParseWhere(text, *Schema());
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    EXPECT_TRUE(parsed->Equals(expected)) << text << ": " << parsed->ToString() << " instead of " << expected.ToString();
    EXPECT_TRUE(parsed->Bind(*Schema()).ok()) << text;
  }
}

TEST(WhereTest, MistakesAreNamedWithTheirPlace) {
  const struct {
    std::string text;
    const char* error;
  } kCases[] = {
      {"", "character 1: expected a column or a literal, found the end"},
      {"frame", "expected a comparison"},
      {"frame = ", "character 9: expected a column or a literal, found the end"},
      {"FRAME = 1", "there is no column 'FRAME'"},  // names keep their case
      {"nothing = 1", "character 1: there is no column 'nothing'"},
      {"frame = 5 frame", "character 11: expected AND, OR or the end, found 'frame'"},
      {"(frame = 5", "expected ')', found the end"},
      {"frame = 'x'", "'x' cannot be compared with a value of type int64"},
      {"frame = 5ms", "5ms cannot be compared"},
      {"log_time = 'yesterday'", "write it like '2026-01-31T12:00:00"},
      {"log_time = '2500-01-01'", "cannot be compared"},  // beyond 64 bits of nanoseconds
      {"wait > 5 parsecs", "character 10"},
      {"wait > 5parsecs", "'parsecs' is no unit of time"},
      {"wait > 9999999999h", "does not fit into 64 bits"},
      {"\"/a:B:c\" = 1", "\"column\"[0]"},
      {"frame[0] = 1", "'frame' has no elements"},
      {"\"/a:B:c\"[-1] = 1", "the number of an element"},
      {"\"/a:B:c[0] = 1", "the \" does not end"},
      {"frame in ()", "expected a column or a literal, found ')'"},
      {"frame in (1.5)", "can never be"},
      {"1 = 1", "one side of a comparison must be a column"},
      {"/a:B:c[0] = 1", "quote names of columns"},
      {"frame = 99999999999999999999", "no whole number of 64 bits"},
      {"frame is 5", "expected NULL, found '5'"},
      {std::string(200, '(') + "frame = 5" + std::string(200, ')'), "nested deeper than 100"},
  };
  for (const auto& [text, error] : kCases) {
    const auto status = ParseWhere(text, *Schema()).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument) << text;
    EXPECT_NE(status.message().find(error), std::string::npos) << text << ": " << status.message();
  }
}

class Environment : public ::testing::Environment {
  void SetUp() override { ASSERT_TRUE(cp::Initialize().ok()); }
};
const auto* const kEnvironment = ::testing::AddGlobalTestEnvironment(new Environment);

}  // namespace
}  // namespace mutoscope::query
