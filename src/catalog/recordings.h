// Recordings that the server writes itself: their names, their registration, and when they go (docs/formats/recordings.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"
#include "catalog/catalog.h"

namespace mutoscope::catalog {

struct CatalogState;

// Space on the disk that a recording in the making takes; given back when destroyed. Thread-safe.
class WriteQuota {
 public:
  explicit WriteQuota(std::shared_ptr<CatalogState> state) : state_(std::move(state)) {}
  ~WriteQuota();
  WriteQuota(const WriteQuota&) = delete;
  WriteQuota& operator=(const WriteQuota&) = delete;
  // RESOURCE_EXHAUSTED if all unfinished writes together would be larger than kUnfinishedWriteBytesMax.
  arrow::Status Take(uint64_t bytes);

 private:
  std::shared_ptr<CatalogState> state_;
  uint64_t taken_ = 0;
};

// Of all streams that write chunks at the same time: what clients that never finish can fill the disk with.
inline constexpr uint64_t kUnfinishedWriteBytesMax = uint64_t{64} << 30;

// Thread-safe.
class Recordings {
 public:
  explicit Recordings(std::shared_ptr<CatalogState> state) : state_(std::move(state)) {}

  // A path for a new file, given once; nothing is made. Until a layer refers to the file it is its writer's to remove; if the
  // server dies, the next start removes it.
  std::string NewPath(const EntryId& dataset, std::string_view segment_id) const;

  // Registers whole files, durable when it returns: all of their recordings, or none if one cannot be (the error says why; the
  // files are the caller's then). They belong to the catalog afterwards: a file goes when the last layer that refers to it is
  // replaced, unregistered, or deleted with its dataset. ALREADY_EXISTS if a segment has that layer, with kError.
  arrow::Result<std::vector<RegisteredSource>> Register(const EntryId& dataset, const std::vector<std::string>& paths,
                                                        const std::string& layer, OnDuplicate on_duplicate) const;

  std::unique_ptr<WriteQuota> NewQuota() const { return std::make_unique<WriteQuota>(state_); }

 private:
  std::shared_ptr<CatalogState> state_;
};

}  // namespace mutoscope::catalog
