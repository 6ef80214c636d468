// Chunk batches from literals, sound and broken ones (rrd.md §2). For tests only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow/api.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "arrow/json/from_string.h"
#include "base/tuid.h"
#include "chunk/descriptor.h"

namespace mutoscope::chunk::testing {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Column {
  std::shared_ptr<arrow::Field> field;
  std::shared_ptr<arrow::Array> data;
};

inline std::shared_ptr<arrow::KeyValueMetadata> MetadataOf(const Pairs& pairs) {
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : pairs) metadata->Append(key, value);
  return metadata;
}

inline std::shared_ptr<arrow::Array> FromJson(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

inline Column Make(const std::string& name, const std::shared_ptr<arrow::DataType>& type, const std::string& json,
                   const Pairs& metadata, bool nullable = true) {
  return {arrow::field(name, type, nullable, MetadataOf(metadata)), FromJson(type, json)};
}

inline const base::Tuid kChunkId{0x1800000000000001, 0xABCDEF};

// Row ids with these counters.
inline Column RowIds(const std::vector<uint64_t>& counters, const Pairs& metadata = {{"rerun:kind", "control"}}) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  for (const uint64_t counter : counters) (void)builder.Append(base::Tuid{7, counter}.bytes());
  auto data = builder.Finish().ValueOrDie();
  return {arrow::field("rerun.controls.RowId", data->type(), false, MetadataOf(metadata)), data};
}

inline Column Index(const std::string& name, const std::string& json, TimelineKind kind = TimelineKind::kSequence) {
  return Make(name, ArrowTypeOf(kind), json, {{"rerun:kind", "index"}, {"rerun:index_name", name}});
}

inline Column Data(const Descriptor& descriptor, const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  Pairs metadata = {{"rerun:kind", "data"}, {"rerun:component", descriptor.component}};
  if (!descriptor.archetype.empty()) metadata.emplace_back("rerun:archetype", descriptor.archetype);
  if (!descriptor.component_type.empty()) metadata.emplace_back("rerun:component_type", descriptor.component_type);
  return Make(descriptor.component, type, json, metadata);
}

inline const Descriptor kScalars{"rerun.archetypes.Scalars", "Scalars:scalars", "rerun.components.Scalar"};
inline const Descriptor kText{"rerun.archetypes.TextLog", "TextLog:text", "rerun.components.Text"};
inline const Descriptor kFoo{"", "foo", ""};

inline Pairs ChunkMetadata(const std::string& entity = "/a", const std::string& version = "0.1.3") {
  return {{"rerun:entity_path", entity}, {"rerun:id", "chunk_" + kChunkId.text()}, {"sorbet:version", version}};
}

inline std::shared_ptr<arrow::RecordBatch> BatchOf(const Pairs& metadata, const std::vector<Column>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const Column& column : columns) {
    fields.push_back(column.field);
    arrays.push_back(column.data);
  }
  const int64_t rows = arrays.empty() ? 0 : arrays[0]->length();
  return arrow::RecordBatch::Make(arrow::schema(fields, MetadataOf(metadata)), rows, arrays);
}

inline std::shared_ptr<arrow::Buffer> IpcOf(const arrow::RecordBatch& batch, const arrow::ipc::IpcWriteOptions& options = {}) {
  auto sink = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = arrow::ipc::MakeStreamWriter(sink, batch.schema(), options).ValueOrDie();
  (void)writer->WriteRecordBatch(batch);
  (void)writer->Close();
  return sink->Finish().ValueOrDie();
}

inline std::shared_ptr<arrow::Buffer> IpcOf(const Pairs& metadata, const std::vector<Column>& columns) {
  return IpcOf(*BatchOf(metadata, columns));
}

}  // namespace mutoscope::chunk::testing
