// Writes a recording while it is made: messages as they come, the manifests of the footer at the end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "arrow/result.h"
#include "chunk/table_builder.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/store_id.h"
#include "rrd/stream_writer.h"

namespace mutoscope::chunk {

// Not thread-safe. The file can be read at any moment (rrd::ReadRecording: up to the last whole message), also after a crash; it
// is on disk after Sync(). Keeps a few hundred bytes a chunk in memory. Destroyed without Finish(), the file stays as it is.
class RecordingWriter {
 public:
  // Makes the file. INVALID_ARGUMENT if there is one already.
  static arrow::Result<std::unique_ptr<RecordingWriter>> Create(const std::string& path);

  // Appends the message as it is: chunks are decoded to learn what is in them, but never encoded again. INVALID_ARGUMENT or
  // DATA_LOSS saying what is wrong for a message that a reader could not use (a chunk that does not decode, a column with another
  // datatype than before in this store); RESOURCE_EXHAUSTED if the disk is full. After an error nothing of it is in the file, and
  // other messages can follow.
  arrow::Status Append(const rerun::log_msg::v1alpha1::LogMsg& message);
  arrow::Status Append(const rerun::log_msg::v1alpha1::ArrowMsg& message);
  arrow::Status Append(const rerun::log_msg::v1alpha1::SetStoreInfo& message);
  // The same for a chunk that was decoded already: `chunk` is what the payload of `message` holds.
  arrow::Status Append(const rerun::log_msg::v1alpha1::ArrowMsg& message, const Chunk& chunk);

  arrow::Status Sync() { return stream_->Sync(); }
  // Writes the footer and syncs. Nothing can be appended afterwards, even if it fails: then there is no footer. A store with more
  // manifest than fits into a footer (hours of tiny chunks) leaves the file without one; readers walk its messages then.
  arrow::Status Finish();

  const std::string& path() const { return stream_->path(); }
  uint64_t size() const { return stream_->size(); }  // bytes
  uint64_t num_chunks() const { return num_chunks_; }

 private:
  explicit RecordingWriter(std::unique_ptr<rrd::StreamWriter> stream) : stream_(std::move(stream)) {}
  arrow::Status CheckOpen() const;
  arrow::Status AppendChunk(const rerun::log_msg::v1alpha1::ArrowMsg& message, const ChunkStats& stats);

  struct StoreTable {
    rrd::Store store;
    TableBuilder table;
  };

  std::unique_ptr<rrd::StreamWriter> stream_;
  std::map<rrd::StoreKey, StoreTable> stores_;
  // Clients older than 0.26 name the application only where they announce the store (rrd.md §1.11).
  std::map<std::pair<rrd::StoreKind, std::string>, std::string> applications_;
  uint64_t num_chunks_ = 0;
  bool finished_ = false;
};

}  // namespace mutoscope::chunk
