// One store that is being recorded: its file, what is in it, and how much of that is on disk and visible.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "catalog/catalog.h"
#include "catalog/growing.h"
#include "chunk/table_builder.h"
#include "live/message.h"
#include "rrd/stream_writer.h"

namespace mutoscope::live {

using Clock = std::chrono::steady_clock;

// Thread-safe. The file is opened by the first message and closed by Rest().
class Store {
 public:
  // `find_dataset` tells where recordings of its kind go.
  using FindDataset = std::function<arrow::Result<catalog::EntryId>(rrd::StoreKind)>;
  Store(catalog::Catalog& catalog, rrd::Store store, FindDataset find_dataset);

  const rrd::Store& store() const { return store_; }

  // Appends the message, so that readers find it; Sync() puts it on disk. `end`: the size of the file afterwards. After an error
  // (RESOURCE_EXHAUSTED if the disk is full; INVALID_ARGUMENT if a column has another type than before) nothing of it is kept.
  arrow::Status Append(Message message, uint64_t* end);
  arrow::Status Sync();
  // Syncs, and makes visible what is there. One at a time.
  arrow::Status Publish();
  // Publishes what is not, and closes the file.
  arrow::Status Rest();

  // What readers may read: `size` bytes of `path`. Empty if nothing is there.
  struct Readable {
    std::string path;
    uint64_t size = 0;
    uint64_t generation = 0;  // grows when another file begins
  };
  Readable readable() const;
  uint64_t size() const { return size_; }
  uint64_t generation() const { return generation_; }

  bool is_open() const { return open_; }
  bool has_unsynced() const { return open_ && synced_ < size_; }
  bool has_unpublished() const { return open_ && attempted_ < size_; }
  // How far the last attempt to publish went, and what came of it.
  uint64_t attempted() const { return attempted_; }
  arrow::Status publish_status() const;
  Clock::time_point last_append() const { return Clock::time_point(Clock::duration(last_append_)); }

  std::atomic<int> streams = 0;             // that have written to it and go on
  std::atomic<bool> makes_default = false;  // a blueprint that is to be the default, once published

 private:
  arrow::Status Open();
  arrow::Status OpenNew(const catalog::EntryId& dataset);
  arrow::Status OpenOld(const catalog::EntryId& dataset, const std::string& path);
  void Forget();

  catalog::Catalog& catalog_;
  const rrd::Store store_;
  const FindDataset find_dataset_;

  std::mutex publish_mutex_;  // before mutex_
  mutable std::mutex mutex_;
  std::string path_;  // none = no file yet
  std::shared_ptr<rrd::StreamWriter> writer_;
  std::shared_ptr<catalog::GrowingLayer> layer_;
  chunk::TableBuilder table_;
  std::string announcement_;  // the last SetStoreInfo
  arrow::Status publish_status_;

  std::atomic<bool> open_ = false;
  std::atomic<uint64_t> size_ = 0, synced_ = 0, attempted_ = 0, generation_ = 1;
  std::atomic<Clock::rep> last_append_ = 0;
};

}  // namespace mutoscope::live
