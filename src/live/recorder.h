// Records the live streams of SDKs into a dataset, durably, and lets it be read meanwhile.
//
// Every store (recording or blueprint) has one RRD file below DIR/recordings that grows as messages come, as they come. What is
// there is synced every 100 ms and registered soon after, so that queries see it; the rarer, the longer that takes. A file
// without new messages rests: it is closed, until a later stream goes on with it.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "arrow/result.h"
#include "live/store.h"
#include "live/wakeups.h"
#include "rrd/store_id.h"

namespace mutoscope::live {

struct RecorderStats {
  uint64_t streams = 0;  // of clients, now
  uint64_t stores_open = 0;
  uint64_t messages = 0;  // recorded in this run
  uint64_t bytes = 0;
};

// Makes visible what recordings held that a killed server was writing.
arrow::Status RecoverRecordings(catalog::Catalog& catalog);

// Thread-safe.
class Recorder {
 public:
  // Makes the dataset if there is none of that name.
  static arrow::Result<std::unique_ptr<Recorder>> Open(catalog::Catalog& catalog, const std::string& dataset);
  // Stops. Streams and readers must be gone.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // The messages of one client. Not thread-safe; the recorder outlives it.
  class Stream {
   public:
    explicit Stream(Recorder& recorder);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    // Errors as MessageCheck::Check and Store::Append. RESOURCE_EXHAUSTED if too many recordings are being written.
    arrow::Status Take(const rerun::log_msg::v1alpha1::LogMsg& message);
    // All that was taken is on disk and visible. FAILED_PRECONDITION if it is recorded but cannot be made visible. Blocks.
    arrow::Status Settle();

   private:
    Recorder& recorder_;
    MessageCheck check_;
    std::set<std::shared_ptr<Store>> stores_;
  };

  // The stores of this run with a number above `after`, in the order in which they appeared. Of many the latest: those that rest
  // longest go.
  struct NumberedStore {
    uint64_t number = 0;
    std::shared_ptr<Store> store;
  };
  std::vector<NumberedStore> Stores(uint64_t after) const;
  Wakeups& wakeups() { return wakeups_; }
  // Readers end when it stops.
  bool stopping() const { return stopping_; }
  RecorderStats stats() const;

  // Ends readers; then what was taken is on disk and visible, and files are closed. Idempotent.
  void BeginStop();
  void Stop();

 private:
  Recorder(catalog::Catalog& catalog, std::string dataset);
  arrow::Result<catalog::EntryId> DatasetFor(rrd::StoreKind kind);
  std::shared_ptr<Store> StoreFor(const rrd::Store& store);
  void ForgetOldStores();
  std::vector<std::shared_ptr<Store>> OpenStores() const;
  arrow::Status Publish(Store& store);
  void MakeDefault(Store& store);
  void SyncAll();
  void PublishAll();
  // Until then, or until it stops: then false.
  bool Wait(std::chrono::milliseconds time);

  catalog::Catalog& catalog_;
  const std::string dataset_;
  Wakeups wakeups_;

  mutable std::mutex mutex_;
  std::map<rrd::StoreKey, std::shared_ptr<Store>> by_key_;
  std::map<uint64_t, std::shared_ptr<Store>> stores_;  // by number
  uint64_t last_store_ = 0;

  std::mutex dataset_mutex_;  // one at a time makes it

  std::atomic<uint64_t> streams_ = 0, messages_ = 0, bytes_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  bool stopped_ = false;
  std::thread syncer_;
  std::thread publisher_;
};

}  // namespace mutoscope::live
