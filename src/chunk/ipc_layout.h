// Where the pieces of an Arrow IPC stream lie, read from its metadata without touching a body. Everything here is untrusted
// input.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrow/result.h"

namespace mutoscope::chunk {

// One message of a stream: 8 bytes (marker, length), metadata, body. Positions are bytes from the start of the stream.
struct MessageFrame {
  uint64_t metadata_offset = 0;
  uint64_t metadata_length = 0;
  uint64_t metadata_end() const { return metadata_offset + metadata_length; }
};
inline constexpr uint64_t kFramePrefixBytes = 8;

// Reads the 8 bytes at `offset`. Whether the metadata lies inside the stream is not checked. INVALID_ARGUMENT if the bytes are
// not there, or at the end-of-stream marker.
arrow::Result<MessageFrame> ReadFrame(std::span<const uint8_t> stream, uint64_t offset);

// Checks that the metadata is a schema message Arrow can safely turn into a schema: little-endian, no dictionaries, UTF-8 names,
// no deeper than kFieldDepthMax, and no bigger than the message itself (FlatBuffers may share strings). Returns the number of
// fields.
arrow::Result<uint64_t> CheckSchemaMessage(std::span<const uint8_t> metadata);
inline constexpr int kFieldDepthMax = 32;
inline constexpr uint64_t kSchemaMessageBytesMax = uint64_t{1} << 26;
inline constexpr uint64_t kMetadataEntriesMax = 256;  // of one field

// Positions are bytes from the start of the body.
struct BodyBuffer {
  uint64_t offset = 0;
  uint64_t length = 0;
};
struct FieldNode {
  uint64_t length = 0;
  uint64_t null_count = 0;
};
struct BatchLayout {
  uint64_t num_rows = 0;
  uint64_t body_length = 0;
  std::vector<FieldNode> nodes;     // depth-first, as the fields of the schema
  std::vector<BodyBuffer> buffers;  // inside the declared body, aligned to 8 bytes, in ascending order, not overlapping
};

// Parses the metadata of a record batch message. INVALID_ARGUMENT for other messages, compressed bodies, and counts or positions
// that cannot be.
arrow::Result<BatchLayout> ReadBatchLayout(std::span<const uint8_t> metadata);

}  // namespace mutoscope::chunk
