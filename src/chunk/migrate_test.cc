#include "chunk/migrate.h"

#include <gtest/gtest.h>

#include "chunk/chunk.h"
#include "chunk/testing/chunk_builder.h"

namespace mutoscope::chunk {
namespace {

using testing::ChunkMetadata;
using testing::Column;
using testing::Data;
using testing::IpcOf;
using testing::Make;
using testing::Pairs;
using testing::RowIds;

const auto kNumbers = arrow::list(arrow::field("item", arrow::float64(), true));

// A chunk as 0.23 wrote it: keys with dots, no sorbet version.
Pairs OldMetadata(const std::string& entity = "/a") {
  return {{"rerun.entity_path", entity},
          {"rerun.id", testing::kChunkId.text()},
          {"rerun.version", "1"},
          {"rerun.heap_size_bytes", "9"}};
}
Column OldRowIds() { return RowIds({1}, {{"rerun.kind", "control"}}); }
Column OldData(const std::string& name, const Pairs& more) {
  Pairs metadata = {{"rerun.kind", "data"}};
  metadata.insert(metadata.end(), more.begin(), more.end());
  return Make(name, kNumbers, "[[1]]", metadata);
}

TEST(Migrate, TellsVersionsApart) {
  const struct {
    Pairs metadata;
    std::optional<SorbetVersion> version;
  } cases[] = {
      {{{"sorbet:version", "0.1.2"}}, SorbetVersion{0, 1, 2}},
      {{{"sorbet:version", "1.20.300-rc.1"}}, SorbetVersion{1, 20, 300}},
      {{{"sorbet:version", "soon"}}, std::nullopt},
      {{{"sorbet:version", "0.1"}}, std::nullopt},
      {{{"rerun.id", ""}, {"rerun:version", ""}}, SorbetVersion{0, 0, 1}},
      {{{"rerun:id", ""}, {"rerun:version", ""}}, SorbetVersion{0, 0, 2}},
      {{{"rerun:id", ""}}, SorbetVersion{0, 0, 1}},
  };
  for (const auto& c : cases) EXPECT_EQ(SorbetVersionOf(testing::MetadataOf(c.metadata).get()), c.version);
  EXPECT_EQ(SorbetVersionOf(nullptr), kOldestSorbet);
}

TEST(Migrate, DottedDescriptors) {
  const struct {
    const char* what;
    std::string name;
    Pairs old_keys;
    Descriptor descriptor;
  } cases[] = {
      {"component", "x", {{"rerun.component", "C"}}, {"", "C", ""}},
      {"field", "x", {{"rerun.archetype_field", "f"}, {"rerun.component", "C"}}, {"", "f", "C"}},
      {"all",
       "x",
       {{"rerun.archetype", "rerun.archetypes.Image"}, {"rerun.archetype_field", "buffer"}, {"rerun.component", "C"}},
       {"rerun.archetypes.Image", "Image:buffer", "C"}},
      {"blueprint",
       "x",
       {{"rerun.archetype", "rerun.blueprint.archetypes.V"}, {"rerun.archetype_field", "f"}, {"rerun.component", "C"}},
       {"rerun.blueprint.archetypes.V", "V:f", "C"}},
      {"own archetype",
       "x",
       {{"rerun.archetype", "my.V"}, {"rerun.archetype_field", "f"}, {"rerun.component", "C"}},
       {"my.V", "my.V:f", "C"}},
      {"no field", "x", {{"rerun.archetype", "A"}, {"rerun.component", "C"}}, {"A", "C", "C"}},
      {"name only", "foo", {}, {"", "foo", ""}},
      {"singular",
       "Scalar",
       {{"rerun.archetype", "rerun.archetypes.Scalar"},
        {"rerun.archetype_field", "scalar"},
        {"rerun.component", "rerun.components.Scalar"}},
       {"rerun.archetypes.Scalars", "Scalars:scalars", "rerun.components.Scalar"}},
      {"singular size",
       "M",
       {{"rerun.archetype", "rerun.archetypes.SeriesPoint"}, {"rerun.archetype_field", "marker_size"}, {"rerun.component", "C"}},
       {"rerun.archetypes.SeriesPoints", "SeriesPoints:marker_sizes", "C"}},
      {"properties",
       "P",
       {{"rerun.archetype", "rerun.archetypes.RecordingProperties"}, {"rerun.archetype_field", "name"}, {"rerun.component", "C"}},
       {"rerun.archetypes.RecordingInfo", "RecordingInfo:name", "C"}},
      {"visible",
       "V",
       {{"rerun.archetype", "rerun.archetypes.SeriesLine"},
        {"rerun.archetype_field", "visible_series"},
        {"rerun.component", "rerun.components.SeriesVisible"}},
       {"rerun.archetypes.SeriesLines", "SeriesLines:visible_series", "rerun.components.Visible"}},
  };
  for (const auto& c : cases) {
    const auto chunk = DecodeChunk(IpcOf(OldMetadata(), {OldRowIds(), OldData(c.name, c.old_keys)}));
    ASSERT_TRUE(chunk.ok()) << c.what << ": " << chunk.status();
    ASSERT_EQ(chunk->components.size(), 1U) << c.what;
    EXPECT_EQ(chunk->components[0].archetype, c.descriptor.archetype) << c.what;
    EXPECT_EQ(chunk->components[0].component, c.descriptor.component) << c.what;
    EXPECT_EQ(chunk->components[0].component_type, c.descriptor.component_type) << c.what;
    EXPECT_EQ(chunk->batch->schema()->field(1)->name(), c.descriptor.component) << c.what;
    EXPECT_EQ(*chunk->batch->schema()->metadata()->Get("sorbet:version"), "0.1.3");
  }
}

TEST(Migrate, OldChunkAsAWhole) {
  // Columns in another order, row ids as struct, an indicator, the old place of properties.
  const auto tuid =
      arrow::struct_({arrow::field("time_ns", arrow::uint64(), false), arrow::field("inc", arrow::uint64(), false)});
  const auto chunk =
      DecodeChunk(IpcOf(OldMetadata("/__properties/recording"),
                        {Make("ImageIndicator", arrow::list(arrow::null()), "[[null]]", {{"rerun.kind", "data"}}),
                         OldData("name", {{"rerun.archetype", "rerun.archetypes.RecordingProperties"},
                                          {"rerun.archetype_field", "name"},
                                          {"rerun.component", "C"}}),
                         Make("frame", arrow::int64(), "[3]",
                              {{"rerun.kind", "index"}, {"rerun.index_name", "frame"}, {"rerun.is_sorted", "true"}}),
                         Make("RowId", tuid, "[[258, 5]]", {{"rerun.kind", "control"}}, false)}));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(chunk->entity_path, "/__properties");
  EXPECT_EQ(chunk->timelines, (std::vector<Timeline>{{"frame", TimelineKind::kSequence}}));
  EXPECT_EQ(chunk->components, (std::vector<Descriptor>{{"rerun.archetypes.RecordingInfo", "RecordingInfo:name", "C"}}));
  const auto& ids = static_cast<const arrow::FixedSizeBinaryArray&>(*chunk->batch->column(0));
  EXPECT_EQ(base::Tuid::FromBytes(ids.GetValue(0)), (base::Tuid{258, 5}));
  EXPECT_EQ(chunk->batch->schema()->field(0)->name(), "rerun.controls.RowId");
  for (const auto& field : chunk->batch->schema()->fields()) {
    for (const std::string& key : field->metadata()->keys()) EXPECT_FALSE(key.starts_with("rerun.")) << key;
  }
  for (const std::string& key : chunk->batch->schema()->metadata()->keys()) EXPECT_FALSE(key.starts_with("rerun.")) << key;
}

TEST(Migrate, StepsStopAtTheVersionOfTheChunk) {
  const Descriptor axis{"rerun.archetypes.Transform3D", "Transform3D:axis_length", "rerun.components.AxisLength"};
  const Descriptor pose{"rerun.archetypes.InstancePoses3D", "InstancePoses3D:scales", "rerun.components.PoseScale3D"};
  const Descriptor frame{"rerun.archetypes.CoordinateFrame", "CoordinateFrame:frame_id", "rerun.components.TransformFrameId"};
  const Descriptor visible{"rerun.archetypes.SeriesLines", "SeriesLines:visible", "rerun.components.SeriesVisible"};
  const Descriptor new_axis{"rerun.archetypes.TransformAxes3D", "TransformAxes3D:axis_length", axis.component_type};
  const Descriptor new_pose{pose.archetype, pose.component, "rerun.components.Scale3D"};
  const Descriptor new_frame{frame.archetype, "CoordinateFrame:frame", frame.component_type};
  const Descriptor new_visible{visible.archetype, visible.component, "rerun.components.Visible"};
  const struct {
    const char* version;
    std::vector<Descriptor> components;
    const char* new_version;
  } cases[] = {
      {"0.1.1", {new_frame, new_pose, new_visible, new_axis}, "0.1.3"},
      {"0.1.2", {frame, pose, new_visible, axis}, "0.1.3"},
      {"0.1.3", {frame, pose, visible, axis}, "0.1.3"},
      {"0.1.4", {frame, pose, visible, axis}, "0.1.4"},
      {"soon", {frame, pose, visible, axis}, "0.1.3"},
  };
  for (const auto& c : cases) {
    const auto chunk = DecodeChunk(
        IpcOf(ChunkMetadata("/a", c.version), {RowIds({1}), Data(axis, kNumbers, "[[1]]"), Data(pose, kNumbers, "[[1]]"),
                                               Data(frame, kNumbers, "[[1]]"), Data(visible, kNumbers, "[[1]]")}));
    ASSERT_TRUE(chunk.ok()) << c.version << chunk.status();
    EXPECT_EQ(chunk->components, c.components) << c.version;
    EXPECT_EQ(*chunk->batch->schema()->metadata()->Get("sorbet:version"), c.new_version);
  }
}

TEST(Migrate, DropsIndicatorsOfOldChunksOnly) {
  const Column by_name = Make("x", kNumbers, "[[1]]", {{"rerun:component", "rerun.components.ImageIndicator"}});
  const Column by_flag = Make("y", kNumbers, "[[1]]", {{"rerun:component", "y"}, {"rerun:is_indicator", "true"}});
  const Column denied =
      Make("z", kNumbers, "[[1]]", {{"rerun:component", "rerun.components.ZIndicator"}, {"rerun:is_indicator", "false"}});
  const auto components = [&](const char* version) {
    return DecodeChunk(IpcOf(ChunkMetadata("/a", version), {RowIds({1}), by_name, by_flag, denied}))->components.size();
  };
  EXPECT_EQ(components("0.1.0"), 1U);
  EXPECT_EQ(components("0.1.1"), 3U);
}

}  // namespace
}  // namespace mutoscope::chunk
