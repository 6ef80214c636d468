#include "query/cells.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "arrow/builder.h"
#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/metadata.h"
#include "index/rows_view.h"

namespace mutoscope::query {
namespace {

using Cells = std::vector<const index::LargeCell*>;  // one for each row of the piece

std::vector<uint32_t> RowsOf(const ChunkKey& key, size_t num_rows) {
  std::vector<uint32_t> rows;
  for (const RowRange& range : key.rows) {
    for (uint32_t i = 0; i < range.count; ++i) rows.push_back(range.begin + i);
  }
  if (key.rows.empty()) {
    rows.resize(num_rows);
    std::iota(rows.begin(), rows.end(), 0);
  }
  return rows;
}

// The cells of that component at these rows, if all of them lie verbatim in the file.
std::optional<Cells> VerbatimCells(const index::ChunkRows& chunk, const chunk::Descriptor& wanted,
                                   const std::vector<uint32_t>& rows) {
  const auto component = std::find_if(chunk.components.begin(), chunk.components.end(),
                                      [&](const auto& cells) { return cells.descriptor.component == wanted.component; });
  const auto position = static_cast<uint32_t>(component - chunk.components.begin());
  Cells cells;
  uint64_t bytes = 0;
  for (const uint32_t row : rows) {
    const auto cell = std::lower_bound(chunk.large_cells.begin(), chunk.large_cells.end(), std::pair(position, row),
                                       [](const auto& c, const auto& key) { return std::pair(c.component, c.row) < key; });
    if (cell == chunk.large_cells.end() || cell->component != position || cell->row != row || cell->runs.empty())
      return std::nullopt;
    cells.push_back(&*cell);
    bytes += cell->length;
  }
  if (bytes > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) return std::nullopt;  // 32-bit offsets
  return cells;
}

bool IsListOfBytes(const arrow::DataType& type) {
  if (type.id() != arrow::Type::LIST || type.field(0)->type()->id() != arrow::Type::LIST) return false;
  return type.field(0)->type()->field(0)->type()->id() == arrow::Type::UINT8;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> Offsets(const std::vector<int32_t>& values) {
  return arrow::Buffer::FromVector(values);
}

// List<List<UInt8>> of one instance a row, its bytes read from the file.
arrow::Result<std::shared_ptr<arrow::Array>> ReadCells(const storage::File& file, const Cells& cells,
                                                       std::span<const uint8_t> patches,
                                                       const std::shared_ptr<arrow::DataType>& type) {
  std::vector<int32_t> rows = {0}, bytes = {0};
  for (const auto* cell : cells) {
    rows.push_back(rows.back() + 1);
    bytes.push_back(bytes.back() + static_cast<int32_t>(cell->length));
  }
  ARROW_ASSIGN_OR_RAISE(auto values, arrow::AllocateBuffer(bytes.back()));
  uint8_t* out = values->mutable_data();
  storage::ScatteredRead read(file);
  for (const auto* cell : cells) {
    const index::LargeCellView view{cell->decoded_offset, cell->length, cell->runs.size(), cell->runs.data(), nullptr, nullptr};
    ARROW_RETURN_NOT_OK(index::AddLargeCell(view, patches, {out, cell->length}, &read));
    out += cell->length;
  }
  ARROW_RETURN_NOT_OK(read.Flush());
  const auto count = static_cast<int64_t>(cells.size());
  const auto inner_type = type->field(0)->type();
  ARROW_ASSIGN_OR_RAISE(auto inner_offsets, Offsets(bytes));
  ARROW_ASSIGN_OR_RAISE(auto outer_offsets, Offsets(rows));
  auto data = arrow::ArrayData::Make(inner_type->field(0)->type(), bytes.back(),
                                     {nullptr, std::shared_ptr<arrow::Buffer>(std::move(values))}, 0);
  auto inner = arrow::ArrayData::Make(inner_type, count, {nullptr, std::move(inner_offsets)}, {std::move(data)}, 0);
  return arrow::MakeArray(arrow::ArrayData::Make(type, count, {nullptr, std::move(outer_offsets)}, {std::move(inner)}, 0));
}

// Row ids and index columns of the piece.
arrow::Status AddHead(const index::ChunkRows& chunk, const std::vector<uint32_t>& rows, arrow::FieldVector* fields,
                      arrow::ArrayVector* arrays) {
  arrow::FixedSizeBinaryBuilder ids(arrow::fixed_size_binary(chunk::kTuidBytes));
  for (const uint32_t row : rows) ARROW_RETURN_NOT_OK(ids.Append(chunk.row_ids[row].bytes()));
  ARROW_ASSIGN_OR_RAISE(arrays->emplace_back(), ids.Finish());
  fields->push_back(chunk::RowIdField(chunk::Metadata(), true));
  for (size_t i = 0; i < chunk.timelines.size(); ++i) {
    arrow::Int64Builder times;
    for (const uint32_t row : rows) ARROW_RETURN_NOT_OK(times.Append(chunk.times[i][row]));
    ARROW_ASSIGN_OR_RAISE(const auto raw, times.Finish());
    ARROW_ASSIGN_OR_RAISE(arrays->emplace_back(), raw->View(chunk::ArrowTypeOf(chunk.timelines[i].kind)));
    fields->push_back(chunk::IndexField(chunk.timelines[i], chunk::Metadata(), chunk::TimesSorted(*arrays->back())));
  }
  return arrow::Status::OK();
}

}  // namespace

std::shared_ptr<arrow::Field> ComponentField(const chunk::Descriptor& descriptor, const std::shared_ptr<arrow::DataType>& type) {
  chunk::Metadata metadata;
  metadata.Set(chunk::kKindKey, chunk::kDataKind);
  metadata.Set(chunk::kComponentKey, descriptor.component);
  metadata.SetOrErase(chunk::kArchetypeKey, descriptor.archetype);
  metadata.SetOrErase(chunk::kComponentTypeKey, descriptor.component_type);
  return arrow::field(descriptor.component, type, true, std::move(metadata).Build());
}

arrow::Result<std::optional<chunk::Chunk>> ChunkFromCells(const storage::File& file, const index::ChunkRows& rows,
                                                          const ChunkKey& key, const std::vector<chunk::Descriptor>& wanted,
                                                          const std::string& entity, base::Tuid id, const arrow::Schema& schema) {
  if (!rows.wire_ready || !rows.row_ids_sorted || wanted.empty()) return std::nullopt;
  const auto positions = RowsOf(key, rows.row_ids.size());
  if (positions.empty() || positions.back() >= rows.row_ids.size()) return std::nullopt;
  std::vector<Cells> cells;
  std::vector<std::shared_ptr<arrow::DataType>> types;
  for (const auto& descriptor : wanted) {
    const auto field = schema.GetFieldByName(chunk::ColumnName(entity, descriptor.component));
    if (field == nullptr || !IsListOfBytes(*field->type())) return std::nullopt;
    auto found = VerbatimCells(rows, descriptor, positions);
    if (!found) return std::nullopt;
    cells.push_back(std::move(*found));
    types.push_back(field->type());
  }
  chunk::Chunk out{id, entity, nullptr, rows.timelines, wanted};
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  ARROW_RETURN_NOT_OK(AddHead(rows, positions, &fields, &arrays));
  for (size_t i = 0; i < wanted.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), ReadCells(file, cells[i], rows.patches, types[i]));
    fields.push_back(ComponentField(wanted[i], types[i]));
  }
  chunk::Metadata metadata;
  metadata.Set(chunk::kIdKey, chunk::ChunkIdText(id));
  metadata.Set(chunk::kEntityPathKey, entity);
  metadata.Set(chunk::kVersionKey, "0.1.3");
  out.batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields), std::move(metadata).Build()),
                                       static_cast<int64_t>(positions.size()), std::move(arrays));
  return out;
}

}  // namespace mutoscope::query
