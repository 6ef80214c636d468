// Writes one RRD stream into a new file, message by message (rrd.md §1).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "arrow/result.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/message_header.h"
#include "rrd/recording.h"
#include "storage/append_file.h"

namespace mutoscope::rrd {

// What a StreamHeader of ours claims: the oldest version we serve, so that no reader warns of a newer one. The framing is the
// same since 0.28.
inline constexpr std::array<uint8_t, 4> kWrittenVersion = {0, 36, 3, 0};

// The message that announces a store which this server writes itself.
rerun::log_msg::v1alpha1::SetStoreInfo AnnouncementOf(const Store& store);
rerun::common::v1alpha1::StoreId ToProto(const Store& store);

// Not thread-safe. The file is readable at any time, and cut anywhere gives all messages that are whole (ReadRecording);
// destroyed without Finish() it stays as that of a process that died.
class StreamWriter {
 public:
  // Makes the file, with its StreamHeader.
  static arrow::Result<std::unique_ptr<StreamWriter>> Create(const std::string& path);

  // Goes on with a file without a footer whose first `size` bytes are a StreamHeader and whole messages; the rest is cut off.
  static arrow::Result<std::unique_ptr<StreamWriter>> Resume(const std::string& path, uint64_t size);

  // Appends a message whose protobuf bytes are `pieces`, one after the other; the offset of its payload in the file. After an
  // error (RESOURCE_EXHAUSTED if the disk is full) nothing of it is in the file.
  arrow::Result<uint64_t> Append(MessageKind kind, std::span<const std::span<const uint8_t>> pieces);
  arrow::Result<uint64_t> Append(MessageKind kind, const google::protobuf::MessageLite& message);
  // Ends the stream: End message and StreamFooter, synced. Nothing can be appended afterwards.
  arrow::Status Finish(const rerun::log_msg::v1alpha1::RrdFooter& footer);
  // What was appended is on disk.
  arrow::Status Sync() { return file_->Sync(); }

  const std::string& path() const { return file_->path(); }
  uint64_t size() const { return file_->size(); }  // bytes

 private:
  explicit StreamWriter(std::unique_ptr<storage::AppendFile> file) : file_(std::move(file)) {}
  std::unique_ptr<storage::AppendFile> file_;
  bool finished_ = false;
};

}  // namespace mutoscope::rrd
