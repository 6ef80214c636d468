#include "rrd/manifest_check.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "rrd/message_header.h"
#include "rrd/stream_header.h"

namespace mutoscope::rrd {
namespace {

// Announcements are a few dozen bytes; this is what a message between the chunks may have to be parsed.
constexpr uint64_t kSetStoreInfoBytesMax = 1 << 20;

struct Range {
  uint64_t begin = 0;
  uint64_t end = 0;
};

arrow::Result<MessageHeader> HeaderAt(Window& window, uint64_t offset) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, window.Get(offset, kMessageHeaderBytes));
  return ParseMessageHeader(bytes.first<kMessageHeaderBytes>());
}

// Offsets of the manifest count from the start of the stream.
arrow::Status MakeAbsolute(const Range& stream, std::vector<ChunkPlace>* places) {
  const uint64_t stream_bytes = stream.end - stream.begin;
  for (auto& place : *places) {
    if (place.message_offset > stream_bytes || place.message_size > stream_bytes - place.message_offset) {
      return base::DataLoss("a chunk of {} bytes at {} lies outside its stream of {} bytes", place.message_size,
                            place.message_offset, stream_bytes);
    }
    place.message_offset += stream.begin;
  }
  return arrow::Status::OK();
}

// The messages in `gap` are not chunks: those would be missing from the manifests.
arrow::Status ReadGap(Window& window, const Range& gap, StreamStores* stores) {
  for (uint64_t position = gap.begin; position < gap.end;) {
    if (gap.end - position < kMessageHeaderBytes)
      return base::DataLoss("{} stray bytes at offset {}", gap.end - position, position);
    ARROW_ASSIGN_OR_RAISE(const MessageHeader header, HeaderAt(window, position));
    const uint64_t begin = position + kMessageHeaderBytes;
    const bool listed_nowhere = header.kind != MessageKind::kSetStoreInfo && header.kind != MessageKind::kBlueprintActivation;
    if (listed_nowhere || header.size > gap.end - begin) {
      return base::DataLoss("there is a message at offset {} that no manifest lists", position);
    }
    if (header.kind == MessageKind::kSetStoreInfo) {
      if (header.size > kSetStoreInfoBytesMax)
        return base::DataLoss("a SetStoreInfo of {} bytes at offset {}", header.size, position);
      ARROW_ASSIGN_OR_RAISE(const auto message, window.Get(begin, header.size));
      ARROW_ASSIGN_OR_RAISE(const Store store, ParseSetStoreInfo(message));
      stores->Announce(store, position);
    }
    position = begin + header.size;
  }
  return arrow::Status::OK();
}

arrow::Status CheckChunkHeader(Window& window, const ChunkPlace& place) {
  ARROW_ASSIGN_OR_RAISE(const MessageHeader header, HeaderAt(window, place.message_offset - kMessageHeaderBytes));
  if (header.kind == MessageKind::kArrowMsg && header.size == place.message_size) return arrow::Status::OK();
  return base::DataLoss("it lists a chunk of {} bytes at offset {}, where a message of kind {} and {} bytes is",
                        place.message_size, place.message_offset, static_cast<uint64_t>(header.kind), header.size);
}

// `places`: all chunks of the stream, ascending. `messages`: from behind the StreamHeader to the header of the End message.
arrow::Status CheckMessages(Window& window, const Range& messages, const std::vector<ChunkPlace>& places, StreamStores* stores) {
  uint64_t position = messages.begin;
  for (const auto& place : places) {
    if (place.message_offset < position + kMessageHeaderBytes) {
      return base::DataLoss("the chunk at offset {} overlaps what lies before it", place.message_offset);
    }
    ARROW_RETURN_NOT_OK(ReadGap(window, {position, place.message_offset - kMessageHeaderBytes}, stores));
    ARROW_RETURN_NOT_OK(CheckChunkHeader(window, place));
    position = place.message_offset + place.message_size;
  }
  if (position > messages.end) return base::DataLoss("its last chunk lies behind the End message");
  return ReadGap(window, {position, messages.end}, stores);
}

std::vector<ChunkPlace> AllPlaces(const std::vector<StoreManifest>& manifests) {
  std::vector<ChunkPlace> places;
  for (const auto& manifest : manifests) places.insert(places.end(), manifest.places.begin(), manifest.places.end());
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.message_offset < b.message_offset; });
  return places;
}

}  // namespace

arrow::Result<std::optional<FootedStream>> FindFootedStream(Window& window, uint64_t end) {
  if (end < kStreamHeaderBytes + kMessageHeaderBytes + kStreamFooterBytes) return std::nullopt;
  const uint64_t payload_end = end - kStreamFooterBytes;
  ARROW_ASSIGN_OR_RAISE(const auto footer_bytes, window.Get(payload_end, kStreamFooterBytes));
  const auto footer = FooterAtEnd(footer_bytes);
  if (!footer || footer->payload_offset < kStreamHeaderBytes + kMessageHeaderBytes) return std::nullopt;
  const uint64_t size = footer->payload_size;
  if (size > base::kFooterBytesMax || size > payload_end || footer->payload_offset > payload_end - size) return std::nullopt;
  const FootedStream stream{payload_end - size - footer->payload_offset, payload_end - size, size};
  ARROW_ASSIGN_OR_RAISE(const auto payload, window.Get(stream.payload_offset, size));
  if (FooterChecksum(payload) != footer->checksum) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const MessageHeader header, HeaderAt(window, stream.payload_offset - kMessageHeaderBytes));
  if (header.kind != MessageKind::kEnd || header.size != size) return std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const auto start, window.Get(stream.begin, kStreamHeaderBytes));
  if (!ParseStreamHeader(start).ok()) return std::nullopt;
  return stream;
}

arrow::Result<StreamStores> ReadByManifests(Window& window, const FootedStream& stream) {
  ARROW_ASSIGN_OR_RAISE(const auto payload, window.Get(stream.payload_offset, stream.payload_size));
  ARROW_ASSIGN_OR_RAISE(auto manifests, ParseFooterPayload(payload));
  const Range messages{stream.begin + kStreamHeaderBytes, stream.payload_offset - kMessageHeaderBytes};
  for (auto& manifest : manifests) ARROW_RETURN_NOT_OK(MakeAbsolute({stream.begin, messages.end}, &manifest.places));
  StreamStores stores;
  ARROW_RETURN_NOT_OK(CheckMessages(window, messages, AllPlaces(manifests), &stores));
  for (auto& manifest : manifests) {
    const uint64_t first_offset = manifest.places.empty() ? stream.payload_offset : manifest.places.front().message_offset;
    StoreContents& contents = stores.Of(manifest.store, first_offset);
    contents.chunks = std::move(manifest.places);
    contents.manifest = std::move(manifest.manifest);
  }
  return stores;
}

}  // namespace mutoscope::rrd
