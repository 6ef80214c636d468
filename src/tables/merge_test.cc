// Upsert: what is replaced, added, kept and refused.
#include "tables/merge.h"

#include <algorithm>

#include "base/status.h"
#include "tables/table_schema.h"
#include "tables/testing/rows.h"

namespace mutoscope::tables {
namespace {

using base::Code;
using base::CodeOf;
using testing::KeyField;
using testing::ReadAll;
using testing::Rows;
using testing::WriteFile;

class Merges : public ::testing::Test {
 protected:
  Merges() {
    schema_ = arrow::schema(
        {KeyField("k", arrow::int64()), arrow::field("v", arrow::utf8()), arrow::field("w", arrow::list_view(arrow::int8()))});
    table_.schema = schema_;
    table_.files = {WriteFile(directory_, {Rows(schema_, {"[1, 2]", R"(["a", "b"])", "[[1], [2]]"})}),
                    WriteFile(directory_, {Rows(schema_, {"[3, null]", R"(["c", "d"])", "[[3], [4]]"})})};
  }
  arrow::Result<Merged> Merge(const std::shared_ptr<arrow::RecordBatch>& rows, bool insert = true) {
    const auto staged = WriteFile(directory_, {rows});
    staged->dropped = true;
    return tables::Merge(table_, staged, rows->schema(), insert,
                         [&] { return directory_ / (base::Tuid::New().text() + ".parquet"); });
  }
  void ExpectRows(const Merged& merged, const std::vector<std::string>& columns) {
    const auto all = ReadAll({schema_, merged.files});
    EXPECT_TRUE(all->Equals(*Rows(schema_, columns))) << all->ToString();
  }

  storage::testing::TempDir directory_;
  std::shared_ptr<arrow::Schema> schema_;
  TableData table_;
};

TEST_F(Merges, ReplaceInPlaceAndAddTheRest) {
  const auto merged = Merge(Rows(schema_, {"[9, 2]", R"(["z", "B"])", "[[9], null]"})).ValueOrDie();
  ExpectRows(merged, {"[1, 2, 3, null, 9]", R"(["a", "B", "c", "d", "z"])", "[[1], null, [3], [4], [9]]"});
  EXPECT_EQ(merged.rows_updated, 1);
  EXPECT_EQ(merged.rows_added, 1);
  EXPECT_EQ(merged.files[1], table_.files[1]) << "a file without matches is not written anew";
}

TEST_F(Merges, KeepColumnsThatAreNotGiven) {
  const auto some = arrow::schema({schema_->field(1), schema_->field(0)});
  const auto merged = Merge(Rows(some, {R"(["B", "z"])", "[2, 9]"})).ValueOrDie();
  ExpectRows(merged, {"[1, 2, 3, null, 9]", R"(["a", "B", "c", "d", "z"])", "[[1], [2], [3], [4], null]"});
}

TEST_F(Merges, UpdateOnlyAddsNothing) {
  const auto merged = Merge(Rows(schema_, {"[9, 3]", R"(["z", "C"])", "[[9], []]"}), /*insert=*/false).ValueOrDie();
  ExpectRows(merged, {"[1, 2, 3, null]", R"(["a", "b", "C", "d"])", "[[1], [2], [], [4]]"});
}

TEST_F(Merges, NullKeysMatchNothing) {
  const auto merged = Merge(Rows(schema_, {"[null]", R"(["n"])", "[null]"})).ValueOrDie();
  ExpectRows(merged, {"[1, 2, 3, null, null]", R"(["a", "b", "c", "d", "n"])", "[[1], [2], [3], [4], null]"});
}

TEST_F(Merges, RepeatedKeysMayBeAddedButNotMatch) {
  const auto added = Merge(Rows(schema_, {"[9, 9]", R"(["y", "z"])", "[null, null]"})).ValueOrDie();
  EXPECT_EQ(added.rows_added, 2);
  const size_t files = testing::CountFiles(directory_.path());
  const auto refused = Merge(Rows(schema_, {"[2, 2]", R"(["y", "z"])", "[null, null]"}));
  EXPECT_EQ(CodeOf(refused.status()), Code::kInvalidArgument);
  EXPECT_EQ(testing::CountFiles(directory_.path()), files) << "a refused merge left files behind";
}

TEST_F(Merges, ARepeatedKeyInTheTableIsUpdatedEverywhere) {
  table_.files.push_back(WriteFile(directory_, {Rows(schema_, {"[1]", R"(["again"])", "[null]"})}));
  const auto merged = Merge(Rows(schema_, {"[1]", R"(["A"])", "[[0]]"})).ValueOrDie();
  EXPECT_EQ(merged.rows_updated, 2);
}

TEST_F(Merges, KeysOfSeveralColumns) {
  schema_ = arrow::schema({KeyField("a", arrow::utf8_view()), KeyField("b", arrow::dictionary(arrow::int8(), arrow::utf8())),
                           arrow::field("v", arrow::float64())});
  const auto text = [](const char* json) { return std::string(json); };
  const auto rows = [&](const std::string& a, const std::string& indices, const std::string& v) {
    return arrow::RecordBatch::Make(
        schema_, 2,
        {arrow::json::ArrayFromJSONString(arrow::utf8_view(), a).ValueOrDie(),
         arrow::json::DictArrayFromJSONString(schema_->field(1)->type(), indices, text(R"(["b", "ab"])")).ValueOrDie(),
         arrow::json::ArrayFromJSONString(arrow::float64(), v).ValueOrDie()});
  };
  table_ = {schema_, {WriteFile(directory_, {rows(R"(["a", "ab"])", "[1, 0]", "[1, 2]")})}};  // "a"+"ab" and "ab"+"b" differ
  const auto merged = Merge(rows(R"(["ab", "a"])", "[0, 0]", "[20, 3]")).ValueOrDie();
  const auto all = ReadAll({schema_, merged.files});
  EXPECT_TRUE(all->column(2)->Equals(arrow::json::ArrayFromJSONString(arrow::float64(), "[1, 20, 3]").ValueOrDie()));
}

TEST_F(Merges, Refuse) {
  const auto no_key = arrow::schema({schema_->field(1)});
  EXPECT_EQ(CodeOf(Merge(Rows(no_key, {R"(["a"])"})).status()), Code::kInvalidArgument);
  table_ = {no_key, {}};
  EXPECT_NE(Merge(Rows(no_key, {R"(["a"])"})).status().message().find("rerun:is_table_index"), std::string::npos);
  const auto list_key = arrow::schema({KeyField("l", arrow::list(arrow::int8()))});
  table_ = {list_key, {}};
  EXPECT_NE(Merge(Rows(list_key, {"[[1]]"})).status().message().find("'l'"), std::string::npos);
  const auto strict = arrow::schema({KeyField("k", arrow::int64()), arrow::field("n", arrow::int8(), false)});
  table_ = {strict, {}};
  EXPECT_NE(Merge(Rows(arrow::schema({strict->field(0)}), {"[1]"})).status().message().find("'n'"), std::string::npos);
}

TEST_F(Merges, ConcatenateKeepsTheRows) {
  const auto info = Concatenate(*schema_, table_.files, directory_ / "all.parquet").ValueOrDie();
  EXPECT_EQ(info.rows, 4);
  EXPECT_TRUE(ReadAll({schema_, {std::make_shared<DataFile>(info)}})->Equals(*ReadAll(table_)));
}

}  // namespace
}  // namespace mutoscope::tables
