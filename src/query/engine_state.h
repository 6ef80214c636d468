// What the parts of the engine share. Private to this folder.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "query/chunk_cache.h"
#include "query/engine.h"
#include "query/known_rows.h"
#include "query/stream.h"

namespace mutoscope::query {

// A few values by key, least recently used forgotten first, bounded in number and bytes. Thread-safe.
template <typename Value>
class RecentValues {
 public:
  RecentValues(size_t count_max, uint64_t bytes_max) : count_max_(count_max), bytes_max_(bytes_max) {}

  std::shared_ptr<const Value> Find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->key != key) continue;
      entries_.splice(entries_.begin(), entries_, it);
      return it->value;
    }
    return nullptr;
  }
  void Add(std::string key, std::shared_ptr<const Value> value, uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](const Entry& entry) { return entry.key == key; });
    entries_.push_front({std::move(key), std::move(value), bytes});
    uint64_t total = 0;
    size_t count = 0;
    for (auto it = entries_.begin(); it != entries_.end();) {
      total += it->bytes;
      ++count;
      it = (count > count_max_ || total > bytes_max_) ? entries_.erase(it) : std::next(it);
    }
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    uint64_t bytes = 0;
  };
  const size_t count_max_;
  const uint64_t bytes_max_;
  std::mutex mutex_;
  std::list<Entry> entries_;
};

struct Engine::State {
  State(const catalog::Catalog& of, const EngineOptions& options);
  ~State() { pool.join(); }

  const catalog::Catalog& catalog;
  const size_t threads;
  const uint64_t known_rows_bytes_max;
  StreamOptions stream;
  ChunkCache chunks;
  RecentValues<QueryColumns> columns;
  RecentValues<KnownRows> known_rows;
  boost::asio::thread_pool pool;  // last: its threads end before what they use

  arrow::Result<std::shared_ptr<const QueryColumns>> ColumnsOf(const catalog::DatasetSnapshot& snapshot, const Request& request);
  // Null if they are not known and finding them is not worth it, or would take too much memory.
  arrow::Result<std::shared_ptr<const KnownRows>> RowsOf(const Plan& plan, const Request& request, Counters& counters);
  arrow::Result<std::shared_ptr<const KnownRows>> FindRows(const Plan& plan, const Request& request, Counters& counters);
};

}  // namespace mutoscope::query
