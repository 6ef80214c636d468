#include "query/chunk_cache.h"

#include <utility>

namespace mutoscope::query {
namespace {

constexpr uint64_t kEntryBytes = 256;  // of an entry besides what it holds, about

}  // namespace

ChunkCache::Entry* ChunkCache::Find(const ChunkPart& part) {
  const auto found = by_part_.find(part);
  if (found == by_part_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return &*found->second;
}

void ChunkCache::Add(Entry entry) {
  entry.bytes += kEntryBytes;
  if (entry.bytes > bytes_max_ / 8) return;
  Entries dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  if (const auto old = by_part_.find(entry.part); old != by_part_.end()) {
    bytes_ -= old->second->bytes;
    dropped.splice(dropped.begin(), recent_, old->second);
    by_part_.erase(old);
  }
  bytes_ += entry.bytes;
  recent_.push_front(std::move(entry));
  by_part_[recent_.front().part] = recent_.begin();
  while (bytes_ > bytes_max_) {
    bytes_ -= recent_.back().bytes;
    by_part_.erase(recent_.back().part);
    dropped.splice(dropped.begin(), recent_, std::prev(recent_.end()));
  }
}

std::shared_ptr<const index::RowsView> ChunkCache::FindRows(index::LayerId layer, uint32_t ordinal) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = Find({layer, ordinal, {}});
  return entry == nullptr ? nullptr : entry->rows;
}

void ChunkCache::AddRows(index::LayerId layer, uint32_t ordinal, std::shared_ptr<const index::RowsView> rows) {
  const uint64_t bytes = rows->heap_bytes;
  Add({{layer, ordinal, {}}, std::move(rows), nullptr, bytes});
}

std::shared_ptr<arrow::Array> ChunkCache::FindColumn(const ChunkPart& part, int64_t num_rows) {
  const std::lock_guard lock(mutex_);
  const Entry* entry = Find(part);
  return entry == nullptr || entry->cells->length() < num_rows ? nullptr : entry->cells;
}

void ChunkCache::AddColumn(const ChunkPart& part, std::shared_ptr<arrow::Array> cells, uint64_t bytes) {
  Add({part, nullptr, std::move(cells), bytes});
}

uint64_t ChunkCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace mutoscope::query
