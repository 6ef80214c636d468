#include "rrd/stream_stores.h"

#include <algorithm>
#include <cstddef>

namespace mutoscope::rrd {
namespace {

void Append(StoreContents more, StoreContents* all) {
  if (more.chunks.empty()) return;
  if (all->chunks.empty()) {
    *all = std::move(more);
    return;
  }
  // Their manifests have different columns, and offsets from different bases.
  all->manifest.reset();
  const auto middle = static_cast<std::ptrdiff_t>(all->chunks.size());
  all->chunks.insert(all->chunks.end(), more.chunks.begin(), more.chunks.end());
  std::inplace_merge(all->chunks.begin(), all->chunks.begin() + middle, all->chunks.end(),
                     [](const ChunkPlace& a, const ChunkPlace& b) { return a.message_offset < b.message_offset; });
}

}  // namespace

StreamStores::Entry& StreamStores::At(const Store& store, uint64_t offset) {
  const auto [position, is_new] = positions_.try_emplace(KeyOf(store), entries_.size());
  if (is_new) entries_.push_back({{store, {}, {}}, offset});
  Entry& entry = entries_[position->second];
  entry.first_offset = std::min(entry.first_offset, offset);
  return entry;
}

void StreamStores::Announce(const Store& store, uint64_t offset) {
  if (!store.application_id.empty()) applications_.try_emplace({store.kind, store.recording_id}, store.application_id);
  At(store, offset);
}

Store StreamStores::Resolved(const Store& store) const {
  Store resolved = store;
  if (store.application_id.empty()) {
    const auto found = applications_.find({store.kind, store.recording_id});
    if (found != applications_.end()) resolved.application_id = found->second;
  }
  return resolved;
}

StoreContents& StreamStores::Of(const Store& store, uint64_t offset) {
  return store.application_id.empty() ? At(Resolved(store), offset).contents : At(store, offset).contents;
}

std::vector<StoreContents> MergeStreams(std::vector<StreamStores> streams) {
  std::vector<StreamStores::Entry> all;
  for (auto& stream : streams) {
    for (auto& entry : stream.entries()) {
      entry.contents.store = stream.Resolved(entry.contents.store);  // it may have been announced after its first chunk
      all.push_back(std::move(entry));
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  std::vector<StoreContents> stores;
  std::map<StoreKey, size_t> positions;
  for (auto& entry : all) {
    const auto [position, is_new] = positions.try_emplace(KeyOf(entry.contents.store), stores.size());
    if (is_new) {
      stores.push_back(std::move(entry.contents));
    } else {
      Append(std::move(entry.contents), &stores[position->second]);
    }
  }
  return stores;
}

}  // namespace mutoscope::rrd
