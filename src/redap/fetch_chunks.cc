#include <map>

#include "arrow/array.h"
#include "base/status.h"
#include "query/deliver.h"
#include "redap/arrow_msg_bytes.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr uint64_t kMessageBytesTarget = 1 << 20;  // small chunks share a message up to here; a chunk is never split
constexpr int64_t kKeysMax = 1 << 22;

arrow::Status AppendKeys(const arrow::RecordBatch& batch, std::vector<query::ChunkKey>* keys) {
  const auto column = batch.GetColumnByName("chunk_key");
  if (column == nullptr || column->type_id() != arrow::Type::BINARY || column->null_count() > 0) {
    return base::InvalidArgument("FetchChunks: chunk_infos need a binary column chunk_key without nulls");
  }
  if (static_cast<int64_t>(keys->size()) + column->length() > kKeysMax) {
    return base::InvalidArgument("FetchChunks: more than {} chunks in one call", kKeysMax);
  }
  const auto& values = static_cast<const arrow::BinaryArray&>(*column);
  for (int64_t i = 0; i < values.length(); ++i) {
    ARROW_ASSIGN_OR_RAISE(keys->emplace_back(), query::DecodeChunkKey(values.GetView(i)));
  }
  return arrow::Status::OK();
}

// Delivers one key after the other.
class Fetch {
 public:
  Fetch(const Engine& engine, std::vector<query::ChunkKey> keys, std::function<bool()> cancelled)
      : engine_(engine), keys_(std::move(keys)), cancelled_(std::move(cancelled)) {}

  arrow::Result<Produced> Next(grpc::ByteBuffer* out) {
    std::vector<query::DeliveredChunk> chunks;
    uint64_t bytes = 0;
    while (next_ < keys_.size() && bytes < kMessageBytesTarget && !cancelled_()) {
      ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(keys_[next_].dataset));
      ARROW_ASSIGN_OR_RAISE(auto chunk, query::Deliver(engine_.catalog, *snapshot, keys_[next_]));
      ++next_;
      bytes += chunk.payload_bytes();
      chunks.push_back(std::move(chunk));
    }
    if (chunks.empty()) return Produced::kNothing;
    *out = EncodeFetchChunksResponse(chunks);
    return next_ == keys_.size() ? Produced::kLastMessage : Produced::kMessage;
  }

 private:
  // One snapshot a dataset for the whole call.
  arrow::Result<std::shared_ptr<const catalog::DatasetSnapshot>> SnapshotOf(const catalog::EntryId& dataset) {
    auto& snapshot = snapshots_[dataset];
    if (snapshot == nullptr) {
      ARROW_ASSIGN_OR_RAISE(snapshot, engine_.catalog.Snapshot(dataset));
    }
    return snapshot;
  }

  const Engine& engine_;
  std::vector<query::ChunkKey> keys_;
  std::function<bool()> cancelled_;
  size_t next_ = 0;
  std::map<catalog::EntryId, std::shared_ptr<const catalog::DatasetSnapshot>> snapshots_;
};

}  // namespace

arrow::Result<Generator<grpc::ByteBuffer>> FetchChunks(const Call& call, const cloud::FetchChunksRequest& request) {
  std::vector<query::ChunkKey> keys;
  for (const auto& part : request.chunk_infos()) {
    const auto batch = FromProto(part);
    if (!batch.ok())
      return base::Internal("FetchChunks: chunk_infos: {}", batch.status().message());  // the code of redap.md §5.7
    ARROW_RETURN_NOT_OK(AppendKeys(**batch, &keys));
  }
  auto fetch = std::make_shared<Fetch>(call.engine, std::move(keys), call.cancelled);
  return Generator<grpc::ByteBuffer>([fetch](grpc::ByteBuffer* out) { return fetch->Next(out); });
}

}  // namespace mutoscope::redap
