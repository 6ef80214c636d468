#include "index/chunk_rows.h"

#include <algorithm>

#include "arrow/array.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
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

// A photograph's JPEG holds few matches, of few bytes: the literals between them are read from the file, the bytes that the
// matches stand for are kept here. A cell with many of them is decoded.
constexpr size_t kFileRunsMax = 16;          // of a cell
constexpr uint64_t kLiteralsMin = 64;        // shorter literal runs count as patches
constexpr uint64_t kPatchBytesDivisor = 64;  // patches take at most that part of a cell

// Describes the decoded bytes of a cell by runs. No change if they are too many.
void AddRuns(const std::vector<LiteralRun>& literals, uint64_t payload_offset, std::span<const uint8_t> decoded, LargeCell* cell,
             std::vector<uint8_t>* patches) {
  const uint64_t end = cell->decoded_offset + cell->length;
  auto literal = std::upper_bound(literals.begin(), literals.end(), cell->decoded_offset,
                                  [](uint64_t offset, const LiteralRun& run) { return offset < run.decoded_offset; });
  if (literal != literals.begin()) --literal;
  std::vector<CellRun> runs;
  std::vector<uint8_t> patched;
  size_t file_runs = 0;
  uint64_t at = cell->decoded_offset;
  const auto patch_until = [&](uint64_t until) {
    if (at == until) return;
    runs.push_back({CellRun::kInPatches + patches->size() + patched.size(), until - at});
    patched.insert(patched.end(), decoded.begin() + static_cast<ptrdiff_t>(at), decoded.begin() + static_cast<ptrdiff_t>(until));
    at = until;
  };
  for (; literal != literals.end() && literal->decoded_offset < end; ++literal) {
    const uint64_t literal_end = std::min(end, literal->decoded_offset + literal->length);
    if (literal_end <= at) continue;
    patch_until(std::max(at, literal->decoded_offset));
    runs.push_back({payload_offset + literal->block_offset + (at - literal->decoded_offset), literal_end - at});
    at = literal_end;
    if (++file_runs > kFileRunsMax || patched.size() > cell->length / kPatchBytesDivisor) return;
  }
  patch_until(end);
  if (patched.size() > cell->length / kPatchBytesDivisor) return;
  cell->runs = std::move(runs);
  patches->insert(patches->end(), patched.begin(), patched.end());
}

// The literal runs of the payload; nothing for a block that the decoder takes although it breaks a rule (docs).
arrow::Result<std::vector<LiteralRun>> LiteralsOf(const storage::File& file, const rrd::ArrowMsgHead& head) {
  if (head.compression == rrd::Compression::kNone) return std::vector<LiteralRun>{{0, 0, head.payload_size}};
  ARROW_ASSIGN_OR_RAISE(const auto block, file.Read(head.payload_offset, head.payload_size));
  return LiteralRuns({block->data(), static_cast<size_t>(block->size())}, head.uncompressed_size, kLiteralsMin)
      .ValueOr(std::vector<LiteralRun>());
}

arrow::Status FindRuns(const storage::File& file, const rrd::ArrowMsgHead& head, const arrow::Buffer& ipc, ChunkRows* rows) {
  if (rows->large_cells.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto literals, LiteralsOf(file, head));
  const std::span<const uint8_t> decoded(ipc.data(), static_cast<size_t>(ipc.size()));
  for (LargeCell& cell : rows->large_cells) AddRuns(literals, head.payload_offset, decoded, &cell, &rows->patches);
  return arrow::Status::OK();
}

uint64_t BytesOf(const arrow::ArrayData& data) {
  uint64_t bytes = 0;
  for (const auto& buffer : data.buffers) bytes += buffer == nullptr ? 0 : static_cast<uint64_t>(buffer->size());
  for (const auto& child : data.child_data) bytes += BytesOf(*child);
  return bytes;
}

// What lies beside the large cells of a chunk, if it is little (an image's format, a media type).
arrow::Result<std::shared_ptr<arrow::Buffer>> SmallColumns(const chunk::Chunk& chunk, const ChunkRows& rows, uint64_t ipc_bytes) {
  constexpr uint64_t kBytesMin = 4096;  // always allowed
  constexpr uint64_t kPartOfChunk = 64;
  uint64_t large_bytes = 0;
  std::vector<bool> has_large(chunk.components.size());
  for (const LargeCell& cell : rows.large_cells) {
    large_bytes += cell.length;
    has_large[cell.component] = true;
  }
  if (large_bytes < ipc_bytes / 2 || large_bytes == 0) return nullptr;
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  uint64_t bytes = 0;
  for (size_t i = 0; i < chunk.components.size(); ++i) {
    if (has_large[i]) continue;
    const auto& column = chunk.batch->column(chunk.component_column(i));
    fields.push_back(arrow::field(chunk.components[i].component, column->type()));
    columns.push_back(column);
    bytes += BytesOf(*column->data());
  }
  if (columns.empty() || bytes > std::max(kBytesMin, ipc_bytes / kPartOfChunk)) return nullptr;
  const auto batch = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), chunk.num_rows(), std::move(columns));
  ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, batch->schema()));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  return sink->Finish();
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
  ARROW_ASSIGN_OR_RAISE(rows.small_columns, SmallColumns(chunk, rows, static_cast<uint64_t>(ipc.size())));
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
  ARROW_RETURN_NOT_OK(FindRuns(file, head, *ipc, &*rows));
  return rows;
}

}  // namespace mutoscope::index
