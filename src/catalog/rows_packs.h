// Opened rows packs, least recently used closed first.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "arrow/result.h"
#include "catalog/paths.h"
#include "index/chunk_rows.h"

namespace mutoscope::catalog {

// Thread-safe.
class RowsPackCache {
 public:
  using Pack = std::shared_ptr<const index::RowsPack>;
  // The pack, from the cache or from `open` (called without the lock held).
  arrow::Result<Pack> Get(PackId id, const std::function<arrow::Result<Pack>()>& open);
  void Forget(PackId id);

 private:
  static constexpr size_t kPacksMax = 64;
  std::mutex mutex_;
  std::list<std::pair<PackId, Pack>> recent_;  // front = last used
  std::unordered_map<PackId, std::list<std::pair<PackId, Pack>>::iterator> by_id_;
};

}  // namespace mutoscope::catalog
