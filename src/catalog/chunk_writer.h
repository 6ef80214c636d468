// Chunks that a client sends one by one, made into recordings: one a segment, registered together.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "chunk/chunk.h"
#include "chunk/recording_writer.h"

namespace mutoscope::catalog {

class WriteQuota;

inline constexpr size_t kWrittenSegmentsMax = 256;      // of one stream: each is an open file, and all are one transaction
inline constexpr size_t kWrittenChunksMax = 1'000'000;  // of one stream: a few hundred bytes of memory each until it ends
inline constexpr const char* kWrittenLayer = "base";

// Not thread-safe. Chunks go to disk as they come. Destroyed without a successful Finish(), nothing of it remains.
class ChunkWriter {
 public:
  // NOT_FOUND if there is no such dataset.
  static arrow::Result<std::unique_ptr<ChunkWriter>> Open(Catalog& catalog, const EntryId& dataset);
  ~ChunkWriter();
  ChunkWriter(const ChunkWriter&) = delete;
  ChunkWriter& operator=(const ChunkWriter&) = delete;

  // An Arrow IPC stream with one chunk whose schema metadata names its segment (rerun:segment_id, or rerun:partition_id of old).
  // It is stored in canonical form, sorted by row id; a chunk with the id of an earlier one of the segment is left out.
  // INVALID_ARGUMENT saying what is wrong with it; ALREADY_EXISTS if the segment has a layer "base"; RESOURCE_EXHAUSTED (quota,
  // disk full).
  arrow::Status Take(std::shared_ptr<arrow::Buffer> ipc);
  // Registers all segments, durable when it returns; or none.
  arrow::Status Finish();

 private:
  struct Segment {
    rrd::Store store;
    std::unique_ptr<chunk::RecordingWriter> writer;
    std::unordered_set<base::Tuid> chunk_ids;
  };

  ChunkWriter(Catalog& catalog, Dataset dataset);
  arrow::Status Store(std::shared_ptr<arrow::Buffer> ipc);
  arrow::Result<Segment*> SegmentOf(const std::string& id);
  arrow::Status CheckNew(const std::string& segment_id) const;

  Catalog& catalog_;
  const Dataset dataset_;
  std::unique_ptr<WriteQuota> quota_;
  std::map<std::string, Segment> segments_;
  size_t num_chunks_ = 0;
  bool registered_ = false;
};

}  // namespace mutoscope::catalog
