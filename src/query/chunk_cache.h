// What was read of chunks, kept between queries: least recently used forgotten first, bounded in bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "arrow/array.h"
#include "chunk/schema_memo.h"
#include "index/rows_view.h"

namespace mutoscope::query {

// Layer ids are never used again, and the chunks of a layer never change, though it may get more: what is cached stays right.
struct ChunkPart {
  index::LayerId layer = 0;
  uint32_t ordinal = 0;
  std::string component;  // empty: the rows of the chunk
  friend bool operator==(const ChunkPart&, const ChunkPart&) = default;
};

// Thread-safe.
class ChunkCache {
 public:
  explicit ChunkCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  std::shared_ptr<const index::RowsView> FindRows(index::LayerId layer, uint32_t ordinal);
  void AddRows(index::LayerId layer, uint32_t ordinal, std::shared_ptr<const index::RowsView> rows);
  // Cells of the first rows of a column, at least `num_rows` of them.
  std::shared_ptr<arrow::Array> FindColumn(const ChunkPart& part, int64_t num_rows);
  // Not kept if it is larger than an eighth of the cache. `bytes`: what it keeps alive.
  void AddColumn(const ChunkPart& part, std::shared_ptr<arrow::Array> cells, uint64_t bytes);

  uint64_t bytes() const;
  chunk::SchemaMemo& schemas() { return schemas_; }

 private:
  struct Entry {
    ChunkPart part;
    std::shared_ptr<const index::RowsView> rows;
    std::shared_ptr<arrow::Array> cells;
    uint64_t bytes = 0;
  };
  struct Hash {
    size_t operator()(const ChunkPart& part) const {
      const uint64_t id = static_cast<uint64_t>(part.layer) << 24 ^ part.ordinal;
      return std::hash<std::string>()(part.component) ^ static_cast<size_t>(id * 0x9E3779B97F4A7C15ULL);
    }
  };
  using Entries = std::list<Entry>;

  Entry* Find(const ChunkPart& part);
  void Add(Entry entry);

  chunk::SchemaMemo schemas_;
  const uint64_t bytes_max_;
  mutable std::mutex mutex_;
  Entries recent_;  // front = last used
  std::unordered_map<ChunkPart, Entries::iterator, Hash> by_part_;
  uint64_t bytes_ = 0;
};

}  // namespace mutoscope::query
