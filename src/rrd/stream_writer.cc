#include "rrd/stream_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/status.h"
#include "rrd/footer.h"
#include "rrd/stream_header.h"

namespace mutoscope::rrd {
namespace {

std::span<const uint8_t> BytesOf(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

}  // namespace

rerun::common::v1alpha1::StoreId ToProto(const Store& store) {
  rerun::common::v1alpha1::StoreId id;
  id.set_kind(store.kind == StoreKind::kBlueprint ? rerun::common::v1alpha1::STORE_KIND_BLUEPRINT
                                                  : rerun::common::v1alpha1::STORE_KIND_RECORDING);
  id.set_recording_id(store.recording_id);
  id.mutable_application_id()->set_id(store.application_id);
  return id;
}

rerun::log_msg::v1alpha1::SetStoreInfo AnnouncementOf(const Store& store) {
  rerun::log_msg::v1alpha1::SetStoreInfo message;
  const base::Tuid row_id = base::Tuid::New();
  message.mutable_row_id()->set_time_ns(row_id.time_ns);
  message.mutable_row_id()->set_inc(row_id.inc);
  auto* info = message.mutable_info();
  *info->mutable_store_id() = ToProto(store);
  info->mutable_store_source()->set_kind(rerun::log_msg::v1alpha1::STORE_SOURCE_KIND_OTHER);
  info->mutable_store_source()->mutable_extra()->set_payload("mutoscope");
  info->mutable_store_version()->set_crate_version_bits(base::LoadLittle<int32_t>(kWrittenVersion.data()));
  return message;
}

arrow::Result<std::unique_ptr<StreamWriter>> StreamWriter::Create(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, storage::AppendFile::Create(path));
  const auto header = EncodeStreamHeader({kWrittenVersion});
  const std::array<std::span<const uint8_t>, 1> pieces = {header};
  ARROW_RETURN_NOT_OK(file->Append(pieces));
  return std::unique_ptr<StreamWriter>(new StreamWriter(std::move(file)));
}

arrow::Result<std::unique_ptr<StreamWriter>> StreamWriter::Resume(const std::string& path, uint64_t size) {
  ARROW_ASSIGN_OR_RAISE(auto file, storage::AppendFile::Resume(path, size));
  return std::unique_ptr<StreamWriter>(new StreamWriter(std::move(file)));
}

arrow::Result<uint64_t> StreamWriter::Append(MessageKind kind, std::span<const std::span<const uint8_t>> pieces) {
  if (finished_) return base::FailedPrecondition("'{}' is finished: nothing can be appended", path());
  uint64_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  if (size > base::kMessageBytesMax) {
    return base::InvalidArgument("a message of {} bytes: at most {} are allowed", size, base::kMessageBytesMax);
  }
  const auto header = EncodeMessageHeader({kind, size});
  std::vector<std::span<const uint8_t>> all = {header};
  all.insert(all.end(), pieces.begin(), pieces.end());
  const uint64_t offset = file_->size() + kMessageHeaderBytes;
  ARROW_RETURN_NOT_OK(file_->Append(all));
  return offset;
}

arrow::Result<uint64_t> StreamWriter::Append(MessageKind kind, const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  const std::array<std::span<const uint8_t>, 1> pieces = {BytesOf(bytes)};
  return Append(kind, pieces);
}

arrow::Status StreamWriter::Finish(const rerun::log_msg::v1alpha1::RrdFooter& footer) {
  if (finished_) return base::FailedPrecondition("'{}' is finished already", path());
  const std::string payload = footer.SerializeAsString();
  const auto header = EncodeMessageHeader({MessageKind::kEnd, payload.size()});
  const StreamFooter place{file_->size() + kMessageHeaderBytes, payload.size(), FooterChecksum(BytesOf(payload))};
  const auto tail = EncodeStreamFooter(place);
  const std::array<std::span<const uint8_t>, 3> pieces = {header, BytesOf(payload), tail};
  ARROW_RETURN_NOT_OK(file_->Append(pieces));
  finished_ = true;
  return Sync();
}

}  // namespace mutoscope::rrd
