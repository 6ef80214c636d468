#include "catalog/rows_packs.h"

namespace mutoscope::catalog {

arrow::Result<RowsPackCache::Pack> RowsPackCache::Get(PackId id, const std::function<arrow::Result<Pack>()>& open) {
  {
    std::lock_guard lock(mutex_);
    if (const auto found = by_id_.find(id); found != by_id_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->second;
    }
  }
  ARROW_ASSIGN_OR_RAISE(Pack pack, open());
  std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) return found->second->second;  // another thread was faster
  recent_.emplace_front(id, pack);
  by_id_[id] = recent_.begin();
  if (recent_.size() > kPacksMax) {
    by_id_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return pack;
}

void RowsPackCache::Forget(PackId id) {
  std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    recent_.erase(found->second);
    by_id_.erase(found);
  }
}

}  // namespace mutoscope::catalog
