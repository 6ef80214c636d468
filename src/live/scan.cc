#include "live/scan.h"

#include <array>

#include "base/status.h"
#include "rrd/message_header.h"
#include "rrd/store_id.h"
#include "rrd/stream_header.h"
#include "storage/file.h"

namespace mutoscope::live {
namespace {

arrow::Status AddChunk(const storage::File& file, uint64_t offset, uint64_t size, ScannedFile* scanned) {
  rrd::ChunkPlace place{offset, size, 0};
  ARROW_ASSIGN_OR_RAISE(const rrd::ArrowMsgHead head, rrd::ReadArrowMsgHead(file, place));
  ARROW_ASSIGN_OR_RAISE(auto ipc, rrd::ReadPayload(file, head));
  place.uncompressed_size = static_cast<uint64_t>(ipc->size());
  ARROW_ASSIGN_OR_RAISE(const chunk::Chunk chunk, chunk::DecodeChunk(std::move(ipc)));
  const chunk::ChunkStats stats = chunk::StatsOf(chunk);
  ARROW_RETURN_NOT_OK(scanned->table.Check(stats));
  scanned->table.Add(place, stats);
  if (!scanned->store) scanned->store = head.store;
  return arrow::Status::OK();
}

arrow::Status AddInfo(const storage::File& file, uint64_t offset, uint64_t size, ScannedFile* scanned) {
  ARROW_ASSIGN_OR_RAISE(const auto bytes, file.Read(offset, size));
  ARROW_ASSIGN_OR_RAISE(scanned->store, rrd::ParseSetStoreInfo({bytes->data(), static_cast<size_t>(bytes->size())}));
  scanned->announcement = bytes->ToString();
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<ScannedFile> ScanFile(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto file, storage::File::Open(path));
  std::array<uint8_t, rrd::kStreamHeaderBytes> start{};
  if (file->size() < start.size()) return base::InvalidArgument("'{}' is too short for a recording", path);
  ARROW_RETURN_NOT_OK(file->ReadAt(0, start));
  ARROW_RETURN_NOT_OK(rrd::ParseStreamHeader(start).status());
  ScannedFile scanned;
  scanned.end = start.size();
  while (file->size() - scanned.end >= rrd::kMessageHeaderBytes) {
    std::array<uint8_t, rrd::kMessageHeaderBytes> bytes{};
    ARROW_RETURN_NOT_OK(file->ReadAt(scanned.end, bytes));
    const auto header = rrd::ParseMessageHeader(bytes);
    const uint64_t offset = scanned.end + bytes.size();
    if (header.size > file->size() - offset) break;
    arrow::Status status;
    if (header.kind == rrd::MessageKind::kArrowMsg) {
      status = AddChunk(*file, offset, header.size, &scanned);
    } else if (header.kind == rrd::MessageKind::kSetStoreInfo) {
      status = AddInfo(*file, offset, header.size, &scanned);
    } else if (header.kind != rrd::MessageKind::kBlueprintActivation) {
      break;  // zeros, or no message at all
    }
    if (!status.ok()) break;
    scanned.end = offset + header.size;
  }
  return scanned;
}

}  // namespace mutoscope::live
