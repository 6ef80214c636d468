#include "chunk/schema_merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "chunk/dataset_schema.h"
#include "chunk/testing/chunk_builder.h"

namespace mutoscope::chunk {
namespace {

using ::testing::HasSubstr;
using testing::kFoo;
using testing::kScalars;
using testing::kText;

const auto kNumbers = arrow::list(arrow::field("item", arrow::float64(), true));
const auto kStrings = arrow::list(arrow::field("item", arrow::utf8(), true));
const Timeline kFrame{"frame", TimelineKind::kSequence};
const Timeline kLogTime{"log_time", TimelineKind::kTimestamp};

DatasetColumn ColumnOf(const std::string& entity, const Descriptor& descriptor,
                       const std::shared_ptr<arrow::DataType>& type = kNumbers, bool is_static = false, bool is_empty = false) {
  return {entity, descriptor, type, is_static, is_empty};
}

TEST(DatasetSchema, HasTheColumnsOfGetDatasetSchema) {
  const Descriptor clear{"rerun.archetypes.Clear", "Clear:is_recursive", "rerun.components.ClearIsRecursive"};
  const auto schema =
      MakeDatasetSchema({kLogTime, kFrame}, {ColumnOf("/__properties/e", kFoo, kNumbers, true), ColumnOf("/n10", kFoo),
                                             ColumnOf("/n2", kText, kStrings), ColumnOf("/n2", kScalars, kNumbers, false, true),
                                             ColumnOf("/n2", kFoo), ColumnOf("/n2", clear)});
  EXPECT_EQ(schema->field_names(),
            (std::vector<std::string>{"rerun.controls.RowId", "frame", "log_time", "/n2:foo", "/n2:Clear:is_recursive",
                                      "/n2:Scalars:scalars", "/n2:TextLog:text", "/n10:foo", "property:e:foo"}));
  EXPECT_EQ(schema->metadata(), nullptr);
  const testing::Pairs expected[] = {
      {{"rerun:kind", "control"},
       {"ARROW:extension:name", "rerun.datatypes.TUID"},
       {"ARROW:extension:metadata", R"({"namespace":"row"})"}},
      {{"rerun:kind", "index"}, {"rerun:index_name", "frame"}},
      {{"rerun:kind", "index"}, {"rerun:index_name", "log_time"}},
      {{"rerun:kind", "data"}, {"rerun:entity_path", "/n2"}, {"rerun:component", "foo"}},
      {{"rerun:kind", "data"},
       {"rerun:entity_path", "/n2"},
       {"rerun:component", "Clear:is_recursive"},
       {"rerun:archetype", clear.archetype},
       {"rerun:component_type", clear.component_type},
       {"rerun:is_tombstone", "true"}},
      {{"rerun:kind", "data"},
       {"rerun:entity_path", "/n2"},
       {"rerun:component", "Scalars:scalars"},
       {"rerun:archetype", kScalars.archetype},
       {"rerun:component_type", kScalars.component_type},
       {"rerun:is_semantically_empty", "true"}},
      {{"rerun:kind", "data"},
       {"rerun:entity_path", "/n2"},
       {"rerun:component", "TextLog:text"},
       {"rerun:archetype", kText.archetype},
       {"rerun:component_type", kText.component_type}},
      {{"rerun:kind", "data"}, {"rerun:entity_path", "/n10"}, {"rerun:component", "foo"}},
      {{"rerun:kind", "data"}, {"rerun:entity_path", "/__properties/e"}, {"rerun:component", "foo"}, {"rerun:is_static", "true"}},
  };
  for (int i = 0; i < schema->num_fields(); ++i) {
    EXPECT_TRUE(schema->field(i)->metadata()->Equals(*testing::MetadataOf(expected[i]))) << schema->field(i)->ToString(true);
    EXPECT_EQ(schema->field(i)->nullable(), i > 0);
  }
}

TEST(DatasetSchema, HashesAreOfTheContent) {
  const auto schema = MakeDatasetSchema({kFrame}, {ColumnOf("/a", kFoo), ColumnOf("/b", kText, kStrings)});
  auto fields = schema->fields();
  std::swap(fields[1], fields[3]);
  EXPECT_EQ(SchemaSha256(*schema), SchemaSha256(*arrow::schema(fields)));
  for (const auto& other :
       {MakeDatasetSchema({kFrame}, {ColumnOf("/a", kFoo)}), MakeDatasetSchema({kLogTime}, {ColumnOf("/a", kFoo)}),
        MakeDatasetSchema({kFrame}, {ColumnOf("/a", kFoo), ColumnOf("/b", kText)}),
        MakeDatasetSchema({kFrame}, {ColumnOf("/a", kFoo, kNumbers, true), ColumnOf("/b", kText, kStrings)})}) {
    EXPECT_NE(SchemaSha256(*schema), SchemaSha256(*other));
  }
}

TEST(MergeSchemas, IsTheUnion) {
  const auto a =
      MakeDatasetSchema({kFrame}, {ColumnOf("/x", kFoo, kNumbers, true, true), ColumnOf("/x", kScalars, kNumbers, false, true)});
  const auto b = MakeDatasetSchema({kFrame, kLogTime}, {ColumnOf("/x", kFoo, kNumbers, false, true),
                                                        ColumnOf("/A", kText, kStrings), ColumnOf("/x", kScalars)});
  const auto expected =
      MakeDatasetSchema({kFrame, kLogTime},
                        {ColumnOf("/A", kText, kStrings), ColumnOf("/x", kFoo, kNumbers, true, true), ColumnOf("/x", kScalars)});
  for (const auto& schemas :
       {std::vector<NamedSchema>{{"a", a}, {"b", b}}, {{"b", b}, {"a", a}, {"c", a}, {"d", MakeDatasetSchema({}, {})}}}) {
    const auto merged = MergeSchemas(schemas);
    ASSERT_TRUE(merged.ok()) << merged.status();
    EXPECT_TRUE((*merged)->Equals(*expected, true)) << (*merged)->ToString(true);
  }
  EXPECT_EQ(MergeSchemas({})->get()->num_fields(), 0);
}

TEST(MergeSchemas, UnknownDescriptorPartsAreFilledIn) {
  const Descriptor bare{"", kScalars.component, ""};
  const auto a = MakeDatasetSchema({}, {ColumnOf("/x", bare)});
  const auto b = MakeDatasetSchema({}, {ColumnOf("/x", kScalars)});
  EXPECT_TRUE((*MergeSchemas({{"a", a}, {"b", b}}))->Equals(*b, true));
}

TEST(MergeSchemas, RefusesTwoTypes) {
  const auto numbers = MakeDatasetSchema({kFrame}, {ColumnOf("/x", kFoo)});
  const struct {
    std::shared_ptr<arrow::Schema> other;
    std::vector<std::string> words;
  } cases[] = {
      {MakeDatasetSchema({kFrame}, {ColumnOf("/x", kFoo, kStrings)}), {"'/x:foo'", "one.rrd", "two.rrd", "double", "string"}},
      {MakeDatasetSchema({{"frame", TimelineKind::kTimestamp}}, {}),
       {"timeline 'frame'", "one.rrd", "two.rrd", "sequence", "timestamp"}},
  };
  for (const auto& c : cases) {
    const auto merged = MergeSchemas({{"one.rrd", numbers}, {"two.rrd", c.other}});
    ASSERT_FALSE(merged.ok());
    EXPECT_EQ(base::CodeOf(merged.status()), base::Code::kInvalidArgument);
    for (const std::string& word : c.words) EXPECT_THAT(merged.status().message(), HasSubstr(word));
  }
}

}  // namespace
}  // namespace mutoscope::chunk
