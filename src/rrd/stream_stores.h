// What the streams of a file say of stores and chunks, collected in any order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rrd/recording.h"
#include "rrd/store_id.h"

namespace mutoscope::rrd {

// The stores of one stream. Old files name the application only where they announce the store (rrd.md §1.11): messages
// and manifests that leave it out belong to the store announced with the same kind and recording id.
class StreamStores {
 public:
  struct Entry {
    StoreContents contents;
    uint64_t first_offset = 0;  // where the file first speaks of it
  };

  void Announce(const Store& store, uint64_t offset);
  // Of a chunk or manifest at `offset`. Valid until the next call that adds a store.
  StoreContents& Of(const Store& store, uint64_t offset);
  // The store as announced.
  Store Resolved(const Store& store) const;

  std::vector<Entry>& entries() { return entries_; }

 private:
  Entry& At(const Store& store, uint64_t offset);

  std::vector<Entry> entries_;
  std::map<StoreKey, size_t> positions_;
  std::map<std::pair<StoreKind, std::string>, std::string> applications_;
};

// One list for the whole file, in order of first appearance. A store with chunks in several streams has no manifest.
std::vector<StoreContents> MergeStreams(std::vector<StreamStores> streams);

}  // namespace mutoscope::rrd
