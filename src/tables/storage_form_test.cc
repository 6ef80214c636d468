// Values of every Arrow type come back from a file as what they were.
#include "tables/storage_form.h"

#include "arrow/builder.h"
#include "arrow/compute/api_vector.h"
#include "arrow/compute/initialize.h"
#include "arrow/extension/uuid.h"
#include "arrow/util/decimal.h"
#include "base/status.h"
#include "tables/testing/rows.h"

namespace mutoscope::tables {
namespace {

using testing::ReadAll;
using testing::Rows;
using testing::WriteFile;

struct TypeCase {
  std::shared_ptr<arrow::DataType> type;
  std::string json;
};

std::vector<TypeCase> Cases() {
  using namespace arrow;  // NOLINT: type factories
  const std::string numbers = "[1, null, 3, 1]", texts = R"(["a", null, "", "a long text that does not fit into a view"])";
  const std::string lists = "[[1, 2], null, [], [3, null]]";
  std::vector<TypeCase> cases;
  for (const auto& type : {int8(),
                           uint8(),
                           int16(),
                           uint16(),
                           int32(),
                           uint32(),
                           int64(),
                           uint64(),
                           float16(),
                           float32(),
                           float64(),
                           date32(),
                           time32(TimeUnit::SECOND),
                           time32(TimeUnit::MILLI),
                           time64(TimeUnit::MICRO),
                           time64(TimeUnit::NANO),
                           duration(TimeUnit::SECOND),
                           duration(TimeUnit::NANO),
                           month_interval(),
                           timestamp(TimeUnit::SECOND),
                           timestamp(TimeUnit::MILLI),
                           timestamp(TimeUnit::MICRO, "Europe/Berlin"),
                           timestamp(TimeUnit::NANO, "UTC")}) {
    cases.push_back({type, numbers});
  }
  cases.push_back({date64(), "[86400000, null, 0, -86400000]"});
  cases.push_back({null(), "[null, null, null, null]"});
  cases.push_back({boolean(), "[true, null, false, true]"});
  for (const auto& type : {utf8(), binary(), large_utf8(), large_binary(), utf8_view(), binary_view()})
    cases.push_back({type, texts});
  cases.push_back({fixed_size_binary(2), R"(["ab", null, "cd", "ef"])"});
  cases.push_back({fixed_size_binary(0), R"(["", null, "", ""])"});
  for (const auto& type : {decimal32(5, 2), decimal64(12, 2), decimal128(20, 2), decimal256(50, 2)}) {
    cases.push_back({type, R"(["1.25", null, "-3.00", "0.01"])"});
  }
  cases.push_back({day_time_interval(), "[[1, -100], null, [0, 0], [5, 6]]"});
  cases.push_back({month_day_nano_interval(), "[[1, 2, 3], null, [0, 0, 0], [-1, -2, -3]]"});
  for (const auto& type : {list(int32()), large_list(int32()), list_view(int32()), large_list_view(int32())})
    cases.push_back({type, lists});
  cases.push_back({fixed_size_list(int32(), 2), "[[1, 2], null, [null, 4], [5, 6]]"});
  cases.push_back({fixed_size_list(int32(), 0), "[[], null, [], []]"});
  cases.push_back({list(field("other", utf8_view(), false)), R"([["x"], null, [], ["y", "z"]])"});
  cases.push_back({list(list_view(fixed_size_list(int8(), 1))), "[[[[1]], null], null, [], [[], [[2], null]]]"});
  cases.push_back({map(utf8(), int32()), R"([[["a", 1]], null, [], [["b", null], ["c", 3]]])"});
  cases.push_back({map(utf8_view(), list_view(int8())), R"([[["a", [1]]], null, [], [["b", null], ["c", []]]])"});
  cases.push_back({struct_({field("a", int8()), field("b", utf8_view())}), R"([[1, "x"], null, [null, null], [2, "y"]])"});
  cases.push_back({struct_(FieldVector{}), "[{}, null, {}, {}]"});
  cases.push_back({struct_({field("x", int8()), field("x", utf8())}), R"([[1, "x"], null, [null, null], [2, "y"]])"});
  cases.push_back({list(struct_({field("e", struct_(FieldVector{}))})), R"([[{"e": {}}], null, [], [{"e": null}, null]])"});
  const FieldVector options = {field("i", int32()), field("s", utf8())};
  for (const auto& type : {sparse_union(options, {5, 9}), dense_union(options, {5, 9})}) {
    cases.push_back({type, R"([[5, 1], [9, "x"], [5, null], [9, ""]])"});
    cases.push_back({struct_({field("u", type)}), R"([[[5, 1]], [[9, "x"]], [[5, null]], [[9, ""]]])"});
  }
  return cases;
}

// Through a file, with an empty and a sliced batch beside.
std::shared_ptr<arrow::RecordBatch> Stored(const std::shared_ptr<arrow::RecordBatch>& batch) {
  const storage::testing::TempDir directory;
  return ReadAll({batch->schema(), {WriteFile(directory, {batch->Slice(0, 1), batch->Slice(2, 0), batch->Slice(1)})}});
}

TEST(StorageForm, EveryTypeComesBack) {
  for (const auto& [type, json] : Cases()) {
    SCOPED_TRACE(type->ToString());
    const auto schema = arrow::schema({arrow::field("x", type)});
    const auto batch = Rows(schema, {json});
    const auto back = Stored(batch);
    ASSERT_TRUE(back->schema()->Equals(*schema, true)) << back->schema()->ToString();
    ASSERT_TRUE(back->ValidateFull().ok()) << back->ValidateFull().ToString();
    EXPECT_TRUE(back->Equals(*batch)) << back->ToString();
  }
}

// A dictionary, or a list of them, as plain values.
std::shared_ptr<arrow::Array> Decoded(const std::shared_ptr<arrow::Array>& array) {
  if (array->type_id() == arrow::Type::DICTIONARY) {
    const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
    return arrow::compute::Take(*dictionary.dictionary(), *dictionary.indices()).ValueOrDie();
  }
  const auto& list = static_cast<const arrow::ListArray&>(*array);
  const auto values = Decoded(list.values());
  return std::make_shared<arrow::ListArray>(arrow::list(values->type()), list.length(), list.value_offsets(), values,
                                            list.null_bitmap(), list.null_count(), list.offset());
}

TEST(StorageForm, DictionariesComeBackWithTheirValues) {
  ASSERT_TRUE(arrow::compute::Initialize().ok());
  for (const auto& index : {arrow::int8(), arrow::uint16(), arrow::int32(), arrow::int64()}) {
    for (const auto& value : {arrow::utf8(), arrow::large_utf8()}) {
      for (const bool ordered : {false, true}) {
        const auto type = arrow::dictionary(index, value, ordered);
        SCOPED_TRACE(type->ToString());
        const auto column =
            arrow::json::DictArrayFromJSONString(type, "[2, null, 0, 2]", R"(["low", "middle", "high"])").ValueOrDie();
        const auto schema = arrow::schema({arrow::field("x", type), arrow::field("l", arrow::list(type))});
        const auto list =
            arrow::ListArray::FromArrays(
                arrow::list(type), *arrow::json::ArrayFromJSONString(arrow::int32(), "[0, 1, 1, 3, 4]").ValueOrDie(), *column)
                .ValueOrDie();
        const storage::testing::TempDir directory;
        const auto batch = arrow::RecordBatch::Make(schema, 4, {column, list});
        const auto back = ReadAll({schema, {WriteFile(directory, {batch})}});
        ASSERT_TRUE(back->schema()->Equals(*schema, true));
        ASSERT_TRUE(back->ValidateFull().ok());
        for (int i = 0; i < 2; ++i) EXPECT_TRUE(Decoded(back->column(i))->Equals(Decoded(batch->column(i)))) << back->ToString();
        if (!ordered) continue;
        const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*back->column(0));
        EXPECT_GT(dictionary.GetValueIndex(0), dictionary.GetValueIndex(2)) << "the order of the values is lost";
      }
    }
  }
}

TEST(StorageForm, MoreValuesThanADictionaryCanHoldComeInMoreBatches) {
  ASSERT_TRUE(arrow::compute::Initialize().ok());
  const auto type = arrow::dictionary(arrow::int8(), arrow::utf8());
  const auto schema = arrow::schema({arrow::field("x", type)});
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (int batch = 0; batch < 4; ++batch) {
    std::string indices, values;
    for (int i = 0; i < 100; ++i) {
      indices += (i > 0 ? "," : "") + std::to_string(i);
      values += (i > 0 ? ",\"" : "\"") + std::to_string(100 * batch + i) + "\"";
    }
    const auto column = arrow::json::DictArrayFromJSONString(type, "[" + indices + "]", "[" + values + "]").ValueOrDie();
    batches.push_back(arrow::RecordBatch::Make(schema, 100, {column}));
  }
  const storage::testing::TempDir directory;
  auto scan = Scan::Open(std::make_shared<TableData>(TableData{schema, {WriteFile(directory, batches)}})).ValueOrDie();
  int64_t row = 0;
  while (const auto batch = scan->Next().ValueOrDie()) {
    ASSERT_TRUE(batch->ValidateFull().ok());
    for (int64_t i = 0; i < batch->num_rows(); ++i, ++row) {
      const auto scalar = std::static_pointer_cast<arrow::DictionaryScalar>(batch->column(0)->GetScalar(i).ValueOrDie());
      ASSERT_EQ(scalar->GetEncodedValue().ValueOrDie()->ToString(), std::to_string(row));
    }
  }
  EXPECT_EQ(row, 400);
}

TEST(StorageForm, RunsComeBack) {
  const auto type = arrow::run_end_encoded(arrow::int16(), arrow::utf8());
  const auto runs =
      arrow::RunEndEncodedArray::Make(type, 7, arrow::json::ArrayFromJSONString(arrow::int16(), "[2, 3, 7]").ValueOrDie(),
                                      arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["a", null, "b"])").ValueOrDie())
          .ValueOrDie();
  const auto schema = arrow::schema({arrow::field("x", type)});
  const storage::testing::TempDir directory;
  const auto batch = arrow::RecordBatch::Make(schema, 7, {runs});
  auto scan = Scan::Open(std::make_shared<TableData>(TableData{schema, {WriteFile(directory, {batch->Slice(1)})}})).ValueOrDie();
  const auto back = scan->Next().ValueOrDie();
  ASSERT_TRUE(back->ValidateFull().ok());
  EXPECT_TRUE(back->Equals(*batch->Slice(1))) << back->ToString();
  EXPECT_EQ(std::static_pointer_cast<arrow::RunEndEncodedArray>(back->column(0))->values()->length(), 3);
}

TEST(StorageForm, ExtensionTypesComeBack) {
  const auto type = arrow::extension::uuid();
  const auto storage =
      arrow::json::ArrayFromJSONString(arrow::fixed_size_binary(16), R"(["0123456789abcdef", null])").ValueOrDie();
  const auto schema = arrow::schema({arrow::field("x", type)});
  const auto batch = arrow::RecordBatch::Make(schema, 2, {arrow::ExtensionType::WrapArray(type, storage)});
  const auto back = Stored(batch);
  EXPECT_TRUE(back->Equals(*batch, true));
}

TEST(StorageForm, DecimalsOfAnyScaleComeBack) {
  const auto type = arrow::decimal128(5, -2);
  arrow::Decimal128Builder builder(type);
  ASSERT_TRUE(builder.Append(arrow::Decimal128(123)).ok() && builder.AppendNull().ok());
  const auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("x", type)}), 2, {builder.Finish().ValueOrDie()});
  EXPECT_TRUE(Stored(batch)->Equals(*batch));
}

TEST(StorageForm, NullListsThatCoverValuesLoseThem) {
  // Row 1 is null, but its offsets cover a value: legal in Arrow, unknown to Parquet.
  const auto offsets = arrow::json::ArrayFromJSONString(arrow::int32(), "[0, 1, 2, 3]").ValueOrDie();
  const auto values = arrow::json::ArrayFromJSONString(arrow::int32(), "[1, 2, 3]").ValueOrDie();
  const auto validity = arrow::AllocateBitmap(3).ValueOrDie();
  validity->mutable_data()[0] = 0b101;
  const auto list =
      std::make_shared<arrow::ListArray>(arrow::list(arrow::int32()), 3, offsets->data()->buffers[1], values, validity);
  const auto schema = arrow::schema({arrow::field("x", list->type())});
  const auto back = Stored(arrow::RecordBatch::Make(schema, 3, {list}));
  EXPECT_TRUE(back->Equals(*Rows(schema, {"[[1], null, [3]]"}))) << back->ToString();
}

}  // namespace
}  // namespace mutoscope::tables
