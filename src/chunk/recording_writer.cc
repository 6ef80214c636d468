#include "chunk/recording_writer.h"

#include "base/status.h"
#include "chunk/footer_manifest.h"
#include "rrd/arrow_msg_head.h"

namespace mutoscope::chunk {
namespace {

namespace pb = rerun::log_msg::v1alpha1;

}  // namespace

arrow::Result<std::unique_ptr<RecordingWriter>> RecordingWriter::Create(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto stream, rrd::StreamWriter::Create(path));
  return std::unique_ptr<RecordingWriter>(new RecordingWriter(std::move(stream)));
}

arrow::Status RecordingWriter::CheckOpen() const {
  return finished_ ? base::FailedPrecondition("'{}' is finished: nothing can be appended", path()) : arrow::Status::OK();
}

arrow::Status RecordingWriter::Append(const pb::LogMsg& message) {
  ARROW_RETURN_NOT_OK(CheckOpen());
  switch (message.msg_case()) {
    case pb::LogMsg::kSetStoreInfo:
      return Append(message.set_store_info());
    case pb::LogMsg::kArrowMsg:
      return Append(message.arrow_msg());
    case pb::LogMsg::kBlueprintActivationCommand:
      return stream_->Append(rrd::MessageKind::kBlueprintActivation, message.blueprint_activation_command()).status();
    case pb::LogMsg::MSG_NOT_SET:
      break;
  }
  return base::InvalidArgument("a log message without content");
}

arrow::Status RecordingWriter::Append(const pb::SetStoreInfo& message) {
  ARROW_RETURN_NOT_OK(CheckOpen());
  ARROW_ASSIGN_OR_RAISE(rrd::Store store, rrd::StoreOf(message.info().store_id()));
  if (store.application_id.empty()) store.application_id = message.info().application_id().id();
  ARROW_RETURN_NOT_OK(stream_->Append(rrd::MessageKind::kSetStoreInfo, message).status());
  applications_[{store.kind, store.recording_id}] = store.application_id;
  return arrow::Status::OK();
}

arrow::Status RecordingWriter::Append(const pb::ArrowMsg& message) {
  ARROW_ASSIGN_OR_RAISE(auto ipc, rrd::DecodePayload(message));
  ARROW_ASSIGN_OR_RAISE(const Chunk chunk, DecodeChunk(std::move(ipc)));
  return AppendChunk(message, StatsOf(chunk));
}

arrow::Status RecordingWriter::Append(const pb::ArrowMsg& message, const Chunk& chunk) {
  return AppendChunk(message, StatsOf(chunk));
}

arrow::Status RecordingWriter::AppendChunk(const pb::ArrowMsg& message, const ChunkStats& stats) {
  ARROW_RETURN_NOT_OK(CheckOpen());
  ARROW_ASSIGN_OR_RAISE(rrd::Store store, rrd::StoreOf(message.store_id()));
  if (store.application_id.empty()) {
    const auto announced = applications_.find({store.kind, store.recording_id});
    if (announced != applications_.end()) store.application_id = announced->second;
  }
  TableBuilder& table = stores_.try_emplace(rrd::KeyOf(store), StoreTable{store, {}}).first->second.table;
  ARROW_RETURN_NOT_OK(table.Check(stats));
  ARROW_ASSIGN_OR_RAISE(const uint64_t offset, stream_->Append(rrd::MessageKind::kArrowMsg, message));
  const bool plain = message.compression() != rerun::common::v1alpha1::COMPRESSION_LZ4;
  table.Add({offset, stream_->size() - offset, plain ? message.payload().size() : message.uncompressed_size()}, stats);
  ++num_chunks_;
  return arrow::Status::OK();
}

arrow::Status RecordingWriter::Finish() {
  ARROW_RETURN_NOT_OK(CheckOpen());
  finished_ = true;
  pb::RrdFooter footer;
  for (auto& [key, store] : stores_) {
    if (store.table.num_chunks() == 0) continue;
    ARROW_ASSIGN_OR_RAISE(auto manifest, FooterManifest(store.store, std::move(store.table).Finish()));
    if (!manifest) return stream_->Sync();
    *footer.add_manifests() = std::move(*manifest);
  }
  return stream_->Finish(footer);
}

}  // namespace mutoscope::chunk
