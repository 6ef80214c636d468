// One decoded chunk in canonical, migrated form.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/array.h"
#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "base/tuid.h"
#include "chunk/descriptor.h"

namespace mutoscope::chunk {

// Columns of `batch`: row ids, then index columns sorted by name, then component columns; field and schema metadata as rrd.md §2
// says for sorbet 0.1.3 (field names = component identifiers, outer type List<item nullable>). Immutable.
struct Chunk {
  base::Tuid id;
  std::string entity_path;  // canonical
  std::shared_ptr<arrow::RecordBatch> batch;
  std::vector<Timeline> timelines;     // parallel to batch columns 1..
  std::vector<Descriptor> components;  // parallel to the columns after them

  int64_t num_rows() const { return batch->num_rows(); }
  bool is_static() const { return timelines.empty(); }
  int time_column(size_t timeline) const { return static_cast<int>(1 + timeline); }
  int component_column(size_t component) const { return static_cast<int>(1 + timelines.size() + component); }
};

// Decodes an Arrow IPC stream with one batch, migrates it from any sorbet version (rrd.md §4) and checks it: column order, types,
// no nulls in row ids and index columns, list offsets inside their buffers (untrusted input). Buffers of the result are slices of
// `ipc` wherever no migration touched them. INVALID_ARGUMENT saying what is wrong.
arrow::Result<Chunk> DecodeChunk(std::shared_ptr<arrow::Buffer> ipc);

// True if the stored payload of this batch can be handed to any stock client as it is: it decodes to the same columns, sorted by
// row id, and no migration step (up to 0.1.3) changed anything.
bool IsWireReady(const arrow::Schema& stored_schema);

// The rows with ascending row ids: `chunk` itself if they are.
arrow::Result<Chunk> SortedByRowId(const Chunk& chunk);

// Rows [begin, end) of `rows` (ascending positions) and the given component columns (positions in chunk.components); new id.
// Contiguous positions are slices, others are gathered.
arrow::Result<Chunk> Slice(const Chunk& chunk, const std::vector<int64_t>& rows, const std::vector<size_t>& components,
                           base::Tuid id);

// The Arrow IPC stream of a chunk (schema, one batch, end marker): buffers whose concatenation is the stream. Large column
// buffers are references, not copies.
arrow::Result<std::vector<std::shared_ptr<arrow::Buffer>>> EncodeChunk(const Chunk& chunk);

}  // namespace mutoscope::chunk
