// From a chunk key to the bytes of one ArrowMsg payload.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "catalog/catalog.h"
#include "query/chunk_key.h"
#include "rrd/recording.h"

namespace mutoscope::query {

// What redap.md §4.4 calls an ArrowMsg, payload in pieces whose concatenation is the payload.
struct DeliveredChunk {
  rrd::StoreKind store_kind = rrd::StoreKind::kRecording;
  std::string segment_id;
  std::string application_id;
  rrd::Compression compression = rrd::Compression::kNone;
  uint64_t uncompressed_size = 0;
  base::Tuid chunk_id;
  bool is_static = false;
  std::vector<std::shared_ptr<arrow::Buffer>> payload;

  uint64_t payload_bytes() const;
};

// A whole chunk whose stored form any client can read goes out as it lies in the file (large ones as mappings that this process
// never touches); pieces and chunks of old SDKs are decoded, cut, migrated and encoded again.
//
// NOT_FOUND if the layer is gone (the key is of an older revision), FAILED_PRECONDITION if its file changed, DATA_LOSS if the
// chunk is damaged.
arrow::Result<DeliveredChunk> Deliver(const catalog::Catalog& catalog, const catalog::DatasetSnapshot& snapshot,
                                      const ChunkKey& key);

}  // namespace mutoscope::query
