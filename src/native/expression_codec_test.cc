#include "native/expression_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/compute/api_scalar.h"
#include "arrow/compute/cast.h"
#include "arrow/compute/initialize.h"
#include "arrow/json/from_string.h"
#include "arrow/record_batch.h"
#include "arrow/scalar.h"
#include "base/status.h"

namespace mutoscope::native {
namespace {

namespace cp = arrow::compute;
using cp::call;
using cp::field_ref;
using cp::literal;

std::shared_ptr<arrow::Array> FromJson(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

cp::Expression Column() { return field_ref("/arm:Joint:angle"); }

std::vector<cp::Expression> AllowedExpressions() {
  const auto time =
      arrow::MakeScalar(arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), int64_t{1'700'000'000'123'456'789}).ValueOrDie();
  const auto values = FromJson(arrow::utf8(), R"(["a", null, "b"])");
  const auto list = std::make_shared<arrow::ListScalar>(FromJson(arrow::float64(), "[1.5, null]"));
  return {
      literal(true),
      literal(arrow::MakeNullScalar(arrow::null())),
      Column(),
      field_ref(arrow::FieldRef("outer", "inner")),
      cp::greater_equal(field_ref("log_time"), literal(time)),
      cp::and_(cp::less(Column(), literal(2.5)), cp::not_(cp::is_null(Column(), true))),
      cp::or_(cp::is_valid(Column()), cp::equal(field_ref("rerun_segment_id"), literal("run_17"))),
      call("is_in", {Column()}, cp::SetLookupOptions(values, cp::SetLookupOptions::INCONCLUSIVE)),
      call("cast", {Column()}, cp::CastOptions::Unsafe(arrow::duration(arrow::TimeUnit::NANO))),
      call("list_element", {Column(), literal(int64_t{0})}),
      call("equal", {call("list_element", {literal(list), literal(0)}), literal(1.5)}),
      call("starts_with", {Column()}, cp::MatchSubstringOptions("robot_", true)),
      call("round", {Column()}, cp::RoundOptions(2, cp::RoundMode::HALF_UP)),
      call("struct_field", {Column()}, cp::StructFieldOptions({0, 1})),
      call("max_element_wise", {Column(), literal(1)}, cp::ElementWiseAggregateOptions(false)),
      call("add_checked", {Column(), call("negate", {literal(1)})}),
  };
}

TEST(ExpressionCodecTest, WhatIsAllowedComesBackAsItWas) {
  for (const auto& expression : AllowedExpressions()) {
    const auto bytes = EncodeExpression(expression).ValueOrDie();
    const auto decoded = DecodeExpression(bytes).ValueOrDie();
    EXPECT_TRUE(decoded.Equals(expression)) << decoded.ToString() << " instead of " << expression.ToString();
  }
}

arrow::Status DecodeErrorOf(const cp::Expression& expression) {
  return DecodeExpression(cp::Serialize(expression).ValueOrDie()).status();
}

TEST(ExpressionCodecTest, WhatIsNotAllowedIsNamed) {
  const auto dictionary = arrow::DictionaryScalar::Make(arrow::MakeScalar(int8_t{0}), FromJson(arrow::utf8(), R"(["x"])"));
  const struct {
    cp::Expression expression;
    const char* text;
  } kCases[] = {
      {call("match_substring_regex", {Column()}, cp::MatchSubstringOptions("(a*)*b")), "match_substring_regex"},
      {call("binary_repeat", {Column(), literal(1 << 30)}), "binary_repeat"},
      {call("random", {}), "random"},
      // Kernels take whatever options come for their own.
      {call("is_in", {Column()}, cp::CastOptions::Safe(arrow::int8())), "'is_in' takes SetLookupOptions, not CastOptions"},
      {call("is_in", {Column()}), "needs SetLookupOptions"},
      {call("equal", {Column()}), "'equal' takes 2 arguments, not 1"},
      {call("equal", {Column(), literal(1)}, cp::NullOptions()), "'equal' takes no options"},
      {call("cast", {Column()}, cp::CastOptions::Safe(arrow::decimal128(38, 2))), "to_type"},
      {call("round", {Column()}, cp::RoundOptions(1'000'000)), "ndigits"},
      {literal(std::make_shared<arrow::DictionaryScalar>(dictionary->value, dictionary->type)), ""},
      {literal(arrow::MakeNullScalar(arrow::struct_({arrow::field("a", arrow::int8())}))), "struct"},
  };
  for (const auto& [expression, text] : kCases) {
    const auto status = DecodeErrorOf(expression);
    EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument) << expression.ToString();
    EXPECT_NE(status.message().find(text), std::string::npos) << status.message();
  }
}

TEST(ExpressionCodecTest, DepthSizeAndCountAreLimited) {
  cp::Expression deep = literal(true);
  for (int i = 0; i < 200; ++i) deep = cp::not_(std::move(deep));
  EXPECT_NE(DecodeErrorOf(deep).message().find("64 levels"), std::string::npos);

  std::vector<cp::Expression> many(5000, field_ref("a"));
  EXPECT_NE(DecodeErrorOf(call("coalesce", many)).message().find("4096 parts"), std::string::npos);

  const auto large = literal(std::string(2 << 20, 'x'));
  EXPECT_NE(DecodeErrorOf(large).message().find("at most 1048576"), std::string::npos);
}

TEST(ExpressionCodecTest, LongChainsAreBalanced) {
  cp::Expression chain = literal(false);
  for (int i = 0; i < 1000; ++i) chain = cp::or_(std::move(chain), cp::equal(field_ref("frame"), literal(i)));
  const auto bytes = EncodeExpression(chain).ValueOrDie();
  const auto decoded = DecodeExpression(bytes).ValueOrDie();
  const auto schema = arrow::schema({arrow::field("frame", arrow::int32())});
  const auto bound = decoded.Bind(*schema).ValueOrDie();
  for (const auto& [frame, expected] : {std::pair(0, true), std::pair(999, true), std::pair(1000, false)}) {
    const auto batch =
        arrow::RecordBatch::Make(schema, 1, {arrow::MakeArrayFromScalar(arrow::Int32Scalar(frame), 1).ValueOrDie()});
    const auto kept = cp::ExecuteScalarExpression(bound, cp::ExecBatch(*batch)).ValueOrDie();
    EXPECT_EQ(kept.make_array()->GetScalar(0).ValueOrDie()->Equals(arrow::BooleanScalar(expected)), true) << frame;
  }
}

TEST(ExpressionCodecTest, DamagedBytesAreRefusedOrMakeAnExpression) {
  std::mt19937 random(7);
  int refused = 0;
  for (const auto& expression : AllowedExpressions()) {
    const auto bytes = EncodeExpression(expression).ValueOrDie();
    for (int round = 0; round < 200; ++round) {
      std::string damaged = bytes->ToString();
      for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
      if (round % 10 == 0) damaged.resize(random() % damaged.size());
      const auto decoded = DecodeExpression(arrow::Buffer::FromString(damaged));
      if (decoded.ok()) continue;
      ++refused;
      EXPECT_EQ(base::CodeOf(decoded.status()), base::Code::kInvalidArgument) << decoded.status().ToString();
    }
  }
  EXPECT_GT(refused, 100);
}

class Environment : public ::testing::Environment {
  void SetUp() override { ASSERT_TRUE(cp::Initialize().ok()); }
};
const auto* const kEnvironment = ::testing::AddGlobalTestEnvironment(new Environment);

}  // namespace
}  // namespace mutoscope::native
