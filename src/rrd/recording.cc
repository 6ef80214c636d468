#include "rrd/recording.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/limits.h"
#include "base/status.h"
#include "rrd/findings.h"
#include "rrd/manifest_check.h"
#include "rrd/scan.h"
#include "rrd/stream_header.h"
#include "rrd/stream_stores.h"
#include "rrd/window.h"

namespace mutoscope::rrd {
namespace {

// Footers of most recordings are smaller: one read then brings the footer and the manifests.
constexpr uint64_t kTailBytes = 64 << 10;

arrow::Result<StreamHeader> ReadFirstHeader(Window& window) {
  const uint64_t length = std::min<uint64_t>(window.file().size(), kStreamHeaderBytes);
  ARROW_ASSIGN_OR_RAISE(const auto bytes, window.Get(0, length));
  auto header = ParseStreamHeader(bytes);
  if (header.ok()) return header;
  if (length < kStreamHeaderBytes) {
    return base::InvalidArgument("'{}' is too small to be an RRD: {} bytes, expected {} or more", window.file().path(), length,
                                 kStreamHeaderBytes);
  }
  return base::WithContext(header.status(), fmt::format("'{}'", window.file().path()));
}

// The streams with footers at the end of the file, the first first.
arrow::Result<std::vector<FootedStream>> FindFootedStreams(Window& window) {
  std::vector<FootedStream> streams;
  uint64_t end = window.file().size();
  while (end > 0 && streams.size() < base::kStreamsMax) {
    ARROW_ASSIGN_OR_RAISE(const auto stream, FindFootedStream(window, end));
    if (!stream) break;
    streams.push_back(*stream);
    end = stream->begin;
  }
  std::reverse(streams.begin(), streams.end());
  return streams;
}

struct Contents {
  std::vector<StreamStores> streams;
  Findings findings;
  bool scanned = false;

  arrow::Status Scan(Window& window, const ScanRange& range) {
    ARROW_ASSIGN_OR_RAISE(auto more, ScanStreams(window, range, &findings));
    std::move(more.begin(), more.end(), std::back_inserter(streams));
    scanned = true;
    return arrow::Status::OK();
  }

  arrow::Status ReadFooted(Window& window, const FootedStream& stream, uint64_t end) {
    if (auto stores = ReadByManifests(window, stream); stores.ok()) {
      streams.push_back(std::move(*stores));
      return arrow::Status::OK();
    } else {
      findings.Add(stream.payload_offset, fmt::format("the manifests are not used ({}); the stream was walked message by message",
                                                      stores.status().message()));
    }
    return Scan(window, {stream.begin, end, false});
  }
};

void FindNamelessStores(const std::vector<StoreContents>& stores, Findings* findings) {
  for (const auto& contents : stores) {
    if (!contents.store.application_id.empty() || contents.chunks.empty()) continue;
    findings->Add(contents.chunks.front().message_offset,
                  fmt::format("no message names the application of recording '{}'", contents.store.recording_id));
  }
}

}  // namespace

arrow::Result<Recording> ReadRecording(const storage::File& file) {
  Window window(file);
  ARROW_RETURN_NOT_OK(window.LoadTail(kTailBytes));
  ARROW_ASSIGN_OR_RAISE(const StreamHeader header, ReadFirstHeader(window));
  ARROW_ASSIGN_OR_RAISE(const auto footed, FindFootedStreams(window));
  Contents contents;
  const uint64_t footed_begin = footed.empty() ? file.size() : footed.front().begin;
  if (footed_begin > 0) ARROW_RETURN_NOT_OK(contents.Scan(window, {0, footed_begin, true}));
  for (size_t i = 0; i < footed.size(); ++i) {
    const uint64_t end = i + 1 < footed.size() ? footed[i + 1].begin : file.size();
    ARROW_RETURN_NOT_OK(contents.ReadFooted(window, footed[i], end));
  }
  Recording recording;
  recording.writer_version = header.version;
  recording.streams = contents.streams.size();
  recording.scanned = contents.scanned;
  recording.stores = MergeStreams(std::move(contents.streams));
  FindNamelessStores(recording.stores, &contents.findings);
  recording.findings = std::move(contents.findings).Take();
  return recording;
}

}  // namespace mutoscope::rrd
