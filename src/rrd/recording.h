// One .rrd file without its payloads: which stores it holds and where their chunks lie.
//
// Byte layout and rules: docs/formats are ours, the RRD format itself is described in rrd.md of the protocol notes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "base/tuid.h"
#include "storage/file.h"

namespace mutoscope::rrd {

enum class StoreKind { kRecording = 1, kBlueprint = 2 };
enum class Compression { kNone = 1, kLz4 = 2 };

struct Store {
  StoreKind kind = StoreKind::kRecording;
  std::string recording_id;
  std::string application_id;  // from StoreId, or (files of 0.24 and older) from StoreInfo
};

// Where one ArrowMsg lies. All offsets are absolute in the file, whichever of its streams the message belongs to.
struct ChunkPlace {
  uint64_t message_offset = 0;     // the protobuf payload, MessageHeader excluded
  uint64_t message_size = 0;       // bytes of that protobuf message
  uint64_t uncompressed_size = 0;  // of the Arrow IPC stream inside
};

// The parsed head of one ArrowMsg: everything but the payload bytes.
struct ArrowMsgHead {
  Store store;
  Compression compression = Compression::kNone;
  uint64_t uncompressed_size = 0;
  uint64_t payload_offset = 0;  // absolute in the file
  uint64_t payload_size = 0;
  std::optional<base::Tuid> chunk_id;
  std::optional<bool> is_static;
};

// What an RRD footer says of one store; null members where the store has no (trusted) manifest.
struct Manifest {
  std::shared_ptr<arrow::RecordBatch> chunks;  // rrd.md §1.8 `data`: one row per chunk, offsets still relative to the stream
  std::shared_ptr<arrow::Schema> schema;       // rrd.md §1.8 `sorbet_schema`
  std::array<uint8_t, 32> schema_sha256{};
};

struct StoreContents {
  Store store;
  std::vector<ChunkPlace> chunks;    // in file order; parallel to the rows of manifest->chunks if there is a manifest
  std::optional<Manifest> manifest;  // only if every row of it was checked against the file
};

// Something that is not as it should be. The chunks of StoreContents are served all the same.
struct Finding {
  uint64_t offset = 0;  // absolute in the file
  std::string what;  // e.g. "cut in the middle of a message: 1200 of 5321 bytes are there; the 14 messages before it are served"
};

struct Recording {
  std::array<uint8_t, 4> writer_version{};  // major, minor, patch, meta of the first stream
  std::vector<StoreContents> stores;        // in order of first appearance; stores without chunks included
  std::vector<Finding> findings;
  size_t streams = 0;    // concatenated streams in the file
  bool scanned = false;  // at least one stream had no trustworthy footer and was walked message by message
};

// Reads headers, footers and manifests, or walks the messages of streams without (checked) footers. Never reads chunk payloads.
//
// A manifest is trusted only if its CRC holds, all of its chunks lie inside their stream, and at each place there is an ArrowMsg
// header of exactly that size; otherwise that stream is scanned and a finding says so. A file cut in the middle of a message
// gives all messages before the cut and a finding. INVALID_ARGUMENT, saying what was found, for: not an RRD (first bytes),
// shorter than 12 bytes, RRF0/RRF1, msgpack, written before 0.23.
arrow::Result<Recording> ReadRecording(const storage::File& file);

// Reads and parses the head of the ArrowMsg at `place`: one small read. DATA_LOSS naming file and offset if it does not parse
// or any length in it does not hold.
arrow::Result<ArrowMsgHead> ReadArrowMsgHead(const storage::File& file, const ChunkPlace& place);

// The decoded Arrow IPC stream of a chunk. DATA_LOSS naming file and offset if it cannot be decompressed to exactly the declared
// size.
arrow::Result<std::shared_ptr<arrow::Buffer>> ReadPayload(const storage::File& file, const ArrowMsgHead& head);

// The first `length` (or more) bytes of it: reads and decompresses no more than is needed. For compressed payloads it reads a
// prefix of the stored bytes, growing until the decoded prefix is long enough; returns fewer only if the whole stream is shorter.
arrow::Result<std::shared_ptr<arrow::Buffer>> ReadPayloadPrefix(const storage::File& file, const ArrowMsgHead& head,
                                                                uint64_t length);

}  // namespace mutoscope::rrd
