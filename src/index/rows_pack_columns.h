// Columns of a rows pack (docs/formats/layer_index.md).
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "index/pack_file.h"

namespace mutoscope::index {

inline constexpr std::string_view kRowsPackFormat = "rows_pack";

// Footer metadata. A region is "<offset> <length> <XXH3-64 of its bytes, 16 hex digits>". Head: the region before the first
// record batch, with the dictionaries. Layers: a line "<layer> <region>\n" for each record batch.
inline constexpr std::string_view kLayersKey = "mutoscope:layers";
inline constexpr std::string_view kHeadKey = "mutoscope:head";

// Positions of fields, as RowsPackSchema() has them.
struct RowsColumn {
  enum { kPresent, kRowIdsSorted, kWireReady, kRowIds, kTimelines, kComponents, kLargeCells, kPatches, kSmallColumns };
};
struct RowsTimelineField {
  enum { kName, kKind, kTimes };
};
struct RowsComponentField {
  enum { kArchetype, kComponent, kComponentType, kSet, kNonEmpty };
};
struct LargeCellField {
  enum { kComponent, kRow, kDecodedOffset, kLength, kRuns };
};
struct RunField {
  enum { kOffset, kLength };
};

// Bytes of the Arrow footer at the end of a file: its flatbuffer, and the trailer: the length of that (i32) and the magic bytes.
// None if the file has no room for it.
inline constexpr uint64_t kTrailerBytes = 10;
std::optional<uint64_t> FooterSize(std::span<const uint8_t, kTrailerBytes> trailer, uint64_t file_size);

// One row a chunk. All lists have 64-bit offsets.
inline std::shared_ptr<arrow::Schema> RowsPackSchema() {
  const auto list_of = [](std::shared_ptr<arrow::DataType> type) { return arrow::large_list(Required("item", std::move(type))); };
  const auto text = DictionaryOfStrings();
  const auto timeline =
      arrow::struct_({Required("name", text), Required("kind", arrow::uint8()), Required("times", list_of(arrow::int64()))});
  const auto component =
      arrow::struct_({Required("archetype", text), Required("component", text), Required("component_type", text),
                      Required("set", arrow::large_binary()), Required("non_empty", arrow::large_binary())});
  const auto run = arrow::struct_({Required("offset", arrow::uint64()), Required("length", arrow::uint64())});
  const auto large_cell = arrow::struct_({Required("component", arrow::uint32()), Required("row", arrow::uint32()),
                                          Required("decoded_offset", arrow::uint64()), Required("length", arrow::uint64()),
                                          Required("runs", list_of(run))});
  return PackSchema({Required("present", arrow::boolean()), Required("row_ids_sorted", arrow::boolean()),
                     Required("wire_ready", arrow::boolean()), Required("row_ids", list_of(arrow::fixed_size_binary(16))),
                     Required("timelines", list_of(timeline)), Required("components", list_of(component)),
                     Required("large_cells", list_of(large_cell)), Required("patches", arrow::large_binary()),
                     Required("small_columns", arrow::large_binary())},
                    kRowsPackFormat);
}

}  // namespace mutoscope::index
