#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "index/layer_pack.h"
#include "index/layer_pack_columns.h"
#include "storage/durable.h"

namespace mutoscope::index {
namespace {

using Offsets = std::vector<int64_t>;

const std::shared_ptr<arrow::DataType>& ItemType(const arrow::DataType& list) {
  return static_cast<const arrow::LargeListType&>(list).value_type();
}

// list<struct<timeline, start, end>> of chunks or of components.
class TimesColumn {
 public:
  template <typename Times>
  void Append(const Times& times) {
    for (const auto& time : times) {
      timelines_.push_back(time.timeline);
      starts_.push_back(time.range.min);
      ends_.push_back(time.range.max);
    }
    offsets_.push_back(static_cast<int64_t>(timelines_.size()));
  }
  std::shared_ptr<arrow::Array> Finish(const std::shared_ptr<arrow::DataType>& type) && {
    return ListOf(type, std::move(offsets_),
                  StructOf(ItemType(*type),
                           {NumberArray(std::move(timelines_)), NumberArray(std::move(starts_)), NumberArray(std::move(ends_))}));
  }

 private:
  Offsets offsets_ = {0};
  std::vector<uint32_t> timelines_;
  std::vector<int64_t> starts_, ends_;
};

class ComponentsColumn {
 public:
  void Append(const std::vector<chunk::ChunkComponent>& components) {
    for (const chunk::ChunkComponent& component : components) {
      descriptors_.push_back(component.descriptor);
      rows_set_.push_back(component.rows_set);
      times_.Append(component.times);
    }
    offsets_.push_back(static_cast<int64_t>(descriptors_.size()));
  }
  std::shared_ptr<arrow::Array> Finish(const std::shared_ptr<arrow::DataType>& type) && {
    const auto& item = ItemType(*type);
    return ListOf(type, std::move(offsets_),
                  StructOf(item, {NumberArray(std::move(descriptors_)), NumberArray(std::move(rows_set_)),
                                  std::move(times_).Finish(item->field(ComponentField::kTimes)->type())}));
  }

 private:
  Offsets offsets_ = {0};
  std::vector<uint32_t> descriptors_;
  std::vector<uint64_t> rows_set_;
  TimesColumn times_;
};

class ChunksColumn {
 public:
  void Append(const std::vector<chunk::ChunkRow>& chunks) {
    for (const chunk::ChunkRow& chunk : chunks) {
      const auto id = chunk.id.bytes();
      ids_.insert(ids_.end(), id.begin(), id.end());
      entities_.push_back(chunk.entity);
      is_static_.push_back(chunk.is_static);
      num_rows_.push_back(chunk.num_rows);
      message_offsets_.push_back(chunk.place.message_offset);
      message_sizes_.push_back(chunk.place.message_size);
      uncompressed_sizes_.push_back(chunk.place.uncompressed_size);
      times_.Append(chunk.times);
      components_.Append(chunk.components);
    }
    offsets_.push_back(static_cast<int64_t>(entities_.size()));
  }
  std::shared_ptr<arrow::Array> Finish(const std::shared_ptr<arrow::DataType>& type) && {
    const auto& item = ItemType(*type);
    return ListOf(type, std::move(offsets_),
                  StructOf(item, {FixedBytesArray(16, std::move(ids_)), NumberArray(std::move(entities_)), BoolArray(is_static_),
                                  NumberArray(std::move(num_rows_)), NumberArray(std::move(message_offsets_)),
                                  NumberArray(std::move(message_sizes_)), NumberArray(std::move(uncompressed_sizes_)),
                                  std::move(times_).Finish(item->field(ChunkField::kTimes)->type()),
                                  std::move(components_).Finish(item->field(ChunkField::kComponents)->type())}));
  }

 private:
  Offsets offsets_ = {0};
  std::vector<uint8_t> ids_;
  std::vector<uint32_t> entities_;
  std::vector<bool> is_static_;
  std::vector<uint64_t> num_rows_, message_offsets_, message_sizes_, uncompressed_sizes_;
  TimesColumn times_;
  ComponentsColumn components_;
};

// A column of dictionary-encoded strings in the making.
struct TextColumn {
  StringDictionary dictionary;
  std::vector<int32_t> indices;

  void Append(const std::string& text) { indices.push_back(dictionary.Add(text)); }
  arrow::Result<std::shared_ptr<arrow::Array>> Finish() && {
    ARROW_ASSIGN_OR_RAISE(auto values, dictionary.Values());
    return StringDictionary::Column(std::move(indices), values);
  }
};

arrow::Result<std::shared_ptr<arrow::Array>> EntitiesColumn(const std::vector<LayerTable>& layers,
                                                            const std::shared_ptr<arrow::DataType>& type) {
  Offsets offsets = {0};
  TextColumn entities;
  for (const LayerTable& layer : layers) {
    for (const std::string& entity : layer.table->entities) entities.Append(entity);
    offsets.push_back(static_cast<int64_t>(entities.indices.size()));
  }
  ARROW_ASSIGN_OR_RAISE(auto values, std::move(entities).Finish());
  return ListOf(type, std::move(offsets), values);
}

arrow::Result<std::shared_ptr<arrow::Array>> TimelinesColumn(const std::vector<LayerTable>& layers,
                                                             const std::shared_ptr<arrow::DataType>& type) {
  Offsets offsets = {0};
  TextColumn names;
  std::vector<uint8_t> kinds;
  for (const LayerTable& layer : layers) {
    for (const chunk::Timeline& timeline : layer.table->timelines) {
      names.Append(timeline.name);
      kinds.push_back(static_cast<uint8_t>(timeline.kind));
    }
    offsets.push_back(static_cast<int64_t>(kinds.size()));
  }
  ARROW_ASSIGN_OR_RAISE(auto name_values, std::move(names).Finish());
  return ListOf(type, std::move(offsets), StructOf(ItemType(*type), {name_values, NumberArray(std::move(kinds))}));
}

arrow::Result<std::shared_ptr<arrow::Array>> DescriptorsColumn(const std::vector<LayerTable>& layers,
                                                               const std::shared_ptr<arrow::DataType>& type) {
  Offsets offsets = {0};
  TextColumn archetypes, components, component_types;
  for (const LayerTable& layer : layers) {
    for (const chunk::Descriptor& descriptor : layer.table->descriptors) {
      archetypes.Append(descriptor.archetype);
      components.Append(descriptor.component);
      component_types.Append(descriptor.component_type);
    }
    offsets.push_back(static_cast<int64_t>(components.indices.size()));
  }
  ARROW_ASSIGN_OR_RAISE(auto archetype_values, std::move(archetypes).Finish());
  ARROW_ASSIGN_OR_RAISE(auto component_values, std::move(components).Finish());
  ARROW_ASSIGN_OR_RAISE(auto type_values, std::move(component_types).Finish());
  return ListOf(type, std::move(offsets), StructOf(ItemType(*type), {archetype_values, component_values, type_values}));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> MakeBatch(const std::vector<LayerTable>& layers) {
  const std::shared_ptr<arrow::Schema> schema = LayerPackSchema();
  const auto type_of = [&](int column) { return schema->field(column)->type(); };
  std::vector<int64_t> ids;
  std::vector<uint8_t> hashes;
  ChunksColumn chunks;
  for (const LayerTable& layer : layers) {
    ids.push_back(layer.layer);
    hashes.insert(hashes.end(), layer.table->schema_sha256.begin(), layer.table->schema_sha256.end());
    chunks.Append(layer.table->chunks);
  }
  ARROW_ASSIGN_OR_RAISE(auto entities, EntitiesColumn(layers, type_of(LayerColumn::kEntities)));
  ARROW_ASSIGN_OR_RAISE(auto timelines, TimelinesColumn(layers, type_of(LayerColumn::kTimelines)));
  ARROW_ASSIGN_OR_RAISE(auto descriptors, DescriptorsColumn(layers, type_of(LayerColumn::kDescriptors)));
  return arrow::RecordBatch::Make(schema, static_cast<int64_t>(layers.size()),
                                  {NumberArray(std::move(ids)), FixedBytesArray(32, std::move(hashes)), entities, timelines,
                                   descriptors, std::move(chunks).Finish(type_of(LayerColumn::kChunks))});
}

}  // namespace

arrow::Result<PackInfo> WriteLayerPack(const std::string& path, const std::vector<LayerTable>& layers) {
  ARROW_ASSIGN_OR_RAISE(const auto batch, MakeBatch(layers));
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeFileWriter(sink, batch->schema()));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto file, sink->Finish());
  ARROW_RETURN_NOT_OK(storage::WriteDurably(path, {file}));
  const auto bytes = static_cast<uint64_t>(file->size());
  return PackInfo{bytes, ChecksumOf(file->data(), bytes)};
}

}  // namespace mutoscope::index
