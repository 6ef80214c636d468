#include "live/message.h"

#include "base/status.h"
#include "rrd/arrow_msg_head.h"
#include "rrd/store_id.h"

namespace mutoscope::live {
namespace {

namespace pb = rerun::log_msg::v1alpha1;

constexpr size_t kIdBytesMax = 4096;  // of a recording or application id

arrow::Status CheckIds(const rrd::Store& store) {
  if (store.recording_id.empty()) return base::InvalidArgument("a log message whose store has no recording id");
  if (store.recording_id.size() > kIdBytesMax || store.application_id.size() > kIdBytesMax) {
    return base::InvalidArgument("a recording or application id of more than {} bytes", kIdBytesMax);
  }
  if (store.recording_id.find('\0') != std::string::npos) return base::InvalidArgument("a recording id with a NUL byte");
  return arrow::Status::OK();
}

// Damage on the wire is the client's mistake.
arrow::Status Refused(const arrow::Status& status, const std::string& recording) {
  return base::InvalidArgument("a chunk of recording '{}' was refused: {}", recording, status.message());
}

}  // namespace

arrow::Result<rrd::Store> MessageCheck::StoreOf(const rerun::common::v1alpha1::StoreId& id) const {
  auto parsed = rrd::StoreOf(id);
  if (!parsed.ok()) return base::InvalidArgument("a log message with a bad store id: {}", parsed.status().message());
  rrd::Store store = parsed.MoveValueUnsafe();
  if (store.application_id.empty()) {
    const auto announced = applications_.find({store.kind, store.recording_id});
    if (announced != applications_.end()) store.application_id = announced->second;
  }
  ARROW_RETURN_NOT_OK(CheckIds(store));
  return store;
}

arrow::Result<Message> MessageCheck::CheckInfo(const pb::SetStoreInfo& info) {
  ARROW_ASSIGN_OR_RAISE(rrd::Store store, StoreOf(info.info().store_id()));
  if (store.application_id.empty()) store.application_id = info.info().application_id().id();
  ARROW_RETURN_NOT_OK(CheckIds(store));
  applications_[{store.kind, store.recording_id}] = store.application_id;
  Message message;
  message.kind = rrd::MessageKind::kSetStoreInfo;
  message.store = std::move(store);
  message.bytes = info.SerializeAsString();
  return message;
}

arrow::Result<Message> MessageCheck::CheckChunk(const pb::ArrowMsg& chunk) const {
  Message message;
  message.kind = rrd::MessageKind::kArrowMsg;
  ARROW_ASSIGN_OR_RAISE(message.store, StoreOf(chunk.store_id()));
  auto ipc = rrd::DecodePayload(chunk);
  if (!ipc.ok()) return Refused(ipc.status(), message.store.recording_id);
  message.uncompressed_size = static_cast<uint64_t>((*ipc)->size());
  auto decoded = chunk::DecodeChunk(ipc.MoveValueUnsafe());
  if (!decoded.ok()) return Refused(decoded.status(), message.store.recording_id);
  message.stats = chunk::StatsOf(*decoded);
  message.bytes = chunk.SerializeAsString();
  return message;
}

arrow::Result<Message> MessageCheck::Check(const pb::LogMsg& log) {
  switch (log.msg_case()) {
    case pb::LogMsg::kSetStoreInfo:
      return CheckInfo(log.set_store_info());
    case pb::LogMsg::kArrowMsg:
      return CheckChunk(log.arrow_msg());
    case pb::LogMsg::kBlueprintActivationCommand: {
      const auto& command = log.blueprint_activation_command();
      Message message;
      message.kind = rrd::MessageKind::kBlueprintActivation;
      ARROW_ASSIGN_OR_RAISE(message.store, StoreOf(command.blueprint_id()));
      if (message.store.kind != rrd::StoreKind::kBlueprint) {
        return base::InvalidArgument("a blueprint activation names the recording '{}', which is no blueprint",
                                     message.store.recording_id);
      }
      message.makes_default = command.make_default();
      message.bytes = command.SerializeAsString();
      return message;
    }
    case pb::LogMsg::MSG_NOT_SET:
      break;
  }
  return base::InvalidArgument(
      "a log message without content: expected set_store_info, arrow_msg or blueprint_activation_command");
}

}  // namespace mutoscope::live
