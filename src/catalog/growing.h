// Recordings that are served while they are written: files of ours that only grow at their end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "catalog/entry.h"
#include "rrd/recording.h"

namespace mutoscope::catalog {

struct CatalogState;

struct GrowingFile {
  EntryId dataset;
  std::string path;
};

// A layer whose file grows. It keeps its id, and its chunks keep their ordinals: who read an earlier state of it reads on. Not
// thread-safe.
class GrowingLayer {
 public:
  GrowingLayer(std::shared_ptr<CatalogState> state, GrowingFile file, rrd::Store store);
  // Rests.
  ~GrowingLayer();
  GrowingLayer(const GrowingLayer&) = delete;
  GrowingLayer& operator=(const GrowingLayer&) = delete;

  // Makes the first `size` bytes of the file visible, all of whose chunks `table` holds; they are on disk and end with a whole
  // message. The layer is "base", or if the segment has that from another file, "live", "live_2", … . NOT_FOUND if the dataset
  // was deleted, or the segment unregistered since the last call; INVALID_ARGUMENT naming both files if a column has another type
  // than in the dataset.
  arrow::Status Publish(uint64_t size, std::shared_ptr<const chunk::ChunkTable> table);
  // Nothing comes for now: its rows may be indexed.
  void Rest();

 private:
  arrow::Status FindOrName();

  const std::shared_ptr<CatalogState> state_;
  const GrowingFile file_;
  const rrd::Store store_;
  std::string name_;
  std::optional<index::LayerId> id_;  // once published
  int64_t registered_at_ns_ = 0;
};

// Thread-safe.
class GrowingLayers {
 public:
  explicit GrowingLayers(std::shared_ptr<CatalogState> state) : state_(std::move(state)) {}

  std::unique_ptr<GrowingLayer> Open(GrowingFile file, rrd::Store store) const {
    return std::make_unique<GrowingLayer>(state_, std::move(file), std::move(store));
  }
  // The file of an earlier recording of that store in the dataset, to be gone on with.
  arrow::Result<std::optional<std::string>> FindFile(const EntryId& dataset, const rrd::Store& store) const;

  // Files that may hold more than is visible, durable: Unfinished() tells them after a crash. NOT_FOUND if there is no such
  // dataset.
  arrow::Status Begin(const GrowingFile& file) const;
  arrow::Status End(const std::string& path) const;
  arrow::Result<std::vector<GrowingFile>> Unfinished() const;

 private:
  std::shared_ptr<CatalogState> state_;
};

}  // namespace mutoscope::catalog
