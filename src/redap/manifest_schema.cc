#include "redap/manifest_schema.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "arrow/array/concatenate.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "chunk/descriptor.h"
#include "chunk/entity_path.h"

namespace mutoscope::redap {
namespace {

const auto kTimestamp = arrow::timestamp(arrow::TimeUnit::NANO);

std::shared_ptr<arrow::DataType> TextList() { return arrow::list(arrow::field("item", arrow::utf8(), false)); }

arrow::Result<std::shared_ptr<arrow::RecordBatch>> PropertiesOf(const catalog::Layer& layer) {
  if (layer.properties.empty()) return nullptr;
  arrow::io::BufferReader source(arrow::Buffer::FromString(layer.properties));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(&source));
  std::shared_ptr<arrow::RecordBatch> batch;
  ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
  return batch;
}

// The name of a property in tables: what Rerun's tables cannot have in a column's name is an underscore there.
std::string TableName(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::string_view(" .,-\\").find(c) != std::string_view::npos; }, '_');
  return name;
}

std::string RecordingName(const arrow::Field& field) {
  return chunk::ColumnName(chunk::MetadataValue(field, "rerun:entity_path"), chunk::MetadataValue(field, "rerun:component"));
}

}  // namespace

std::vector<std::shared_ptr<arrow::Field>> PropertyFields(const catalog::DatasetSnapshot& snapshot) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::map<std::string, int> uses;  // of a name in the table: properties that would share one keep theirs
  for (const auto& field : snapshot.schema->fields()) {
    const auto entity = chunk::MetadataValue(*field, "rerun:entity_path");
    if (entity.empty() || !chunk::IsPropertyPath(entity)) continue;
    Metadata metadata;
    for (const char* key : {"rerun:kind", "rerun:entity_path", "rerun:component", "rerun:archetype", "rerun:component_type"}) {
      if (auto value = chunk::MetadataValue(*field, key); !value.empty()) metadata.emplace_back(key, std::move(value));
    }
    ++uses[TableName(field->name())];
    fields.push_back(MakeField(field->name(), field->type(), true, metadata));
  }
  for (auto& field : fields) {
    if (auto name = TableName(field->name()); uses[name] == 1) field = field->WithName(std::move(name));
  }
  std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
  return fields;
}

std::shared_ptr<arrow::Schema> SegmentTableSchema(const catalog::DatasetSnapshot& snapshot) {
  std::vector<std::shared_ptr<arrow::Field>> fields = {
      MakeField("rerun_segment_id", arrow::utf8(), false),   MakeField("rerun_layer_names", TextList(), false),
      MakeField("rerun_storage_urls", TextList(), false),    MakeField("rerun_last_updated_at", kTimestamp, false),
      MakeField("rerun_num_chunks", arrow::uint64(), false), MakeField("rerun_size_bytes", arrow::uint64(), false),
  };
  const auto properties = PropertyFields(snapshot);
  fields.insert(fields.end(), properties.begin(), properties.end());
  for (const auto& field : snapshot.schema->fields()) {
    const auto index = chunk::MetadataValue(*field, "rerun:index_name");
    const auto kind = chunk::TimelineKindOf(*field->type());
    if (index.empty() || !kind.ok()) continue;
    for (const std::string marker : {"end", "start"}) {
      fields.push_back(MakeField(index + ":" + marker, field->type(), true,
                                 {{"rerun:kind", "index"},
                                  {"rerun:index", index},
                                  {"rerun:index_kind", std::string(chunk::NameOf(*kind))},
                                  {"rerun:index_marker", marker}}));
    }
  }
  return arrow::schema(fields);
}

std::shared_ptr<arrow::Schema> DatasetManifestSchema(const catalog::DatasetSnapshot& snapshot) {
  std::vector<std::shared_ptr<arrow::Field>> fields = {
      MakeField("rerun_layer_name", arrow::utf8(), false),
      MakeField("rerun_segment_id", arrow::utf8(), false),
      MakeField("rerun_storage_url", arrow::utf8(), false),
      MakeField("rerun_layer_type", arrow::utf8(), false),
      MakeField("rerun_registration_time", kTimestamp, false),
      MakeField("rerun_last_updated_at", kTimestamp, false),
      MakeField("rerun_num_chunks", arrow::uint64(), true),
      MakeField("rerun_size_bytes", arrow::uint64(), true),
      MakeField("rerun_schema_sha256", arrow::fixed_size_binary(32), true),
      MakeField("rerun_registration_status", arrow::utf8(), false),
  };
  const auto properties = PropertyFields(snapshot);
  fields.insert(fields.end(), properties.begin(), properties.end());
  return arrow::schema(fields);
}

arrow::Result<std::shared_ptr<arrow::Array>> PropertyColumn(const catalog::DatasetSnapshot& snapshot, const arrow::Field& field,
                                                            const std::vector<std::vector<uint32_t>>& groups) {
  ARROW_ASSIGN_OR_RAISE(const auto null, arrow::MakeArrayOfNull(field.type(), 1));
  arrow::ArrayVector cells;
  for (const auto& group : groups) {
    std::shared_ptr<arrow::Array> cell = null;
    for (const uint32_t position : group) {
      ARROW_ASSIGN_OR_RAISE(const auto properties, PropertiesOf(*snapshot.layers[position]));
      if (properties == nullptr) continue;
      const auto value = properties->GetColumnByName(RecordingName(field));
      if (value != nullptr && value->length() == 1 && value->type()->Equals(*field.type())) cell = value;
    }
    cells.push_back(cell);
  }
  if (cells.empty()) return arrow::MakeEmptyArray(field.type());
  return arrow::Concatenate(cells);
}

}  // namespace mutoscope::redap
