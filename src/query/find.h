// Which chunks, or pieces of chunks, must a stock client get so that it computes the answer it would compute from whole
// recordings?
//
// The rules are query.md §6, §7 and redap.md §4.2. A piece (some rows, some columns) replaces a chunk only where that cannot
// change the client's answer; the reasoning stands at the code that decides (pieces.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "index/dataset_index.h"
#include "query/chunk_key.h"

namespace mutoscope::query {

struct StaticMode {};

// Static chunks, and temporal chunks that overlap [start, end] on `timeline` (open where absent).
struct RangeMode {
  std::optional<std::string> timeline;  // absent: every chunk, bounds are ignored
  std::optional<int64_t> start;
  std::optional<int64_t> end;
  // Also the chunks that hold the latest values at `latest_at`.
  std::optional<int64_t> latest_at;
  // False: `timeline` is surely the index of the reader, not one that it merely filters on.
  bool timeline_may_be_foreign = true;
};

struct SegmentSamples {
  std::string segment;
  std::vector<int64_t> values;  // empty: the segment selects nothing
};

// Static chunks of the listed segments, and for each value the chunks around it.
struct SamplesMode {
  std::string timeline;
  std::vector<SegmentSamples> segments;
  bool latest_at = false;
};

struct FindRequest {
  index::ContentSelection contents;
  std::optional<std::vector<std::string>> segments;  // absent = all; unknown ids select nothing. Not used by SamplesMode
  std::variant<StaticMode, RangeMode, SamplesMode> mode;
  std::vector<std::string> announce;  // timelines whose starts are wanted (FoundChunk::starts)
  // The request comes from the dataframe reader of a stock client, which needs supplements (supplements.h). `announce` must hold
  // every timeline that may be the reader's index.
  bool for_reader = false;
};

struct FoundChunk {
  const catalog::Layer* layer = nullptr;  // lives as long as the snapshot
  index::ChunkRef ref;
  ChunkKey key;
  base::Tuid id;            // as it will be delivered
  std::string_view entity;  // lives as long as the snapshot
  bool is_static = false;
  uint64_t bytes = 0;  // about what will be sent
  // Smallest time of the rows that will be delivered, parallel to FindRequest::announce; absent where the chunk lacks that
  // timeline.
  std::vector<std::optional<int64_t>> starts;
};

struct FindOptions {
  uint64_t piece_bytes_min = 32 << 10;  // chunks below this are always delivered whole; 0 cuts wherever it is allowed
};

// INVALID_ARGUMENT for an unknown timeline (unless the dataset has no layers); FAILED_PRECONDITION if a needed source file
// changed.
arrow::Result<std::vector<FoundChunk>> FindChunks(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                                  const FindRequest& request, const FindOptions& options);

}  // namespace mutoscope::query
