// Columns of a layer pack (docs/formats/layer_index.md).
#pragma once

#include <memory>

#include "index/pack_file.h"

namespace mutoscope::index {

inline constexpr std::string_view kLayerPackFormat = "layer_pack";

// Positions of fields, as LayerPackSchema() has them.
struct LayerColumn {
  enum { kLayer, kSchemaSha256, kEntities, kTimelines, kDescriptors, kChunks };
};
struct TimelineField {
  enum { kName, kKind };
};
struct DescriptorField {
  enum { kArchetype, kComponent, kComponentType };
};
struct ChunkField {
  enum { kId, kEntity, kIsStatic, kNumRows, kMessageOffset, kMessageSize, kUncompressedSize, kTimes, kComponents };
};
struct TimeField {
  enum { kTimeline, kStart, kEnd };
};
struct ComponentField {
  enum { kDescriptor, kRowsSet, kTimes };
};

// One row a layer: lists of names, and a list of chunks that refers to them by position. All lists have 64-bit offsets.
inline std::shared_ptr<arrow::Schema> LayerPackSchema() {
  const auto list_of = [](std::shared_ptr<arrow::DataType> type) { return arrow::large_list(Required("item", std::move(type))); };
  const auto text = DictionaryOfStrings();
  const auto timeline = arrow::struct_({Required("name", text), Required("kind", arrow::uint8())});
  const auto descriptor =
      arrow::struct_({Required("archetype", text), Required("component", text), Required("component_type", text)});
  const auto times = list_of(arrow::struct_(
      {Required("timeline", arrow::uint32()), Required("start", arrow::int64()), Required("end", arrow::int64())}));
  const auto component =
      arrow::struct_({Required("descriptor", arrow::uint32()), Required("rows_set", arrow::uint64()), Required("times", times)});
  const auto chunk = arrow::struct_({Required("id", arrow::fixed_size_binary(16)), Required("entity", arrow::uint32()),
                                     Required("is_static", arrow::boolean()), Required("num_rows", arrow::uint64()),
                                     Required("message_offset", arrow::uint64()), Required("message_size", arrow::uint64()),
                                     Required("uncompressed_size", arrow::uint64()), Required("times", times),
                                     Required("components", list_of(component))});
  return PackSchema({Required("layer", arrow::int64()), Required("schema_sha256", arrow::fixed_size_binary(32)),
                     Required("entities", list_of(text)), Required("timelines", list_of(timeline)),
                     Required("descriptors", list_of(descriptor)), Required("chunks", list_of(chunk))},
                    kLayerPackFormat);
}

}  // namespace mutoscope::index
