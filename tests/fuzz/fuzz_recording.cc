// Any bytes as a recording file: it is read or refused, and what is read lies inside the file.
#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "fuzz.h"
#include "rrd/footer.h"
#include "rrd/recording.h"

namespace mutoscope::fuzz {
namespace {

constexpr size_t kChunksMax = 8;  // to decode; more would only repeat

// A changed footer would always fail its checksum and nothing behind that would ever be tried, so the checksum is made right.
// (One in sixteen keeps its own.)
std::vector<uint8_t> WithChecksum(std::span<const uint8_t> input) {
  std::vector<uint8_t> bytes(input.begin(), input.end());
  const auto footer = rrd::FooterAtEnd(bytes);
  if (!footer || footer->checksum % 16 == 0 || footer->payload_size > bytes.size() - rrd::kStreamFooterBytes) return bytes;
  uint8_t* end = bytes.data() + bytes.size() - rrd::kStreamFooterBytes;
  base::StoreLittle(end + 16, rrd::FooterChecksum({end - footer->payload_size, static_cast<size_t>(footer->payload_size)}));
  return bytes;
}

// A match at distance 0 is invalid, but liblz4 accepts it, and what it stands for depends on where the output ends.
bool HasZeroDistance(std::span<const uint8_t> block) {
  size_t at = 0;
  const auto read_length = [&](size_t length) {
    if (length < 15) return length;
    while (at < block.size()) {
      length += block[at];
      if (block[at++] != 255) break;
    }
    return length;
  };
  while (at < block.size()) {
    const uint8_t token = block[at++];
    at += read_length(token >> 4);
    if (at + 2 > block.size()) return false;
    if (block[at] == 0 && block[at + 1] == 0) return true;
    at += 2;
    read_length(token & 15);
  }
  return false;
}

void CheckChunk(const storage::File& file, const rrd::ChunkPlace& place) {
  const auto head = rrd::ReadArrowMsgHead(file, place);
  if (!head.ok()) return;
  Require(head->payload_offset >= place.message_offset && head->payload_size <= place.message_size,
          "a payload lies in its message");
  const auto payload = rrd::ReadPayload(file, *head);
  if (!payload.ok()) return;
  Require((*payload)->size() == static_cast<int64_t>(head->uncompressed_size), "a payload has its declared size");
  const auto stored = file.Read(head->payload_offset, head->payload_size).ValueOrDie();
  const bool is_defined = head->compression == rrd::Compression::kNone || !HasZeroDistance({stored->data(), head->payload_size});
  for (const int64_t length : {int64_t{0}, int64_t{100}, (*payload)->size() / 2, (*payload)->size() + 1}) {
    const auto prefix = rrd::ReadPayloadPrefix(file, *head, static_cast<uint64_t>(length));
    RequireOk(prefix.status(), "what decodes as a whole decodes as a prefix");
    const int64_t expected = std::min(length, (*payload)->size());
    Require((*prefix)->size() >= expected, "a prefix is as long as was asked for");
    Require(!is_defined || std::equal((*prefix)->data(), (*prefix)->data() + expected, (*payload)->data()),
            "a prefix is the start of the whole");
  }
}

void CheckStore(const storage::File& file, const rrd::StoreContents& contents) {
  Require(!contents.store.recording_id.empty(), "a store has an id");
  if (contents.manifest) {
    Require(contents.manifest->schema != nullptr, "a manifest has a schema");
    Require(contents.manifest->chunks->num_rows() == static_cast<int64_t>(contents.chunks.size()),
            "a manifest has a row for each chunk");
  }
  uint64_t end = 0;
  for (const auto& place : contents.chunks) {
    Require(place.message_offset >= end && place.message_offset <= file.size() &&
                place.message_size <= file.size() - place.message_offset,
            "chunks follow each other inside the file");
    end = place.message_offset + place.message_size;
  }
  for (size_t i = 0; i < std::min(contents.chunks.size(), kChunksMax); ++i) CheckChunk(file, contents.chunks[i]);
}

}  // namespace
}  // namespace mutoscope::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) { return SilenceProtobuf(); }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mutoscope::fuzz::MemoryFile file(mutoscope::fuzz::WithChecksum({data, size}));
  const auto recording = mutoscope::rrd::ReadRecording(*file);
  if (!recording.ok()) return 0;
  for (const auto& contents : recording->stores) mutoscope::fuzz::CheckStore(*file, contents);
  return 0;
}
