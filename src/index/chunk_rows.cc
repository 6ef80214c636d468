#include "index/chunk_rows.h"

#include <algorithm>

#include "arrow/array.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "base/limits.h"
#include "base/status.h"
#include "index/lz4_runs.h"

namespace mutoscope::index {
namespace {

arrow::Result<std::shared_ptr<arrow::Schema>> StoredSchema(const std::shared_ptr<arrow::Buffer>& ipc) {
  ARROW_ASSIGN_OR_RAISE(const auto reader,
                        arrow::ipc::RecordBatchStreamReader::Open(std::make_shared<arrow::io::BufferReader>(ipc)));
  return reader->schema();
}

std::vector<base::Tuid> RowIds(const chunk::Chunk& chunk) {
  const auto& column = static_cast<const arrow::FixedSizeBinaryArray&>(*chunk.batch->column(0));
  std::vector<base::Tuid> ids;
  ids.reserve(static_cast<size_t>(chunk.num_rows()));
  for (int64_t row = 0; row < chunk.num_rows(); ++row) ids.push_back(base::Tuid::FromBytes(column.GetValue(row)));
  return ids;
}

std::vector<std::vector<int64_t>> Times(const chunk::Chunk& chunk) {
  std::vector<std::vector<int64_t>> times;
  for (size_t i = 0; i < chunk.timelines.size(); ++i) {
    const auto* values =
        chunk.batch->column_data(chunk.time_column(i))->GetValues<int64_t>(1);  // all three kinds are 64 bits wide
    times.emplace_back(values, values + chunk.num_rows());
  }
  return times;
}

// One bit a row; empty if all are true.
template <typename Predicate>
std::vector<uint8_t> BitsUnlessAll(int64_t num_rows, Predicate&& is_true) {
  std::vector<uint8_t> bits(static_cast<size_t>(num_rows + 7) / 8);
  bool all = true;
  for (int64_t row = 0; row < num_rows; ++row) {
    if (is_true(row)) {
      bits[static_cast<size_t>(row / 8)] |= static_cast<uint8_t>(1u << (row % 8));
    } else {
      all = false;
    }
  }
  return all ? std::vector<uint8_t>() : bits;
}

// The bytes of one instance; empty if its type has no such bytes or it is null.
std::span<const uint8_t> InstanceBytes(const arrow::Array& instances, int64_t at) {
  const auto of_view = [](std::string_view view) {
    return std::span(reinterpret_cast<const uint8_t*>(view.data()), view.size());
  };
  const auto of_list = [&](const auto& list) -> std::span<const uint8_t> {
    const arrow::Array& values = *list.values();
    if (values.type_id() != arrow::Type::UINT8 || values.null_count() > 0) return {};
    return {values.data()->template GetValues<uint8_t>(1) + list.value_offset(at), static_cast<size_t>(list.value_length(at))};
  };
  if (instances.IsNull(at)) return {};
  switch (instances.type_id()) {
    case arrow::Type::BINARY:
      return of_view(static_cast<const arrow::BinaryArray&>(instances).GetView(at));
    case arrow::Type::LARGE_BINARY:
      return of_view(static_cast<const arrow::LargeBinaryArray&>(instances).GetView(at));
    case arrow::Type::LIST:
      return of_list(static_cast<const arrow::ListArray&>(instances));
    case arrow::Type::LARGE_LIST:
      return of_list(static_cast<const arrow::LargeListArray&>(instances));
    default:
      return {};
  }
}

// Large cells whose bytes are a part of `ipc` (columns that a migration rewrote are not).
void AddLargeCells(const arrow::ListArray& cells, uint32_t component, const arrow::Buffer& ipc, std::vector<LargeCell>* out) {
  const arrow::Array& instances = *cells.values();
  for (int64_t row = 0; row < cells.length(); ++row) {
    if (cells.IsNull(row) || cells.value_length(row) != 1) continue;
    const std::span<const uint8_t> bytes = InstanceBytes(instances, cells.value_offset(row));
    const auto begin = reinterpret_cast<uintptr_t>(bytes.data());
    const auto ipc_begin = reinterpret_cast<uintptr_t>(ipc.data());
    const auto ipc_size = static_cast<uint64_t>(ipc.size());
    if (bytes.size() < base::kLargeCellBytesMin || begin < ipc_begin || begin - ipc_begin > ipc_size) continue;
    if (bytes.size() > ipc_size - (begin - ipc_begin)) continue;
    out->push_back({component, static_cast<uint32_t>(row), begin - ipc_begin, bytes.size(), {}});
  }
}

// Literals are always followed by a match, so a cell that is all literals lies in one run.
void FillRuns(const std::vector<LiteralRun>& runs, uint64_t payload_offset, std::vector<LargeCell>* cells) {
  for (LargeCell& cell : *cells) {
    auto after = std::upper_bound(runs.begin(), runs.end(), cell.decoded_offset,
                                  [](uint64_t offset, const LiteralRun& run) { return offset < run.decoded_offset; });
    if (after == runs.begin()) continue;
    const LiteralRun& run = *--after;
    const uint64_t skipped = cell.decoded_offset - run.decoded_offset;
    if (skipped > run.length || cell.length > run.length - skipped) continue;
    cell.runs = {{payload_offset + run.block_offset + skipped, cell.length}};
  }
}

arrow::Status FindRuns(const storage::File& file, const rrd::ArrowMsgHead& head, std::vector<LargeCell>* cells) {
  if (cells->empty()) return arrow::Status::OK();
  if (head.compression == rrd::Compression::kNone) {
    FillRuns({{0, 0, head.payload_size}}, head.payload_offset, cells);
    return arrow::Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto block, file.Read(head.payload_offset, head.payload_size));
  const auto runs =
      LiteralRuns({block->data(), static_cast<size_t>(block->size())}, head.uncompressed_size, base::kLargeCellBytesMin);
  // The payload was decoded before, so a block refused here only breaks a rule that the decoder does not insist on (docs): no
  // runs.
  if (runs.ok()) FillRuns(*runs, head.payload_offset, cells);
  return arrow::Status::OK();
}

arrow::Result<ChunkRows> RowsOf(const chunk::Chunk& chunk, const arrow::Schema& stored_schema, const arrow::Buffer& ipc) {
  if (chunk.num_rows() > int64_t{UINT32_MAX})
    return base::InvalidArgument("it has {} rows, at most 2^32 - 1 are supported", chunk.num_rows());
  ChunkRows rows;
  rows.row_ids = RowIds(chunk);
  rows.row_ids_sorted = std::is_sorted(rows.row_ids.begin(), rows.row_ids.end());
  rows.wire_ready = rows.row_ids_sorted && chunk::IsWireReady(stored_schema);
  rows.timelines = chunk.timelines;
  rows.times = Times(chunk);
  for (size_t i = 0; i < chunk.components.size(); ++i) {
    const auto& cells = static_cast<const arrow::ListArray&>(*chunk.batch->column(chunk.component_column(i)));
    ComponentCells& component = rows.components.emplace_back();
    component.descriptor = chunk.components[i];
    component.set = BitsUnlessAll(chunk.num_rows(), [&](int64_t row) { return cells.IsValid(row); });
    component.non_empty =
        BitsUnlessAll(chunk.num_rows(), [&](int64_t row) { return cells.IsValid(row) && cells.value_length(row) > 0; });
    AddLargeCells(cells, static_cast<uint32_t>(i), ipc, &rows.large_cells);
  }
  return rows;
}

}  // namespace

arrow::Result<ChunkRows> BuildChunkRows(const storage::File& file, const rrd::ChunkPlace& place) {
  ARROW_ASSIGN_OR_RAISE(const rrd::ArrowMsgHead head, rrd::ReadArrowMsgHead(file, place));
  ARROW_ASSIGN_OR_RAISE(const auto ipc, rrd::ReadPayload(file, head));
  const auto decode = [&]() -> arrow::Result<ChunkRows> {
    ARROW_ASSIGN_OR_RAISE(const auto stored_schema, StoredSchema(ipc));
    ARROW_ASSIGN_OR_RAISE(const chunk::Chunk chunk, chunk::DecodeChunk(ipc));
    return RowsOf(chunk, *stored_schema, *ipc);
  };
  auto rows = decode();
  if (!rows.ok()) {
    return base::DataLoss("'{}': the chunk at offset {} cannot be decoded: {}", file.path(), place.message_offset,
                          rows.status().message());
  }
  ARROW_RETURN_NOT_OK(FindRuns(file, head, &rows->large_cells));
  return rows;
}

}  // namespace mutoscope::index
