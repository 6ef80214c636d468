#include "chunk/copy_recording.h"

#include "base/status.h"
#include "rrd/manifest_check.h"
#include "rrd/message_header.h"
#include "rrd/stream_header.h"

namespace mutoscope::chunk {
namespace {

namespace pb = rerun::log_msg::v1alpha1;

template <typename Message>
arrow::Status Parse(const arrow::Buffer& bytes, Message* message) {
  if (bytes.size() <= INT32_MAX && message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return arrow::Status::OK();
  return base::DataLoss("the message of {} bytes does not parse", bytes.size());
}

arrow::Status CopyMessage(rrd::MessageKind kind, const arrow::Buffer& bytes, RecordingWriter* writer) {
  pb::LogMsg message;
  switch (kind) {
    case rrd::MessageKind::kSetStoreInfo:
      ARROW_RETURN_NOT_OK(Parse(bytes, message.mutable_set_store_info()));
      break;
    case rrd::MessageKind::kArrowMsg:
      ARROW_RETURN_NOT_OK(Parse(bytes, message.mutable_arrow_msg()));
      break;
    case rrd::MessageKind::kBlueprintActivation:
      ARROW_RETURN_NOT_OK(Parse(bytes, message.mutable_blueprint_activation_command()));
      break;
    case rrd::MessageKind::kEnd:
      return arrow::Status::OK();
  }
  return writer->Append(message);
}

}  // namespace

arrow::Result<bool> HasFooter(const storage::File& file) {
  rrd::Window window(file);
  ARROW_ASSIGN_OR_RAISE(const auto stream, rrd::FindFootedStream(window, file.size()));
  return stream.has_value();
}

arrow::Status CopyMessages(const storage::File& file, RecordingWriter* writer) {
  ARROW_ASSIGN_OR_RAISE(const auto start, file.Read(0, rrd::kStreamHeaderBytes));
  ARROW_RETURN_NOT_OK(rrd::ParseStreamHeader({start->data(), rrd::kStreamHeaderBytes}).status());
  for (uint64_t position = rrd::kStreamHeaderBytes; file.size() - position >= rrd::kMessageHeaderBytes;) {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, file.Read(position, rrd::kMessageHeaderBytes));
    const auto header =
        rrd::ParseMessageHeader(std::span<const uint8_t, rrd::kMessageHeaderBytes>(bytes->data(), rrd::kMessageHeaderBytes));
    if (!rrd::IsKnown(header.kind)) {
      return base::DataLoss("'{}' at offset {}: expected a message, found kind {}", file.path(), position,
                            static_cast<uint64_t>(header.kind));
    }
    position += rrd::kMessageHeaderBytes;
    if (header.kind == rrd::MessageKind::kEnd || header.size > file.size() - position) break;
    ARROW_ASSIGN_OR_RAISE(const auto message, file.Read(position, header.size));
    const arrow::Status copied = CopyMessage(header.kind, *message, writer);
    if (!copied.ok()) {
      const std::string where = fmt::format("'{}' at offset {}", file.path(), position);
      return base::CodeOf(copied) == base::Code::kInvalidArgument ? base::DataLoss("{}: {}", where, copied.message())
                                                                  : base::WithContext(copied, where);
    }
    position += header.size;
  }
  return arrow::Status::OK();
}

}  // namespace mutoscope::chunk
