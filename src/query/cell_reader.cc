#include "query/cell_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <optional>

#include "arrow/builder.h"
#include "arrow/util/bit_util.h"
#include "base/status.h"

namespace mutoscope::query {
namespace {

// Cells of neighbouring rows of one chunk, or nulls, or empty lists.
struct Run {
  enum class Kind { kNulls, kEmpty, kCells } kind = Kind::kNulls;
  uint32_t chunk = 0;
  uint32_t row = 0;
  int64_t length = 0;
};

std::vector<Run> RunsOf(std::span<const CellRef> cells) {
  std::vector<Run> runs;
  for (const CellRef& cell : cells) {
    const auto kind = cell.is_null() ? Run::Kind::kNulls : cell.is_cleared ? Run::Kind::kEmpty : Run::Kind::kCells;
    if (!runs.empty() && runs.back().kind == kind) {
      Run& last = runs.back();
      if (kind != Run::Kind::kCells || (last.chunk == cell.chunk && last.row + last.length == cell.row)) {
        ++last.length;
        continue;
      }
    }
    runs.push_back({kind, cell.chunk, cell.row, 1});
  }
  return runs;
}

class Reader {
 public:
  Reader(const ComponentColumn& column, std::span<const SegmentChunk> chunks, std::span<const uint32_t> rows_needed,
         ChunkSource& source)
      : column_(column), chunks_(chunks), rows_needed_(rows_needed), source_(source) {}

  uint32_t ComponentIn(uint32_t chunk) {
    const auto [entry, is_new] = components_.try_emplace(chunk, 0);
    if (is_new) entry->second = chunks_[chunk].rows.FindComponent(column_.component()).value_or(0);
    return entry->second;
  }

  std::optional<index::LargeCellView> Verbatim(const CellRef& cell) {
    if (cell.is_null() || cell.is_cleared) return std::nullopt;
    auto large = chunks_[cell.chunk].rows.FindLargeCell(ComponentIn(cell.chunk), cell.row);
    return large && large->num_runs > 0 ? large : std::nullopt;
  }

  // Decoded cells of a chunk, as far as `cells` needs them.
  arrow::Status Decode(std::span<const CellRef> cells, bool also_verbatim) {
    struct Needed {
      uint32_t rows = 0;
      size_t cells = 0;
    };
    std::map<uint32_t, Needed> chunks;
    for (const Run& run : RunsOf(cells)) {
      if (run.kind != Run::Kind::kCells) continue;
      int64_t wanted = run.length;
      for (int64_t i = 0; !also_verbatim && i < run.length; ++i) {
        if (Verbatim(CellRef::Value(run.chunk, run.row + static_cast<uint32_t>(i)))) --wanted;
      }
      if (wanted == 0) continue;
      Needed& needed = chunks[run.chunk];
      const auto end = run.row + static_cast<uint32_t>(run.length);
      needed.rows = std::max({needed.rows, end, rows_needed_.empty() ? 0 : rows_needed_[run.chunk]});
      needed.cells += static_cast<size_t>(wanted);
    }
    for (const auto& [chunk, needed] : chunks) {
      const auto& of = chunks_[chunk];
      const auto count = column_.is_blob ? static_cast<int64_t>(needed.rows) : static_cast<int64_t>(of.rows.num_rows);
      // Who reads most blobs of a chunk reads on and does not come back: that would only push others out of the cache.
      const bool keep = !column_.is_blob || 2 * needed.cells < of.rows.num_rows;
      ARROW_ASSIGN_OR_RAISE(decoded_[chunk], source_.Column(of.info, of.rows, column_.component(), count, keep));
      if (decoded_[chunk]->type_id() != arrow::Type::LIST)
        return base::DataLoss("column '{}' of '{}' is no list", column_.component(), column_.entity);
    }
    return arrow::Status::OK();
  }
  const std::shared_ptr<arrow::Array>& decoded(uint32_t chunk) const { return decoded_.at(chunk); }
  const SegmentChunk& chunk(uint32_t position) const { return chunks_[position]; }
  const ComponentColumn& column() const { return column_; }
  ChunkSource& source() { return source_; }

 private:
  const ComponentColumn& column_;
  std::span<const SegmentChunk> chunks_;
  std::span<const uint32_t> rows_needed_;
  ChunkSource& source_;
  std::map<uint32_t, uint32_t> components_;
  std::map<uint32_t, std::shared_ptr<arrow::Array>> decoded_;
};

arrow::Result<std::shared_ptr<arrow::Array>> Assemble(Reader& reader, std::span<const CellRef> cells) {
  ARROW_RETURN_NOT_OK(reader.Decode(cells, /*also_verbatim=*/true));
  const auto runs = RunsOf(cells);
  const auto& type = reader.column().field->type();
  if (runs.size() == 1 && runs[0].kind == Run::Kind::kCells) {
    const auto& whole = reader.decoded(runs[0].chunk);
    if (whole->type()->Equals(*type)) return whole->Slice(runs[0].row, runs[0].length);
  }
  std::unique_ptr<arrow::ArrayBuilder> builder;
  ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
  ARROW_RETURN_NOT_OK(builder->Reserve(static_cast<int64_t>(cells.size())));
  for (const Run& run : runs) {
    switch (run.kind) {
      case Run::Kind::kNulls:
        ARROW_RETURN_NOT_OK(builder->AppendNulls(run.length));
        break;
      case Run::Kind::kEmpty:
        ARROW_RETURN_NOT_OK(builder->AppendEmptyValues(run.length));
        break;
      case Run::Kind::kCells:
        ARROW_RETURN_NOT_OK(builder->AppendArraySlice(arrow::ArraySpan(*reader.decoded(run.chunk)->data()), run.row, run.length));
        break;
    }
  }
  return builder->Finish();
}

// Where the bytes of one instance come from: a cell in a recording, or memory.
struct Bytes {
  uint64_t length = 0;
  const uint8_t* memory = nullptr;
  const storage::File* file = nullptr;
  index::LargeCellView cell;
  std::span<const uint8_t> patches;
};

// List<List<UInt8>> put together byte by byte from files and decoded chunks.
class BlobAssembly {
 public:
  explicit BlobAssembly(int64_t rows) {
    row_offsets_.reserve(static_cast<size_t>(rows) + 1);
    row_offsets_.push_back(0);
    instance_offsets_.push_back(0);
    valid_.reserve(static_cast<size_t>(rows));
  }

  void AddNull() { EndRow(false); }
  void AddEmpty() { EndRow(true); }
  // False if the bytes would not fit into 32-bit offsets.
  bool AddInstance(const Bytes& bytes) {
    total_ += bytes.length;
    if (total_ > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) return false;
    pieces_.push_back(bytes);
    instance_offsets_.push_back(static_cast<int32_t>(total_));
    return true;
  }
  void EndRow(bool is_valid) {
    valid_.push_back(is_valid);
    row_offsets_.push_back(static_cast<int32_t>(pieces_.size()));
  }

  arrow::Result<std::shared_ptr<arrow::Array>> Finish(const std::shared_ptr<arrow::DataType>& type) {
    ARROW_ASSIGN_OR_RAISE(auto values, arrow::AllocateBuffer(static_cast<int64_t>(total_)));
    ARROW_RETURN_NOT_OK(Fill(values->mutable_data()));
    const auto& inner_type = type->field(0)->type();
    const auto rows = static_cast<int64_t>(valid_.size());
    auto bytes = arrow::ArrayData::Make(inner_type->field(0)->type(), static_cast<int64_t>(total_),
                                        {nullptr, std::shared_ptr<arrow::Buffer>(std::move(values))}, 0);
    auto instances = arrow::ArrayData::Make(inner_type, static_cast<int64_t>(pieces_.size()),
                                            {nullptr, arrow::Buffer::FromVector(std::move(instance_offsets_))}, {bytes}, 0);
    ARROW_ASSIGN_OR_RAISE(auto validity, Validity());
    return arrow::MakeArray(arrow::ArrayData::Make(
        type, rows, {std::move(validity), arrow::Buffer::FromVector(std::move(row_offsets_))}, {instances}));
  }

 private:
  arrow::Status Fill(uint8_t* out) const {
    std::optional<storage::ScatteredRead> read;
    for (const Bytes& piece : pieces_) {
      if (piece.file == nullptr) {
        if (piece.length > 0) std::memcpy(out, piece.memory, piece.length);
      } else {
        if (read && &read->file() != piece.file) ARROW_RETURN_NOT_OK(read->Flush());
        if (!read || &read->file() != piece.file) read.emplace(*piece.file);
        ARROW_RETURN_NOT_OK(index::AddLargeCell(piece.cell, piece.patches, {out, piece.length}, &*read));
      }
      out += piece.length;
    }
    return read ? read->Flush() : arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Validity() const {
    if (std::ranges::all_of(valid_, [](bool is_valid) { return is_valid; })) return nullptr;
    ARROW_ASSIGN_OR_RAISE(auto bitmap, arrow::AllocateEmptyBitmap(static_cast<int64_t>(valid_.size())));
    for (size_t i = 0; i < valid_.size(); ++i) {
      if (valid_[i]) arrow::bit_util::SetBit(bitmap->mutable_data(), static_cast<int64_t>(i));
    }
    return bitmap;
  }

  std::vector<bool> valid_;
  std::vector<int32_t> row_offsets_;
  std::vector<int32_t> instance_offsets_;
  std::vector<Bytes> pieces_;
  uint64_t total_ = 0;
};

// The decoded row, instance by instance. False where an instance is null, or it is too much.
bool AddDecoded(const arrow::ListArray& cells, int64_t row, BlobAssembly* blobs) {
  const auto& instances = static_cast<const arrow::ListArray&>(*cells.values());
  const auto* bytes = instances.values()->data()->GetValues<uint8_t>(1);
  for (int64_t i = cells.value_offset(row); i < cells.value_offset(row) + cells.value_length(row); ++i) {
    if (instances.IsNull(i)) return false;
    const auto length = static_cast<uint64_t>(instances.value_length(i));
    if (!blobs->AddInstance({length, bytes + instances.value_offset(i), nullptr, {}, {}})) return false;
  }
  blobs->EndRow(true);
  return true;
}

// Absent if the cells do not fit the form: then Assemble does it.
arrow::Result<std::shared_ptr<arrow::Array>> AssembleBlobs(Reader& reader, std::span<const CellRef> cells) {
  const bool any_verbatim = std::ranges::any_of(cells, [&](const auto& cell) { return reader.Verbatim(cell).has_value(); });
  if (!any_verbatim) return nullptr;
  ARROW_RETURN_NOT_OK(reader.Decode(cells, /*also_verbatim=*/false));
  BlobAssembly blobs(static_cast<int64_t>(cells.size()));
  int64_t verbatim_bytes = 0;
  int64_t verbatim_cells = 0;
  for (const CellRef& cell : cells) {
    if (cell.is_null()) {
      blobs.AddNull();
    } else if (cell.is_cleared) {
      blobs.AddEmpty();
    } else if (const auto large = reader.Verbatim(cell)) {
      ARROW_ASSIGN_OR_RAISE(const auto* file, reader.source().FileOf(reader.chunk(cell.chunk).info.layer));
      if (!blobs.AddInstance({large->length, nullptr, file, *large, reader.chunk(cell.chunk).rows.patches})) return nullptr;
      blobs.EndRow(true);
      verbatim_bytes += static_cast<int64_t>(large->length);
      verbatim_cells += 1;
    } else {
      const auto& decoded = *reader.decoded(cell.chunk);
      const auto& lists = static_cast<const arrow::ListArray&>(decoded);
      const bool has_bytes = lists.values()->type_id() == arrow::Type::LIST;
      if (!has_bytes || decoded.IsNull(cell.row) || !AddDecoded(lists, cell.row, &blobs)) return nullptr;
    }
  }
  reader.source().counters().cells_verbatim += verbatim_cells;
  reader.source().counters().bytes_read += verbatim_bytes;
  return blobs.Finish(reader.column().field->type());
}

}  // namespace

uint64_t CellBytes(const SegmentChunk& chunk, uint32_t component, uint32_t row) {
  if (const auto large = chunk.rows.FindLargeCell(component, row)) return large->length;
  const uint64_t large_bytes = std::min(chunk.rows.LargeCellBytes(), chunk.info.place.uncompressed_size);
  return (chunk.info.place.uncompressed_size - large_bytes) / std::max<uint64_t>(1, chunk.rows.num_rows);
}

arrow::Result<std::shared_ptr<arrow::Array>> ReadCells(const ComponentColumn& column, std::span<const SegmentChunk> chunks,
                                                       std::span<const CellRef> cells, std::span<const uint32_t> rows_needed,
                                                       ChunkSource& source) {
  Reader reader(column, chunks, rows_needed, source);
  if (column.is_blob) {
    ARROW_ASSIGN_OR_RAISE(auto blobs, AssembleBlobs(reader, cells));
    if (blobs != nullptr) return blobs;
  }
  return Assemble(reader, cells);
}

}  // namespace mutoscope::query
