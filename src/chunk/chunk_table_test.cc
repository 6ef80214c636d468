#include "chunk/chunk_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "chunk/chunk_stats.h"
#include "chunk/dataset_schema.h"
#include "chunk/table_builder.h"
#include "chunk/testing/chunk_builder.h"

namespace mutoscope::chunk {
namespace {

using testing::Column;
using testing::Data;
using ::testing::HasSubstr;
using testing::Index;
using testing::IpcOf;
using testing::kFoo;
using testing::kScalars;
using testing::kText;
using testing::Pairs;
using testing::RowIds;

const auto kNumbers = arrow::list(arrow::field("item", arrow::float64(), true));
const auto kStrings = arrow::list(arrow::field("item", arrow::utf8(), true));

struct ChunkSpec {
  std::string entity;
  base::Tuid id;
  std::vector<Column> columns;
};

ChunkTable TableOf(const std::vector<ChunkSpec>& specs) {
  std::vector<std::pair<rrd::ChunkPlace, ChunkStats>> chunks;
  for (const ChunkSpec& spec : specs) {
    Pairs metadata = testing::ChunkMetadata(spec.entity);
    metadata[1].second = "chunk_" + spec.id.text();
    const Chunk chunk = DecodeChunk(IpcOf(metadata, spec.columns)).ValueOrDie();
    const uint64_t position = chunks.size();
    chunks.emplace_back(rrd::ChunkPlace{1000 * position + 12, 500 + position, 900 + position}, StatsOf(chunk));
  }
  return TableFromStats(chunks).ValueOrDie();
}

const base::Tuid kIds[] = {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}};

// Static and temporal, two timelines, null and empty cells, no rows, a component that is null throughout.
ChunkTable Sample() {
  return TableOf({
      {"/cam", kIds[0], {RowIds({1}), Data(kFoo, kNumbers, "[[1]]")}},
      {"/cam",
       kIds[1],
       {RowIds({1, 2, 3}), Index("frame", "[30, 10, 20]"), Index("log_time", "[1, 2, 3]", TimelineKind::kTimestamp),
        Data(kScalars, kNumbers, "[[1], null, [2]]"), Data(kText, kStrings, R"([["a"], [], null])"),
        Data(kFoo, kNumbers, "[null, null, null]")}},
      {R"(/b\ c)", kIds[2], {RowIds({1, 2}), Index("frame", "[5, 6]"), Data(kScalars, kNumbers, "[[], []]")}},
      {"/cam", kIds[3], {RowIds({}), Index("frame", "[]"), Data(kScalars, kNumbers, "[]")}},
      {"/cam", kIds[4], {RowIds({1}), Index("other", "[9]"), Data(kScalars, kNumbers, "[null]")}},
  });
}

// The store with the manifest that Sample() amounts to.
rrd::StoreContents StoreOf(const ChunkTable& table) {
  rrd::StoreContents contents;
  for (const ChunkRow& chunk : table.chunks) contents.chunks.push_back(chunk.place);
  contents.manifest.emplace();
  contents.manifest->chunks = ManifestFromTable(table).ValueOrDie();
  contents.manifest->schema = table.schema;
  contents.manifest->schema_sha256.fill(7);
  return contents;
}

TEST(ChunkTable, DescribesChunks) {
  const ChunkTable table = Sample();
  EXPECT_EQ(table.entities, (std::vector<std::string>{"/cam", R"(/b\ c)"}));
  EXPECT_EQ(table.timelines,
            (std::vector<Timeline>{
                {"frame", TimelineKind::kSequence}, {"log_time", TimelineKind::kTimestamp}, {"other", TimelineKind::kSequence}}));
  EXPECT_EQ(table.descriptors, (std::vector<Descriptor>{kFoo, kScalars, kText}));
  ASSERT_EQ(table.chunks.size(), 5U);
  EXPECT_TRUE(table.chunks[0].is_static);
  EXPECT_TRUE(table.chunks[0].times.empty());
  const ChunkRow& chunk = table.chunks[1];
  EXPECT_EQ(chunk.id, kIds[1]);
  EXPECT_EQ(chunk.num_rows, 3U);
  ASSERT_EQ(chunk.times.size(), 2U);
  EXPECT_EQ(chunk.times[0].range, (TimeRange{10, 30}));
  ASSERT_EQ(chunk.components.size(), 2U);  // foo is null throughout
  EXPECT_EQ(chunk.components[0].descriptor, 1U);
  EXPECT_EQ(chunk.components[0].rows_set, 2U);
  ASSERT_EQ(chunk.components[0].times.size(), 1U);  // the same as the chunk's on log_time
  EXPECT_EQ(chunk.components[0].times[0].timeline, 0U);
  EXPECT_EQ(chunk.components[0].times[0].range, (TimeRange{20, 30}));
  ASSERT_EQ(chunk.components[1].times.size(), 1U);
  EXPECT_EQ(chunk.components[1].times[0].timeline, 1U);
  EXPECT_EQ(chunk.components[1].times[0].range, (TimeRange{1, 2}));
  EXPECT_TRUE(table.chunks[3].times.empty());
  EXPECT_TRUE(table.chunks[4].components.empty());
  EXPECT_TRUE(table.schema->Equals(*MakeDatasetSchema(table.timelines, {{"/cam", kFoo, kNumbers, true, false},
                                                                        {"/cam", kScalars, kNumbers, false, false},
                                                                        {"/cam", kText, kStrings, false, false},
                                                                        {R"(/b\ c)", kScalars, kNumbers, false, true}}),
                                   true))
      << table.schema->ToString(true);
}

TEST(ChunkTable, RefusesTwoTypesInOneStore) {
  const auto stats = [](const std::vector<Column>& columns) {
    return std::pair{rrd::ChunkPlace{}, StatsOf(DecodeChunk(IpcOf(testing::ChunkMetadata(), columns)).ValueOrDie())};
  };
  const auto column = TableFromStats(
      {stats({RowIds({1}), Data(kFoo, kNumbers, "[[1]]")}), stats({RowIds({1}), Data(kFoo, kStrings, R"([["a"]])")})});
  EXPECT_EQ(base::CodeOf(column.status()), base::Code::kInvalidArgument);
  EXPECT_THAT(column.status().message(), ::testing::AllOf(HasSubstr("'/a:foo'"), HasSubstr("double"), HasSubstr("string")));
  const auto timeline =
      TableFromStats({stats({RowIds({1}), Index("t", "[1]")}), stats({RowIds({1}), Index("t", "[1]", TimelineKind::kDuration)})});
  EXPECT_THAT(timeline.status().message(), ::testing::AllOf(HasSubstr("'t'"), HasSubstr("sequence"), HasSubstr("duration")));
}

TEST(SegmentTimeRanges, CountsRowsWithSomeCell) {
  using Ranges = std::vector<std::pair<Timeline, TimeRange>>;
  // Row 10 of /cam holds an empty list, which is a cell; `other` has only a row of nulls.
  EXPECT_EQ(SegmentTimeRanges(Sample()),
            (Ranges{{{"frame", TimelineKind::kSequence}, {5, 30}}, {{"log_time", TimelineKind::kTimestamp}, {1, 3}}}));
  EXPECT_EQ(SegmentTimeRanges(TableOf(
                {{"/a", kIds[0], {RowIds({1, 2, 3}), Index("t", "[1, 2, 3]"), Data(kFoo, kNumbers, "[null, [1], null]")}}})),
            (Ranges{{{"t", TimelineKind::kSequence}, {2, 2}}}));
  EXPECT_TRUE(SegmentTimeRanges(ChunkTable{}).empty());
}

TEST(Manifest, HasTheColumnsOfTheFormat) {
  const auto manifest = ManifestFromTable(TableOf({
      {"/a", kIds[0], {RowIds({1}), Data(kFoo, kNumbers, "[[1]]")}},
      {"/a",
       kIds[1],
       {RowIds({1}), Index("__my time-1", "[3]"), Data({"my.ns.Custom", "my.ns.Custom:val", ""}, kNumbers, "[[1]]"),
        Data({"rerun.blueprint.archetypes.V", "other", "rerun.components.X"}, kNumbers, "[[1]]")}},
  }));
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ((*manifest)->schema()->field_names(),
            (std::vector<std::string>{"chunk_entity_path", "chunk_id", "chunk_is_static", "chunk_num_rows", "chunk_byte_offset",
                                      "chunk_byte_size", "chunk_byte_size_uncompressed", "foo:has_static_data",
                                      "my_ns_Custom:val:has_static_data", "V:other:has_static_data", "my_time_1:start",
                                      "my_time_1:end", "my_time_1:my_ns_Custom:val:start", "my_time_1:my_ns_Custom:val:end",
                                      "my_time_1:my_ns_Custom:val:num_rows", "my_time_1:V:other:start", "my_time_1:V:other:end",
                                      "my_time_1:V:other:num_rows"}));
  for (const auto& field : (*manifest)->schema()->fields()) EXPECT_TRUE(field->nullable());
  EXPECT_TRUE((*manifest)->GetColumnByName("chunk_byte_offset")->Equals(testing::FromJson(arrow::uint64(), "[12, 1012]")));
  EXPECT_TRUE((*manifest)->GetColumnByName("my_time_1:V:other:start")->Equals(testing::FromJson(arrow::int64(), "[null, 3]")));
  EXPECT_TRUE((*manifest)->GetColumnByName("my_time_1:V:other:num_rows")->Equals(testing::FromJson(arrow::uint64(), "[0, 1]")));
  EXPECT_TRUE((*manifest)->GetColumnByName("foo:has_static_data")->Equals(testing::FromJson(arrow::boolean(), "[true, false]")));
  const auto& field = (*manifest)->schema()->GetFieldByName("my_time_1:V:other:end");
  EXPECT_TRUE(field->metadata()->Equals(*testing::MetadataOf({{"rerun:index", "__my time-1"},
                                                              {"rerun:component", "other"},
                                                              {"rerun:archetype", "rerun.blueprint.archetypes.V"},
                                                              {"rerun:component_type", "rerun.components.X"}})));
}

TEST(Manifest, GivesTheTableBack) {
  const ChunkTable table = Sample();
  const auto read = TableFromManifest(StoreOf(table));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->entities, table.entities);
  EXPECT_EQ(read->timelines, table.timelines);
  EXPECT_EQ(read->descriptors, table.descriptors);
  EXPECT_TRUE(read->schema->Equals(*table.schema, true));
  EXPECT_EQ(read->schema_sha256[0], 7);  // the manifest's own
  ASSERT_EQ(read->chunks.size(), table.chunks.size());
  for (size_t i = 0; i < table.chunks.size(); ++i) {
    const ChunkRow& a = read->chunks[i];
    const ChunkRow& b = table.chunks[i];
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.entity, b.entity);
    EXPECT_EQ(a.is_static, b.is_static);
    EXPECT_EQ(a.num_rows, b.num_rows);
    EXPECT_EQ(a.place.message_offset, b.place.message_offset);
    ASSERT_EQ(a.components.size(), b.components.size());
    for (size_t k = 0; k < a.components.size(); ++k) {
      EXPECT_EQ(a.components[k].descriptor, b.components[k].descriptor);
      EXPECT_EQ(a.components[k].rows_set, b.components[k].rows_set);
      EXPECT_EQ(a.components[k].times.size(), b.components[k].times.size());
    }
  }
  EXPECT_EQ(SegmentTimeRanges(*read), SegmentTimeRanges(table));
  EXPECT_TRUE((*ManifestFromTable(*read))->Equals(**ManifestFromTable(table), true));
}

TEST(Manifest, OldNamesAreMigrated) {
  const Descriptor old{"rerun.archetypes.SeriesLines", "SeriesLines:visible", "rerun.components.SeriesVisible"};
  const ChunkTable table = TableOf({{"/a", kIds[0], {RowIds({1}), Index("t", "[1]"), Data(old, kNumbers, "[[1]]")}}});
  const auto read = TableFromManifest(StoreOf(table));
  ASSERT_TRUE(read.ok()) << read.status();
  const Descriptor migrated{old.archetype, old.component, "rerun.components.Visible"};
  EXPECT_EQ(read->descriptors, std::vector<Descriptor>{migrated});
  EXPECT_EQ(DescriptorOf(*read->schema->field(2)), migrated);
  EXPECT_EQ(read->schema_sha256, SchemaSha256(*read->schema));
}

// A copy of the batch with one column changed.
std::shared_ptr<arrow::RecordBatch> Replaced(const arrow::RecordBatch& batch, const std::string& column,
                                             const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  const int position = batch.schema()->GetFieldIndex(column);
  return batch.SetColumn(position, batch.schema()->field(position)->WithType(type), testing::FromJson(type, json)).ValueOrDie();
}
std::shared_ptr<arrow::RecordBatch> Without(const arrow::RecordBatch& batch, const std::string& column) {
  return batch.RemoveColumn(batch.schema()->GetFieldIndex(column)).ValueOrDie();
}

TEST(Manifest, BrokenRulesAreNamed) {
  const rrd::StoreContents sound = StoreOf(TableOf({
      {"/a", kIds[0], {RowIds({1}), Data(kFoo, kNumbers, "[[1]]")}},
      {"/a", kIds[1], {RowIds({1, 2}), Index("t", "[3, 4]"), Data(kFoo, kNumbers, "[[1], [2]]")}},
  }));
  ASSERT_TRUE(TableFromManifest(sound).ok());
  const arrow::RecordBatch& batch = *sound.manifest->chunks;
  const struct {
    std::shared_ptr<arrow::RecordBatch> chunks;
    const char* words;
  } cases[] = {
      {Without(batch, "chunk_id"), "no column 'chunk_id'"},
      {Replaced(batch, "chunk_num_rows", arrow::int32(), "[1, 2]"), "'chunk_num_rows' must be uint64"},
      {Replaced(batch, "chunk_num_rows", arrow::uint64(), "[1, null]"), "holds 1 nulls"},
      {Without(batch, "t:end"), "only one of ':start' and ':end'"},
      {Without(*Without(batch, "t:end"), "t:start"), "no ':start' column for timeline 't'"},
      {Without(batch, "t:foo:num_rows"), "only one of ':num_rows' and ':start'"},
      {Without(batch, "foo:has_static_data"), "no ':has_static_data' column for 'foo'"},
      {Replaced(batch, "t:start", arrow::duration(arrow::TimeUnit::NANO), "[null, 3]"), "'t:start' must be int64"},
      {Replaced(batch, "t:start", arrow::int64(), "[null, 5]"), "empty range"},
      {Replaced(batch, "t:start", arrow::int64(), "[1, 3]"), "no range on timeline 't'"},
      {Replaced(*Replaced(batch, "t:start", arrow::int64(), "[1, 3]"), "t:end", arrow::int64(), "[1, 4]"),
       "is static and has times"},
      {Replaced(*Replaced(batch, "t:start", arrow::int64(), "[null, null]"), "t:end", arrow::int64(), "[null, null]"),
       "has no times"},
      {Replaced(batch, "t:foo:start", arrow::int64(), "[null, 2]"), "outside of the chunk's"},
      {Replaced(batch, "t:foo:start", arrow::int64(), "[null, null]"), "no range on timeline 't'"},
      {Replaced(batch, "t:foo:num_rows", arrow::uint64(), "[0, 3]"), "3 rows of 'foo', of 2"},
      {Replaced(batch, "foo:has_static_data", arrow::boolean(), "[true, true]"), "not static but has static data"},
      {batch.AddColumn(0, batch.schema()->GetFieldByName("t:start"), batch.GetColumnByName("t:start")).ValueOrDie(),
       "'t:start' twice"},
      {batch.AddColumn(0, batch.schema()->GetFieldByName("t:start")->WithName("t:middle"), batch.GetColumnByName("t:start"))
           .ValueOrDie(),
       "'t:middle' does not end in"},
      {batch.Slice(0, 1), "1 rows, the store 2 chunks"},
  };
  for (const auto& c : cases) {
    rrd::StoreContents contents = sound;
    contents.manifest->chunks = c.chunks;
    const auto table = TableFromManifest(contents);
    ASSERT_FALSE(table.ok()) << c.words;
    EXPECT_EQ(base::CodeOf(table.status()), base::Code::kInvalidArgument);
    EXPECT_THAT(table.status().message(), HasSubstr(c.words));
  }
}

TEST(Manifest, SchemaMustHoldWhatTheChunksHave) {
  const ChunkTable table = TableOf({{"/a", kIds[0], {RowIds({1}), Index("t", "[1]"), Data(kFoo, kNumbers, "[[1]]")}}});
  const struct {
    std::shared_ptr<arrow::Schema> schema;
    const char* words;
  } cases[] = {
      {MakeDatasetSchema(table.timelines, {}), "lacks column '/a:foo'"},
      {MakeDatasetSchema({}, {{"/a", kFoo, kNumbers, false, false}}), "timeline 't', which the manifest's schema does not have"},
      {MakeDatasetSchema({{"t", TimelineKind::kSequence}, {"u", TimelineKind::kSequence}},
                         {{"/a", kFoo, kNumbers, false, false}}),
       "no ':start' column for timeline 'u'"},
      {MakeDatasetSchema({{"t", TimelineKind::kDuration}}, {{"/a", kFoo, kNumbers, false, false}}), "must be duration"},
      {table.schema->AddField(3, table.schema->field(2)).ValueOrDie(), "'/a:foo' twice"},
      {table.schema->AddField(2, table.schema->field(1)).ValueOrDie(), "timeline 't' twice"},
  };
  for (const auto& c : cases) {
    rrd::StoreContents contents = StoreOf(table);
    contents.manifest->schema = c.schema;
    EXPECT_THAT(TableFromManifest(contents).status().message(), HasSubstr(c.words));
  }
  EXPECT_THAT(TableFromManifest(rrd::StoreContents{}).status().message(), HasSubstr("no manifest"));
}

}  // namespace
}  // namespace mutoscope::chunk
