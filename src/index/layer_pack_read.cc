#include <cstring>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "base/status.h"
#include "index/layer_pack.h"
#include "index/layer_pack_columns.h"
#include "index/pack_view.h"
#include "storage/file.h"

namespace mutoscope::index {
namespace {

struct TimesView {
  explicit TimesView(const arrow::Array& array)
      : list(array),
        timelines(Numbers<uint32_t>(list.values, TimeField::kTimeline)),
        starts(Numbers<int64_t>(list.values, TimeField::kStart)),
        ends(Numbers<int64_t>(list.values, TimeField::kEnd)) {}

  // False if a timeline does not exist.
  template <typename Time>
  bool Read(size_t row, size_t num_timelines, std::vector<Time>* out) const {
    const size_t end = list.end(row);
    out->reserve(list.size(row));
    for (size_t i = list.begin(row); i < end; ++i) {
      if (timelines[i] >= num_timelines) return false;
      out->push_back({timelines[i], {starts[i], ends[i]}});
    }
    return true;
  }

  ListView list;
  const uint32_t* timelines;
  const int64_t* starts;
  const int64_t* ends;
};

struct ComponentsView {
  explicit ComponentsView(const arrow::Array& array)
      : list(array),
        descriptors(Numbers<uint32_t>(list.values, ComponentField::kDescriptor)),
        rows_set(Numbers<uint64_t>(list.values, ComponentField::kRowsSet)),
        times(*Child(list.values, ComponentField::kTimes)) {}

  bool Read(size_t row, const chunk::ChunkTable& table, std::vector<chunk::ChunkComponent>* out) const {
    const size_t begin = list.begin(row);
    out->resize(list.size(row));
    for (size_t i = 0; i < out->size(); ++i) {
      chunk::ChunkComponent& component = (*out)[i];
      component.descriptor = descriptors[begin + i];
      component.rows_set = rows_set[begin + i];
      if (component.descriptor >= table.descriptors.size()) return false;
      if (!times.Read(begin + i, table.timelines.size(), &component.times)) return false;
    }
    return true;
  }

  ListView list;
  const uint32_t* descriptors;
  const uint64_t* rows_set;
  TimesView times;
};

struct ChunksView {
  explicit ChunksView(const arrow::Array& array)
      : list(array),
        ids(static_cast<const arrow::FixedSizeBinaryArray&>(*Child(list.values, ChunkField::kId)).raw_values()),
        entities(Numbers<uint32_t>(list.values, ChunkField::kEntity)),
        is_static(Child(list.values, ChunkField::kIsStatic)),
        num_rows(Numbers<uint64_t>(list.values, ChunkField::kNumRows)),
        message_offsets(Numbers<uint64_t>(list.values, ChunkField::kMessageOffset)),
        message_sizes(Numbers<uint64_t>(list.values, ChunkField::kMessageSize)),
        uncompressed_sizes(Numbers<uint64_t>(list.values, ChunkField::kUncompressedSize)),
        times(*Child(list.values, ChunkField::kTimes)),
        components(*Child(list.values, ChunkField::kComponents)) {}

  bool Read(size_t layer, chunk::ChunkTable* table) const {
    const size_t begin = list.begin(layer);
    table->chunks.resize(list.size(layer));
    for (size_t i = 0; i < table->chunks.size(); ++i) {
      const size_t at = begin + i;
      chunk::ChunkRow& chunk = table->chunks[i];
      chunk.id = base::Tuid::FromBytes(ids + 16 * at);
      chunk.entity = entities[at];
      chunk.is_static = static_cast<const arrow::BooleanArray&>(*is_static).Value(static_cast<int64_t>(at));
      chunk.num_rows = num_rows[at];
      chunk.place = {message_offsets[at], message_sizes[at], uncompressed_sizes[at]};
      if (chunk.entity >= table->entities.size()) return false;
      if (!times.Read(at, table->timelines.size(), &chunk.times)) return false;
      if (!components.Read(at, *table, &chunk.components)) return false;
    }
    return true;
  }

  ListView list;
  const uint8_t* ids;
  const uint32_t* entities;
  std::shared_ptr<arrow::Array> is_static;
  const uint64_t* num_rows;
  const uint64_t* message_offsets;
  const uint64_t* message_sizes;
  const uint64_t* uncompressed_sizes;
  TimesView times;
  ComponentsView components;
};

// The lists of names of each layer.
struct NamesView {
  explicit NamesView(const arrow::RecordBatch& batch)
      : entities(*batch.column(LayerColumn::kEntities)),
        entity_names(*entities.values),
        timelines(*batch.column(LayerColumn::kTimelines)),
        timeline_names(*Child(timelines.values, TimelineField::kName)),
        timeline_kinds(Numbers<uint8_t>(timelines.values, TimelineField::kKind)),
        descriptors(*batch.column(LayerColumn::kDescriptors)),
        archetypes(*Child(descriptors.values, DescriptorField::kArchetype)),
        components(*Child(descriptors.values, DescriptorField::kComponent)),
        component_types(*Child(descriptors.values, DescriptorField::kComponentType)) {}

  bool Read(size_t layer, chunk::ChunkTable* table) const {
    table->entities.reserve(entities.size(layer));
    for (size_t i = entities.begin(layer); i < entities.end(layer); ++i) table->entities.push_back(entity_names[i]);
    table->timelines.reserve(timelines.size(layer));
    for (size_t i = timelines.begin(layer); i < timelines.end(layer); ++i) {
      if (timeline_kinds[i] > static_cast<uint8_t>(chunk::TimelineKind::kDuration)) return false;
      table->timelines.push_back({timeline_names[i], static_cast<chunk::TimelineKind>(timeline_kinds[i])});
    }
    table->descriptors.reserve(descriptors.size(layer));
    for (size_t i = descriptors.begin(layer); i < descriptors.end(layer); ++i) {
      table->descriptors.push_back({archetypes[i], components[i], component_types[i]});
    }
    return true;
  }

  ListView entities;
  StringColumn entity_names;
  ListView timelines;
  StringColumn timeline_names;
  const uint8_t* timeline_kinds;
  ListView descriptors;
  StringColumn archetypes;
  StringColumn components;
  StringColumn component_types;
};

arrow::Result<std::shared_ptr<arrow::Buffer>> ReadChecked(const std::string& path, const PackInfo& expected) {
  auto file = storage::File::Open(path);
  if (!file.ok()) return DamagedPack(path, file.status().message());
  if ((*file)->size() != expected.bytes) {
    return DamagedPack(path, fmt::format("it has {} bytes, expected {}", (*file)->size(), expected.bytes));
  }
  auto bytes = (*file)->Read(0, expected.bytes);
  if (!bytes.ok()) return DamagedPack(path, bytes.status().message());
  if (ChecksumOf((*bytes)->data(), expected.bytes) != expected.checksum) return DamagedPack(path, "its checksum does not hold");
  return bytes;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Parse(const std::string& path, std::shared_ptr<arrow::Buffer> bytes) {
  const auto parse = [&]() -> arrow::Result<std::shared_ptr<arrow::RecordBatch>> {
    ARROW_ASSIGN_OR_RAISE(const auto reader,
                          arrow::ipc::RecordBatchFileReader::Open(std::make_shared<arrow::io::BufferReader>(std::move(bytes))));
    ARROW_RETURN_NOT_OK(CheckPackSchema(path, *reader->schema(), *LayerPackSchema()));
    if (reader->num_record_batches() != 1) return arrow::Status::Invalid("expected one record batch");
    return reader->ReadRecordBatch(0);
  };
  auto batch = parse();
  if (!batch.ok() && base::CodeOf(batch.status()) != base::Code::kDataLoss) return DamagedPack(path, batch.status().message());
  if (batch.ok()) ARROW_RETURN_NOT_OK(CheckPackBatch(path, **batch));
  return batch;
}

}  // namespace

arrow::Result<std::vector<LayerTable>> ReadLayerPack(const std::string& path, const PackInfo& expected) {
  ARROW_ASSIGN_OR_RAISE(auto bytes, ReadChecked(path, expected));
  ARROW_ASSIGN_OR_RAISE(const auto batch, Parse(path, std::move(bytes)));
  const int64_t* ids = batch->column_data(LayerColumn::kLayer)->GetValues<int64_t>(1);
  const auto& hashes = static_cast<const arrow::FixedSizeBinaryArray&>(*batch->column(LayerColumn::kSchemaSha256));
  const NamesView names(*batch);
  const ChunksView chunks(*batch->column(LayerColumn::kChunks));
  std::vector<LayerTable> layers;
  layers.reserve(static_cast<size_t>(batch->num_rows()));
  for (size_t i = 0; i < static_cast<size_t>(batch->num_rows()); ++i) {
    auto table = std::make_shared<chunk::ChunkTable>();
    std::memcpy(table->schema_sha256.data(), hashes.GetValue(static_cast<int64_t>(i)), table->schema_sha256.size());
    if (!names.Read(i, table.get()) || !chunks.Read(i, table.get())) {
      return DamagedPack(path, fmt::format("layer {} refers to names that it does not list", ids[i]));
    }
    layers.push_back({ids[i], std::move(table)});
  }
  return layers;
}

}  // namespace mutoscope::index
