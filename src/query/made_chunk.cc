#include "query/made_chunk.h"

#include "arrow/builder.h"
#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/metadata.h"
#include "query/cells.h"

namespace mutoscope::query {
namespace {

arrow::Result<chunk::Timeline> TimelineOf(const std::string& name, const arrow::Schema& schema) {
  for (const auto& field : schema.fields()) {
    if (chunk::ValueOf(*field, chunk::kIndexNameKey) != name) continue;
    ARROW_ASSIGN_OR_RAISE(const auto kind, chunk::TimelineKindOf(*field->type()));
    return chunk::Timeline{name, kind};
  }
  return base::InvalidArgument("chunk_key: the dataset has no index '{}'", name);
}

arrow::Status AddRowIds(const MadeChunk& made, arrow::FieldVector* fields, arrow::ArrayVector* arrays) {
  arrow::FixedSizeBinaryBuilder ids(arrow::fixed_size_binary(chunk::kTuidBytes));
  for (const MadeRow& row : made.rows) ARROW_RETURN_NOT_OK(ids.Append(row.row_id.bytes()));
  ARROW_ASSIGN_OR_RAISE(arrays->emplace_back(), ids.Finish());
  fields->push_back(chunk::RowIdField(chunk::Metadata(), true));
  return arrow::Status::OK();
}

arrow::Status AddTimes(const MadeChunk& made, size_t timeline, const chunk::Timeline& type, arrow::FieldVector* fields,
                       arrow::ArrayVector* arrays) {
  arrow::Int64Builder times;
  for (const MadeRow& row : made.rows) ARROW_RETURN_NOT_OK(times.Append(row.times[timeline]));
  ARROW_ASSIGN_OR_RAISE(const auto raw, times.Finish());
  ARROW_ASSIGN_OR_RAISE(arrays->emplace_back(), raw->View(chunk::ArrowTypeOf(type.kind)));
  fields->push_back(chunk::IndexField(type, chunk::Metadata(), chunk::TimesSorted(*arrays->back())));
  return arrow::Status::OK();
}

// `[null]` or `[]` in each row.
arrow::Result<std::shared_ptr<arrow::Array>> Cells(const MadeChunk& made, const std::shared_ptr<arrow::DataType>& type) {
  std::vector<int32_t> offsets = {0};
  for (const MadeRow& row : made.rows) offsets.push_back(offsets.back() + (row.has_instance ? 1 : 0));
  ARROW_ASSIGN_OR_RAISE(const auto instances, arrow::MakeArrayOfNull(type->field(0)->type(), offsets.back()));
  return arrow::MakeArray(arrow::ArrayData::Make(type, static_cast<int64_t>(made.rows.size()),
                                                 {nullptr, arrow::Buffer::FromVector(std::move(offsets))}, {instances->data()},
                                                 0));
}

arrow::Status AddCells(const MadeChunk& made, const arrow::Field& column, arrow::FieldVector* fields,
                       arrow::ArrayVector* arrays) {
  if (column.type()->id() != arrow::Type::LIST) return base::Internal("column '{}' is no list", column.name());
  auto field = ComponentField(chunk::DescriptorOf(column), column.type());
  if (made.timelines.empty()) {
    chunk::Metadata metadata(field->metadata().get());
    metadata.Set(chunk::kIsStaticKey, "true");
    field = field->WithMetadata(std::move(metadata).Build());
  }
  fields->push_back(std::move(field));
  ARROW_ASSIGN_OR_RAISE(arrays->emplace_back(), Cells(made, column.type()));
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<chunk::Chunk> ToChunk(const MadeChunk& made, base::Tuid id, const arrow::Schema& schema) {
  chunk::Chunk out{id, made.entity, nullptr, {}, {}};
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  ARROW_RETURN_NOT_OK(AddRowIds(made, &fields, &arrays));
  for (size_t i = 0; i < made.timelines.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(out.timelines.emplace_back(), TimelineOf(made.timelines[i], schema));
    ARROW_RETURN_NOT_OK(AddTimes(made, i, out.timelines.back(), &fields, &arrays));
  }
  for (const auto& component : made.components) {
    const auto column = schema.GetFieldByName(chunk::ColumnName(made.entity, component));
    if (column == nullptr) return base::InvalidArgument("chunk_key: entity '{}' has no component '{}'", made.entity, component);
    ARROW_RETURN_NOT_OK(AddCells(made, *column, &fields, &arrays));
    out.components.push_back(chunk::DescriptorOf(*column));
  }
  chunk::Metadata metadata;
  metadata.Set(chunk::kIdKey, chunk::ChunkIdText(id));
  metadata.Set(chunk::kEntityPathKey, made.entity);
  metadata.Set(chunk::kVersionKey, "0.1.3");
  out.batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields), std::move(metadata).Build()),
                                       static_cast<int64_t>(made.rows.size()), std::move(arrays));
  return out;
}

}  // namespace mutoscope::query
