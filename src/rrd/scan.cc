#include "rrd/scan.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "rrd/arrow_msg_head.h"
#include "rrd/footer.h"
#include "rrd/message_header.h"
#include "rrd/stream_header.h"

namespace mutoscope::rrd {
namespace {

constexpr uint64_t kSetStoreInfoBytesMax = 1 << 20;
constexpr size_t kFooterBytesMax = kFooterEntriesMax * kFooterEntryBytes + kFooterTailBytes;

class Scanner {
 public:
  Scanner(Window& window, const ScanRange& range, Findings* findings)
      : window_(window), range_(range), findings_(findings), position_(range.begin) {}

  arrow::Result<std::vector<StreamStores>> Run() {
    while (position_ < range_.end) {
      ARROW_ASSIGN_OR_RAISE(const bool is_stream, StartStream());
      if (!is_stream) break;
      ARROW_ASSIGN_OR_RAISE(const bool goes_on, ReadMessages());
      if (!goes_on) break;
    }
    return std::move(streams_);
  }

 private:
  uint64_t left() const { return range_.end - position_; }

  void Find(uint64_t offset, std::string what) { findings_->Add(offset, std::move(what)); }

  arrow::Result<bool> StartStream() {
    if (streams_.size() >= base::kStreamsMax) {
      Find(position_, fmt::format("more than {} streams: the rest of the file is not served", base::kStreamsMax));
      return false;
    }
    ARROW_ASSIGN_OR_RAISE(const auto bytes, window_.Get(position_, std::min<uint64_t>(left(), kStreamHeaderBytes)));
    if (const auto header = ParseStreamHeader(bytes); !header.ok()) {
      Find(position_, fmt::format("{} bytes that are no RRD stream ({}); the {} streams before them are served", left(),
                                  header.status().message(), streams_.size()));
      return false;
    }
    stream_begin_ = position_;
    messages_ = 0;
    streams_.emplace_back();
    position_ += kStreamHeaderBytes;
    return true;
  }

  // The messages of one stream. False if nothing behind it can be found.
  arrow::Result<bool> ReadMessages() {
    while (position_ < range_.end) {
      ARROW_ASSIGN_OR_RAISE(const auto start, window_.Get(position_, std::min<uint64_t>(left(), kMessageHeaderBytes)));
      if (StartsStream(start)) return true;  // concatenated without End
      if (start.size() < kMessageHeaderBytes) return Cut("a message header", start.size(), kMessageHeaderBytes);
      const MessageHeader header = ParseMessageHeader(start.first<kMessageHeaderBytes>());
      if (!IsKnown(header.kind) || header.size > base::kMessageBytesMax) {
        Find(position_, fmt::format("{} bytes that are no message (kind {}, size {}); the {} messages before them are served",
                                    left(), static_cast<uint64_t>(header.kind), header.size, messages_));
        return false;
      }
      if (header.size > left() - kMessageHeaderBytes) return Cut("a message", left() - kMessageHeaderBytes, header.size);
      ARROW_RETURN_NOT_OK(ReadMessage(header));
      ++messages_;
      if (header.kind == MessageKind::kEnd) return true;
    }
    return true;
  }

  bool Cut(const char* what, uint64_t there, uint64_t expected) {
    Find(position_, fmt::format("cut in the middle of {}: {} of {} bytes are there; the {} messages before it are served", what,
                                there, expected, messages_));
    return false;
  }

  // Moves behind the message whatever is in it.
  arrow::Status ReadMessage(const MessageHeader& header) {
    const uint64_t begin = position_ + kMessageHeaderBytes;
    position_ = begin + header.size;
    switch (header.kind) {
      case MessageKind::kSetStoreInfo:
        return ReadSetStoreInfo(begin, header.size);
      case MessageKind::kArrowMsg:
        return ReadChunk(begin, header.size);
      case MessageKind::kEnd:
        return ReadEnd(begin, header.size);
      case MessageKind::kBlueprintActivation:
        break;
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadSetStoreInfo(uint64_t begin, uint64_t size) {
    if (size > kSetStoreInfoBytesMax) {
      Find(begin, fmt::format("a SetStoreInfo message of {} bytes is ignored: at most {} are read", size, kSetStoreInfoBytesMax));
      return arrow::Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(const auto message, window_.Get(begin, size));
    if (const auto store = ParseSetStoreInfo(message); store.ok()) {
      streams_.back().Announce(*store, begin);
    } else {
      Find(begin, store.status().message() + "; it is ignored");
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadChunk(uint64_t begin, uint64_t size) {
    const auto head = ParseArrowMsgHead(window_, begin, size);
    if (!head.ok()) {
      Find(begin, fmt::format("a chunk of {} bytes is left out: {}", size, head.status().message()));
      return arrow::Status::OK();
    }
    streams_.back().Of(head->store, begin).chunks.push_back({begin, size, head->uncompressed_size});
    return arrow::Status::OK();
  }

  // Files of 0.27 and older have an empty End message and nothing behind it, or the next stream.
  arrow::Status ReadEnd(uint64_t begin, uint64_t size) {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, window_.Get(position_, std::min<uint64_t>(left(), kFooterBytesMax)));
    const size_t footer_bytes = FooterLength(bytes);
    const auto footer = FooterAtEnd(bytes.first(footer_bytes));
    const bool footer_is_cut = size > 0 && footer_bytes == 0 && left() < kStreamFooterBytes && !StartsStream(bytes);
    position_ += footer_is_cut ? left() : footer_bytes;
    if (size == 0 || !range_.trust_footers) return arrow::Status::OK();
    const auto status = footer ? UseManifests(*footer, begin, size) : base::DataLoss("no whole stream footer follows them");
    if (!status.ok()) {
      Find(begin, fmt::format("the manifests are not used ({}); the stream was walked message by message", status.message()));
    }
    return arrow::Status::OK();
  }

  arrow::Status UseManifests(const StreamFooter& footer, uint64_t begin, uint64_t size) {
    if (footer.payload_offset != begin - stream_begin_ || footer.payload_size != size) {
      return base::DataLoss("the stream footer points at {} bytes at {}, the End message has {} bytes at {}", footer.payload_size,
                            footer.payload_offset, size, begin - stream_begin_);
    }
    if (size > base::kFooterBytesMax) return base::DataLoss("{} bytes are more than the {} allowed", size, base::kFooterBytesMax);
    ARROW_ASSIGN_OR_RAISE(const auto payload, window_.Get(begin, size));
    if (FooterChecksum(payload) != footer.checksum) return base::DataLoss("CRC check failed");
    ARROW_ASSIGN_OR_RAISE(auto manifests, ParseFooterPayload(payload));
    return AttachManifests(begin, std::move(manifests));
  }

  // All or none: a footer that is wrong about one store is not believed about another.
  arrow::Status AttachManifests(uint64_t footer_offset, std::vector<StoreManifest> manifests) {
    StreamStores& stores = streams_.back();
    for (auto& manifest : manifests) {
      for (auto& place : manifest.places) place.message_offset += stream_begin_;
      const auto same = [](const ChunkPlace& a, const ChunkPlace& b) {
        return a.message_offset == b.message_offset && a.message_size == b.message_size;
      };
      const auto& walked = stores.Of(manifest.store, footer_offset).chunks;
      if (!std::equal(walked.begin(), walked.end(), manifest.places.begin(), manifest.places.end(), same)) {
        return base::DataLoss("it lists {} chunks of recording '{}', the file has {} or has them elsewhere",
                              manifest.places.size(), manifest.store.recording_id, walked.size());
      }
    }
    for (auto& manifest : manifests) stores.Of(manifest.store, footer_offset).manifest = std::move(manifest.manifest);
    return arrow::Status::OK();
  }

  Window& window_;
  const ScanRange range_;
  Findings* findings_;
  std::vector<StreamStores> streams_;
  uint64_t position_;
  uint64_t stream_begin_ = 0;
  uint64_t messages_ = 0;
};

}  // namespace

arrow::Result<std::vector<StreamStores>> ScanStreams(Window& window, const ScanRange& range, Findings* findings) {
  return Scanner(window, range, findings).Run();
}

}  // namespace mutoscope::rrd
