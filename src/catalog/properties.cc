#include "catalog/properties.h"

#include <map>

#include "arrow/array.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "arrow/util/key_value_metadata.h"
#include "base/status.h"
#include "chunk/chunk.h"
#include "chunk/descriptor.h"
#include "chunk/entity_path.h"

namespace mutoscope::catalog {
namespace {

struct Property {
  base::Tuid row_id;
  std::shared_ptr<arrow::Field> field;
  std::shared_ptr<arrow::Array> cell;  // length 1
};
using PropertyMap = std::map<std::string, Property>;  // by column name

std::shared_ptr<arrow::Field> PropertyField(const std::string& name, const std::string& entity_path,
                                            const chunk::Descriptor& descriptor, const std::shared_ptr<arrow::DataType>& type) {
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  metadata->Append("rerun:kind", "data");
  metadata->Append("rerun:entity_path", entity_path);
  metadata->Append("rerun:component", descriptor.component);
  if (!descriptor.archetype.empty()) metadata->Append("rerun:archetype", descriptor.archetype);
  if (!descriptor.component_type.empty()) metadata->Append("rerun:component_type", descriptor.component_type);
  return arrow::field(name, type, true, std::move(metadata));
}

void Collect(const chunk::Chunk& chunk, PropertyMap* properties) {
  const auto& row_ids = static_cast<const arrow::FixedSizeBinaryArray&>(*chunk.batch->column(0));
  for (size_t i = 0; i < chunk.components.size(); ++i) {
    const std::string name = chunk::ColumnName(chunk.entity_path, chunk.components[i].component);
    const auto& cells = chunk.batch->column(chunk.component_column(i));
    Property& property = (*properties)[name];
    for (int64_t row = 0; row < chunk.num_rows(); ++row) {
      if (cells->IsNull(row)) continue;
      const auto row_id = base::Tuid::FromBytes(row_ids.GetValue(row));
      if (property.cell != nullptr && row_id < property.row_id) continue;
      property = {row_id, PropertyField(name, chunk.entity_path, chunk.components[i], cells->type()), cells->Slice(row, 1)};
    }
  }
}

arrow::Status ReadChunk(const storage::File& file, const rrd::ChunkPlace& place, PropertyMap* properties) {
  ARROW_ASSIGN_OR_RAISE(const auto head, rrd::ReadArrowMsgHead(file, place));
  ARROW_ASSIGN_OR_RAISE(auto payload, rrd::ReadPayload(file, head));
  ARROW_ASSIGN_OR_RAISE(const auto chunk, chunk::DecodeChunk(std::move(payload)));
  Collect(chunk, properties);
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::string> ReadProperties(const storage::File& file, const chunk::ChunkTable& table,
                                          std::vector<rrd::Finding>* findings) {
  PropertyMap properties;
  uint64_t bytes = 0;
  for (const chunk::ChunkRow& row : table.chunks) {
    if (!row.is_static || !chunk::IsPropertyPath(table.entities[row.entity])) continue;
    bytes += row.place.uncompressed_size;
    if (bytes > kPropertyBytesMax) {
      findings->push_back(
          {row.place.message_offset, fmt::format("the recording has more than {} bytes of properties; those from here "
                                                 "on are not in the segment table",
                                                 kPropertyBytesMax)});
      break;
    }
    if (const arrow::Status status = ReadChunk(file, row.place, &properties); !status.ok()) {
      findings->push_back({row.place.message_offset, "a property chunk is not readable: " + status.message()});
    }
  }
  std::erase_if(properties, [](const auto& entry) { return entry.second.cell == nullptr; });
  if (properties.empty()) return std::string();
  arrow::FieldVector fields;
  arrow::ArrayVector cells;
  for (auto& [name, property] : properties) {
    fields.push_back(property.field);
    cells.push_back(property.cell);
  }
  const auto batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), 1, std::move(cells));
  ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(sink, batch->schema()));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto buffer, sink->Finish());
  return buffer->ToString();
}

}  // namespace mutoscope::catalog
