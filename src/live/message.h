// What a client logs, checked before it is kept.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "arrow/result.h"
#include "chunk/chunk_stats.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/message_header.h"
#include "rrd/recording.h"

namespace mutoscope::live {

struct Message {
  rrd::MessageKind kind = rrd::MessageKind::kSetStoreInfo;
  rrd::Store store;
  std::string bytes;                       // protobuf, as it lies in a file
  uint64_t uncompressed_size = 0;          // of a chunk
  std::optional<chunk::ChunkStats> stats;  // of a chunk
  bool makes_default = false;              // of an activation
};

// Checks the messages of one stream. Not thread-safe.
class MessageCheck {
 public:
  // INVALID_ARGUMENT saying what is wrong: no content, no store, an unknown encoding or compression, a chunk that does not
  // decode.
  arrow::Result<Message> Check(const rerun::log_msg::v1alpha1::LogMsg& message);

 private:
  arrow::Result<rrd::Store> StoreOf(const rerun::common::v1alpha1::StoreId& id) const;
  arrow::Result<Message> CheckInfo(const rerun::log_msg::v1alpha1::SetStoreInfo& info);
  arrow::Result<Message> CheckChunk(const rerun::log_msg::v1alpha1::ArrowMsg& chunk) const;

  // Clients older than 0.26 name the application only where they announce the store (rrd.md §1.11).
  std::map<std::pair<rrd::StoreKind, std::string>, std::string> applications_;
};

}  // namespace mutoscope::live
