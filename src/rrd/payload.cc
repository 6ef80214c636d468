#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "base/limits.h"
#include "base/status.h"
#include "rrd/arrow_msg_head.h"
#include "rrd/recording.h"

namespace mutoscope::rrd {
namespace {

constexpr uint64_t kPrefixBytesMin = 4096;

std::string Where(const storage::File& file, uint64_t offset) {
  return fmt::format("'{}', chunk at offset {}", file.path(), offset);
}

const char* Chars(const uint8_t* bytes) { return reinterpret_cast<const char*>(bytes); }
char* Chars(uint8_t* bytes) { return reinterpret_cast<char*>(bytes); }

// Enough stored bytes for `length` decoded ones, however badly they compress.
uint64_t StoredBytesFor(uint64_t length) { return std::max(kPrefixBytesMin, length + length / 255 + 64); }

// How many of `length` bytes a cut LZ4 block gives. A cut within a token looks like damage and gives none: give it more bytes
// then.
uint64_t DecodePrefix(const arrow::Buffer& stored, uint8_t* out, uint64_t length) {
  const int wanted = static_cast<int>(length);
  const int decoded =
      LZ4_decompress_safe_partial(Chars(stored.data()), Chars(out), static_cast<int>(stored.size()), wanted, wanted);
  return decoded > 0 ? static_cast<uint64_t>(decoded) : 0;
}

}  // namespace

arrow::Result<ArrowMsgHead> ReadArrowMsgHead(const storage::File& file, const ChunkPlace& place) {
  if (place.message_size > base::kMessageBytesMax || place.message_offset > file.size() ||
      place.message_size > file.size() - place.message_offset) {
    return base::DataLoss("{}: its {} bytes do not lie inside the file of {} bytes", Where(file, place.message_offset),
                          place.message_size, file.size());
  }
  Window window(file);
  auto head = ParseArrowMsgHead(window, place.message_offset, place.message_size);
  if (!head.ok()) return base::WithContext(head.status(), Where(file, place.message_offset));
  return head;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ReadPayload(const storage::File& file, const ArrowMsgHead& head) {
  if (auto status = CheckPayloadSizes(head); !status.ok()) return base::WithContext(status, Where(file, head.payload_offset));
  ARROW_ASSIGN_OR_RAISE(auto stored, file.Read(head.payload_offset, head.payload_size));
  if (head.compression == Compression::kNone) return stored;
  auto decoded = DecodeLz4({stored->data(), static_cast<size_t>(stored->size())}, head.uncompressed_size);
  if (!decoded.ok()) return base::WithContext(decoded.status(), Where(file, head.payload_offset));
  return decoded;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ReadPayloadPrefix(const storage::File& file, const ArrowMsgHead& head,
                                                                uint64_t length) {
  if (auto status = CheckPayloadSizes(head); !status.ok()) return base::WithContext(status, Where(file, head.payload_offset));
  length = std::min(length, head.uncompressed_size);
  if (head.compression == Compression::kNone) return file.Read(head.payload_offset, length);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> decoded, arrow::AllocateBuffer(static_cast<int64_t>(length)));
  if (length == 0) return decoded;
  // A match at distance 0, as damaged blocks have, makes liblz4 leave the end of a partial output as it was: old memory.
  std::memset(decoded->mutable_data(), 0, length);
  for (uint64_t stored_bytes = StoredBytesFor(length);; stored_bytes *= 4) {
    const bool whole = stored_bytes >= head.payload_size;
    ARROW_ASSIGN_OR_RAISE(const auto stored, file.Read(head.payload_offset, std::min(stored_bytes, head.payload_size)));
    const uint64_t found = DecodePrefix(*stored, decoded->mutable_data(), length);
    if (found == length) return decoded;
    if (whole) {
      return base::DataLoss("{}: its LZ4 block is damaged: expected {} decoded bytes or more, found {}",
                            Where(file, head.payload_offset), length, found);
    }
  }
}

}  // namespace mutoscope::rrd
