#include "catalog/chunk_writer.h"

#include <lz4.h>

#include <algorithm>

#include "base/status.h"
#include "catalog/paths.h"
#include "catalog/rebuild.h"
#include "catalog/recordings.h"
#include "chunk/metadata.h"
#include "rrd/stream_writer.h"

namespace mutoscope::catalog {
namespace {

namespace pb = rerun::log_msg::v1alpha1;
namespace common = rerun::common::v1alpha1;

constexpr std::string_view kSegmentKey = "rerun:segment_id";
constexpr std::string_view kOldSegmentKey = "rerun:partition_id";

// Takes the segment id out of the chunk: it belongs to the journey, not to the data.
arrow::Result<std::string> TakeSegmentId(chunk::Chunk* chunk) {
  chunk::Metadata metadata(chunk->batch->schema()->metadata().get());
  if (!metadata.Has(kSegmentKey) && !metadata.Has(kOldSegmentKey)) {
    return base::InvalidArgument("entity '{}': its schema metadata has no {}, which says to which segment it belongs",
                                 chunk->entity_path, kSegmentKey);
  }
  std::string id(metadata.Get(metadata.Has(kSegmentKey) ? kSegmentKey : kOldSegmentKey));
  metadata.Erase(kSegmentKey);
  metadata.Erase(kOldSegmentKey);
  chunk->batch = chunk->batch->ReplaceSchemaMetadata(std::move(metadata).Build()->Copy());
  if (id.empty())
    return base::InvalidArgument("entity '{}': the {} in its schema metadata is empty", chunk->entity_path, kSegmentKey);
  if (id.find('\0') != std::string::npos) {
    return base::InvalidArgument("entity '{}': its {} contains a NUL byte", chunk->entity_path, kSegmentKey);
  }
  return id;
}

arrow::Result<std::string> Ipc(const chunk::Chunk& chunk) {
  ARROW_ASSIGN_OR_RAISE(const auto pieces, chunk::EncodeChunk(chunk));
  size_t size = 0;
  for (const auto& piece : pieces) size += static_cast<size_t>(piece->size());
  std::string out;
  out.reserve(size);
  for (const auto& piece : pieces) out.append(reinterpret_cast<const char*>(piece->data()), static_cast<size_t>(piece->size()));
  return out;
}

// Plain where LZ4 saves next to nothing (pictures, video): such chunks are served without being decoded.
void SetPayload(std::string plain, pb::ArrowMsg* message) {
  message->set_uncompressed_size(plain.size());
  message->set_compression(common::COMPRESSION_NONE);
  if (plain.size() <= LZ4_MAX_INPUT_SIZE) {
    std::string block(plain.size() - plain.size() / 8, '\0');
    const int size =
        LZ4_compress_default(plain.data(), block.data(), static_cast<int>(plain.size()), static_cast<int>(block.size()));
    if (size > 0) {
      block.resize(static_cast<size_t>(size));
      message->set_compression(common::COMPRESSION_LZ4);
      plain = std::move(block);
    }
  }
  message->set_payload(std::move(plain));
}

arrow::Result<pb::ArrowMsg> MessageOf(const rrd::Store& store, const chunk::Chunk& chunk) {
  pb::ArrowMsg message;
  *message.mutable_store_id() = rrd::ToProto(store);
  message.set_encoding(pb::ENCODING_ARROW_IPC);
  message.mutable_chunk_id()->set_time_ns(chunk.id.time_ns);
  message.mutable_chunk_id()->set_inc(chunk.id.inc);
  message.set_is_static(chunk.is_static());
  ARROW_ASSIGN_OR_RAISE(std::string plain, Ipc(chunk));
  SetPayload(std::move(plain), &message);
  return message;
}

}  // namespace

ChunkWriter::ChunkWriter(Catalog& catalog, Dataset dataset)
    : catalog_(catalog), dataset_(std::move(dataset)), quota_(catalog.recordings().NewQuota()) {}

ChunkWriter::~ChunkWriter() {
  if (registered_) return;
  for (const auto& [id, segment] : segments_) RemoveFile(segment.writer->path());
}

arrow::Result<std::unique_ptr<ChunkWriter>> ChunkWriter::Open(Catalog& catalog, const EntryId& id) {
  ARROW_ASSIGN_OR_RAISE(Dataset dataset, catalog.ReadDataset(id));
  return std::unique_ptr<ChunkWriter>(new ChunkWriter(catalog, std::move(dataset)));
}

arrow::Status ChunkWriter::CheckNew(const std::string& segment_id) const {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, catalog_.Snapshot(dataset_.entry.id));
  const auto position = snapshot->segment_positions.find(segment_id);
  if (position == snapshot->segment_positions.end()) return arrow::Status::OK();
  for (const uint32_t layer : snapshot->segments[position->second].layers) {
    if (snapshot->layers[layer]->name != kWrittenLayer) continue;
    return base::AlreadyExists(
        "segment '{}' has a layer '{}' in dataset '{}' already; write to another segment, or unregister it first", segment_id,
        kWrittenLayer, dataset_.entry.name);
  }
  return arrow::Status::OK();
}

arrow::Result<ChunkWriter::Segment*> ChunkWriter::SegmentOf(const std::string& id) {
  if (const auto found = segments_.find(id); found != segments_.end()) return &found->second;
  if (segments_.size() == kWrittenSegmentsMax) {
    return base::InvalidArgument("segment '{}' is one too many: one stream writes at most {}; start another", id,
                                 kWrittenSegmentsMax);
  }
  ARROW_RETURN_NOT_OK(CheckNew(id));
  const EntryId& dataset = dataset_.entry.id;
  Segment segment;
  segment.store = {StoreKindOf(dataset_.entry.kind), id, dataset.text()};
  ARROW_ASSIGN_OR_RAISE(segment.writer, chunk::RecordingWriter::Create(catalog_.recordings().NewPath(dataset, id)));
  Segment& kept = segments_.emplace(id, std::move(segment)).first->second;  // before anything fails: it removes the file
  ARROW_RETURN_NOT_OK(kept.writer->Append(rrd::AnnouncementOf(kept.store)));
  return &kept;
}

arrow::Status ChunkWriter::Store(std::shared_ptr<arrow::Buffer> ipc) {
  ARROW_RETURN_NOT_OK(quota_->Take(static_cast<uint64_t>(ipc->size())));
  ARROW_ASSIGN_OR_RAISE(const chunk::Chunk decoded, chunk::DecodeChunk(std::move(ipc)));
  ARROW_ASSIGN_OR_RAISE(chunk::Chunk chunk, chunk::SortedByRowId(decoded));
  ARROW_ASSIGN_OR_RAISE(const std::string segment_id, TakeSegmentId(&chunk));
  ARROW_ASSIGN_OR_RAISE(Segment* const segment, SegmentOf(segment_id));
  if (segment->chunk_ids.contains(chunk.id)) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const pb::ArrowMsg message, MessageOf(segment->store, chunk));
  const arrow::Status appended = segment->writer->Append(message, chunk);
  if (!appended.ok()) return base::WithContext(appended, "segment '" + segment_id + "'");
  segment->chunk_ids.insert(chunk.id);
  return arrow::Status::OK();
}

arrow::Status ChunkWriter::Take(std::shared_ptr<arrow::Buffer> ipc) {
  if (num_chunks_ == kWrittenChunksMax) {
    return base::InvalidArgument("one stream writes at most {} chunks: write longer chunks, or start another", kWrittenChunksMax);
  }
  const arrow::Status status = Store(std::move(ipc));
  if (status.ok()) {
    ++num_chunks_;
    return status;
  }
  const std::string where = fmt::format("chunk {} of the stream", num_chunks_);
  // Damage on the wire is the client's mistake, not a loss of ours.
  if (base::CodeOf(status) == base::Code::kDataLoss) return base::InvalidArgument("{}: {}", where, status.message());
  return base::WithContext(status, where);
}

arrow::Status ChunkWriter::Finish() {
  if (segments_.empty()) return arrow::Status::OK();
  std::vector<std::string> paths;
  for (const auto& [id, segment] : segments_) {
    ARROW_RETURN_NOT_OK(segment.writer->Finish());
    paths.push_back(segment.writer->path());
  }
  ARROW_RETURN_NOT_OK(catalog_.recordings().Register(dataset_.entry.id, paths, kWrittenLayer, OnDuplicate::kError).status());
  registered_ = true;
  return arrow::Status::OK();
}

}  // namespace mutoscope::catalog
