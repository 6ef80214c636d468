#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "arrow/array.h"
#include "arrow/builder.h"
#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/chunk_table.h"

namespace mutoscope::chunk {
namespace {

// One cell per chunk, most of them null.
class Cells {
 public:
  explicit Cells(size_t rows) : values_(rows, 0), valid_(rows, 0) {}
  void Set(size_t row, int64_t value) {
    values_[row] = value;
    valid_[row] = 1;
  }
  arrow::Result<std::shared_ptr<arrow::Array>> Build(const std::shared_ptr<arrow::DataType>& type) const {
    arrow::Int64Builder builder;
    ARROW_RETURN_NOT_OK(builder.AppendValues(values_.data(), static_cast<int64_t>(values_.size()), valid_.data()));
    ARROW_ASSIGN_OR_RAISE(const std::shared_ptr<arrow::Array> array, builder.Finish());
    return array->View(type);
  }

 private:
  std::vector<int64_t> values_;
  std::vector<uint8_t> valid_;
};

struct RangeCells {
  explicit RangeCells(size_t rows) : start(rows), end(rows) {}
  void Set(size_t row, TimeRange range) {
    start.Set(row, range.min);
    end.Set(row, range.max);
  }
  Cells start;
  Cells end;
};

// A component on one timeline. Row counts are never null.
struct ComponentCells {
  explicit ComponentCells(size_t rows) : range(rows), num_rows(rows, 0) {}
  RangeCells range;
  std::vector<uint64_t> num_rows;
};

std::string_view ShortArchetype(std::string_view archetype) {
  for (const std::string_view prefix : {"rerun.archetypes.", "rerun.blueprint.archetypes.", "rerun."}) {
    if (archetype.starts_with(prefix)) return archetype.substr(prefix.size());
  }
  return archetype;
}

// Parts joined by ':', characters that column names may not hold replaced (rrd.md §1.8).
std::string JoinName(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    if (!name.empty()) name += ':';
    for (const char c : part) name += std::string_view(", -.\\").find(c) == std::string_view::npos ? c : '_';
  }
  return name.substr(std::min(name.find_first_not_of('_'), name.size()));
}

std::string ComponentColumnName(std::string_view timeline, const Descriptor& descriptor, std::string_view marker) {
  const std::string_view archetype = ShortArchetype(descriptor.archetype);
  std::string_view field = descriptor.component;
  if (!archetype.empty() && field.size() > archetype.size() && field.starts_with(archetype) && field[archetype.size()] == ':') {
    field.remove_prefix(archetype.size() + 1);
  }
  return JoinName({timeline, archetype, field, marker});
}

std::shared_ptr<const arrow::KeyValueMetadata> IndexMetadata(std::string_view index, const Descriptor* descriptor) {
  Metadata metadata;
  metadata.Set(kIndexKey, index);
  if (descriptor != nullptr) {
    metadata.Set(kComponentKey, descriptor->component);
    metadata.SetOrErase(kArchetypeKey, descriptor->archetype);
    metadata.SetOrErase(kComponentTypeKey, descriptor->component_type);
  }
  return std::move(metadata).Build();
}

class ManifestBuilder {
 public:
  explicit ManifestBuilder(const ChunkTable& table) : table_(table), rows_(table.chunks.size()) {}

  arrow::Status AddGlobals() {
    arrow::StringBuilder paths;
    arrow::FixedSizeBinaryBuilder ids(arrow::fixed_size_binary(kTuidBytes));
    arrow::BooleanBuilder is_static;
    arrow::UInt64Builder num_rows, offsets, sizes, uncompressed_sizes;
    for (const ChunkRow& chunk : table_.chunks) {
      ARROW_RETURN_NOT_OK(paths.Append(table_.entities[chunk.entity]));
      ARROW_RETURN_NOT_OK(ids.Append(chunk.id.bytes()));
      ARROW_RETURN_NOT_OK(is_static.Append(chunk.is_static));
      ARROW_RETURN_NOT_OK(num_rows.Append(chunk.num_rows));
      ARROW_RETURN_NOT_OK(offsets.Append(chunk.place.message_offset));
      ARROW_RETURN_NOT_OK(sizes.Append(chunk.place.message_size));
      ARROW_RETURN_NOT_OK(uncompressed_sizes.Append(chunk.place.uncompressed_size));
    }
    ARROW_RETURN_NOT_OK(AddBuilt("chunk_entity_path", &paths));
    ARROW_RETURN_NOT_OK(AddBuilt("chunk_id", &ids));
    ARROW_RETURN_NOT_OK(AddBuilt("chunk_is_static", &is_static));
    ARROW_RETURN_NOT_OK(AddBuilt("chunk_num_rows", &num_rows));
    ARROW_RETURN_NOT_OK(AddBuilt("chunk_byte_offset", &offsets));
    ARROW_RETURN_NOT_OK(AddBuilt("chunk_byte_size", &sizes));
    return AddBuilt("chunk_byte_size_uncompressed", &uncompressed_sizes);
  }

  arrow::Status AddStaticFlags(const std::vector<uint32_t>& sorted_descriptors) {
    std::vector<std::vector<uint8_t>> flags(table_.descriptors.size(), std::vector<uint8_t>(rows_, 0));
    for (size_t row = 0; row < rows_; ++row) {
      if (!table_.chunks[row].is_static) continue;
      for (const ChunkComponent& component : table_.chunks[row].components) flags[component.descriptor][row] = 1;
    }
    for (const uint32_t position : sorted_descriptors) {
      const Descriptor& descriptor = table_.descriptors[position];
      arrow::BooleanBuilder builder;
      ARROW_RETURN_NOT_OK(builder.AppendValues(flags[position]));
      ARROW_RETURN_NOT_OK(
          AddBuilt(ComponentColumnName({}, descriptor, "has_static_data"), &builder, IndexMetadata(kStaticIndex, &descriptor)));
    }
    return arrow::Status::OK();
  }

  arrow::Status AddTimelines(const std::vector<uint32_t>& sorted_timelines) {
    std::vector<RangeCells> cells(table_.timelines.size(), RangeCells(rows_));
    for (size_t row = 0; row < rows_; ++row) {
      for (const ChunkTime& time : table_.chunks[row].times) cells[time.timeline].Set(row, time.range);
    }
    for (const uint32_t position : sorted_timelines) {
      const Timeline& timeline = table_.timelines[position];
      const auto metadata = IndexMetadata(timeline.name, nullptr);
      const auto type = ArrowTypeOf(timeline.kind);
      ARROW_RETURN_NOT_OK(AddCells(JoinName({timeline.name, "start"}), cells[position].start, type, metadata));
      ARROW_RETURN_NOT_OK(AddCells(JoinName({timeline.name, "end"}), cells[position].end, type, metadata));
    }
    return arrow::Status::OK();
  }

  arrow::Status AddComponents(const std::vector<uint32_t>& sorted_timelines, const std::vector<uint32_t>& sorted_descriptors) {
    for (const uint32_t timeline : sorted_timelines) {
      std::map<uint32_t, ComponentCells> by_descriptor = CellsOn(timeline);
      for (const uint32_t descriptor : sorted_descriptors) {
        const auto cells = by_descriptor.find(descriptor);
        if (cells != by_descriptor.end()) ARROW_RETURN_NOT_OK(AddComponent(timeline, descriptor, cells->second));
      }
    }
    return arrow::Status::OK();
  }

  std::shared_ptr<arrow::RecordBatch> Finish() {
    return arrow::RecordBatch::Make(arrow::schema(std::move(fields_)), static_cast<int64_t>(rows_), std::move(arrays_));
  }

 private:
  std::map<uint32_t, ComponentCells> CellsOn(uint32_t timeline) const {
    std::map<uint32_t, ComponentCells> out;
    for (size_t row = 0; row < rows_; ++row) {
      const ChunkRow& chunk = table_.chunks[row];
      const auto time =
          std::find_if(chunk.times.begin(), chunk.times.end(), [&](const ChunkTime& t) { return t.timeline == timeline; });
      if (time == chunk.times.end()) continue;
      for (const ChunkComponent& component : chunk.components) {
        if (component.rows_set == 0) continue;
        ComponentCells& cells = out.try_emplace(component.descriptor, rows_).first->second;
        cells.num_rows[row] = component.rows_set;
        const auto own = std::find_if(component.times.begin(), component.times.end(),
                                      [&](const ComponentTime& t) { return t.timeline == timeline; });
        cells.range.Set(row, own == component.times.end() ? time->range : own->range);
      }
    }
    return out;
  }

  arrow::Status AddComponent(uint32_t timeline_position, uint32_t descriptor_position, const ComponentCells& cells) {
    const Timeline& timeline = table_.timelines[timeline_position];
    const Descriptor& descriptor = table_.descriptors[descriptor_position];
    const auto metadata = IndexMetadata(timeline.name, &descriptor);
    const auto name = [&](std::string_view marker) { return ComponentColumnName(timeline.name, descriptor, marker); };
    ARROW_RETURN_NOT_OK(AddCells(name("start"), cells.range.start, ArrowTypeOf(timeline.kind), metadata));
    ARROW_RETURN_NOT_OK(AddCells(name("end"), cells.range.end, ArrowTypeOf(timeline.kind), metadata));
    arrow::UInt64Builder num_rows;
    ARROW_RETURN_NOT_OK(num_rows.AppendValues(cells.num_rows));
    return AddBuilt(name("num_rows"), &num_rows, metadata);
  }

  arrow::Status AddCells(std::string name, const Cells& cells, const std::shared_ptr<arrow::DataType>& type,
                         const std::shared_ptr<const arrow::KeyValueMetadata>& metadata) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> array, cells.Build(type));
    Add(std::move(name), std::move(array), metadata);
    return arrow::Status::OK();
  }

  arrow::Status AddBuilt(std::string name, arrow::ArrayBuilder* builder,
                         const std::shared_ptr<const arrow::KeyValueMetadata>& metadata = {}) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> array, builder->Finish());
    Add(std::move(name), std::move(array), metadata);
    return arrow::Status::OK();
  }

  void Add(std::string name, std::shared_ptr<arrow::Array> array,
           const std::shared_ptr<const arrow::KeyValueMetadata>& metadata) {
    fields_.push_back(arrow::field(std::move(name), array->type(), true, metadata));
    arrays_.push_back(std::move(array));
  }

  const ChunkTable& table_;
  size_t rows_;
  arrow::FieldVector fields_;
  arrow::ArrayVector arrays_;
};

// Positions of `items` in their own order.
template <typename T>
std::vector<uint32_t> SortedPositions(const std::vector<T>& items) {
  std::vector<uint32_t> positions(items.size());
  std::iota(positions.begin(), positions.end(), uint32_t{0});
  std::sort(positions.begin(), positions.end(), [&](uint32_t a, uint32_t b) { return items[a] < items[b]; });
  return positions;
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ManifestFromTable(const ChunkTable& table) {
  const std::vector<uint32_t> timelines = SortedPositions(table.timelines);
  const std::vector<uint32_t> descriptors = SortedPositions(table.descriptors);
  ManifestBuilder builder(table);
  ARROW_RETURN_NOT_OK(builder.AddGlobals());
  ARROW_RETURN_NOT_OK(builder.AddStaticFlags(descriptors));
  ARROW_RETURN_NOT_OK(builder.AddTimelines(timelines));
  ARROW_RETURN_NOT_OK(builder.AddComponents(timelines, descriptors));
  return builder.Finish();
}

}  // namespace mutoscope::chunk
