// The chunk index of one segment over all of its layers: what GetRrdManifest answers.
#pragma once

#include <array>
#include <memory>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "catalog/catalog.h"

namespace mutoscope::query {

struct SegmentManifest {
  rrd::StoreKind store_kind = rrd::StoreKind::kRecording;
  std::shared_ptr<arrow::Schema> schema;  // of the data
  std::array<uint8_t, 32> schema_sha256{};
  std::shared_ptr<arrow::RecordBatch> chunks;  // redap.md §3.9 with chunk_key: one row a chunk
};

// NOT_FOUND if there is no such segment, FAILED_PRECONDITION if a file of it changed.
arrow::Result<SegmentManifest> MakeSegmentManifest(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                                   const std::string& segment_id);

}  // namespace mutoscope::query
