// What the parts of the uploads share. Private to this folder.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "catalog/database.h"
#include "catalog/upload_files.h"
#include "catalog/upload_grant.h"
#include "catalog/uploads.h"

namespace mutoscope::catalog {

// Bytes on the disk that no object owns yet.
class UploadQuota {
 public:
  explicit UploadQuota(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  // RESOURCE_EXHAUSTED naming the option.
  arrow::Status Take(uint64_t bytes);
  void TakeAlways(uint64_t bytes) { used_ += bytes; }
  void Give(uint64_t bytes) { used_ -= bytes; }
  uint64_t used() const { return used_; }
  uint64_t bytes_max() const { return bytes_max_; }

 private:
  const uint64_t bytes_max_;
  std::atomic<uint64_t> used_ = 0;
};

struct UploadState {
  UploadState(UploadFiles upload_files, Database& db, UploadOptions given)
      : files(std::move(upload_files)), database(db), options(std::move(given)), quota(options.quota_bytes_max) {}

  int64_t Now() const;
  arrow::Result<std::string> Secret();
  arrow::Result<UploadGrant> Verify(std::string_view grant, GrantKind kind);
  // NOT_FOUND. parts_mutex is held.
  arrow::Status CheckAlive(const std::string& upload_id, const std::string& key) const;
  // With its bytes of the quota. parts_mutex is held.
  void Drop(const std::string& upload_id);
  void RemoveExpired();

  const UploadFiles files;
  Database& database;
  const UploadOptions options;
  UploadQuota quota;

  std::mutex secret_mutex;
  std::string secret;  // empty = not read yet

  std::mutex parts_mutex;            // guards the directories of multipart uploads and
  std::set<std::string> completing;  // those that are being put together: they take no parts, and are not dropped
  std::condition_variable stopped;
  bool stopping = false;
  std::thread sweeper;  // runs once there was a multipart upload
};

arrow::Result<std::unique_ptr<UploadBody>> MakeUploadBody(std::shared_ptr<UploadState> state, UploadGrant grant,
                                                          std::optional<uint64_t> content_length);

}  // namespace mutoscope::catalog
