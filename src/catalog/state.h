// What the parts of the catalog share. Private to this folder.
//
// Locks, in the order in which they are taken: DatasetState::change_mutex, the database's own, DatasetState::value_mutex,
// CatalogState::datasets_mutex.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/limits.h"
#include "catalog/catalog.h"
#include "catalog/database.h"
#include "catalog/events.h"
#include "catalog/layer_rows.h"
#include "catalog/paths.h"
#include "catalog/registration_threads.h"
#include "catalog/rows_packs.h"
#include "catalog/schema_book.h"
#include "catalog/tasks.h"
#include "storage/dir_lock.h"
#include "storage/source_policy.h"

namespace mutoscope::catalog {

constexpr int64_t kTaskLifeNs = std::chrono::nanoseconds(std::chrono::hours(24 * 7)).count();
constexpr const char* kStoppedMessage = "the server was stopped before the recording was registered: register it again";

// A dataset that somebody asked for in this run.
struct DatasetState {
  DatasetState(EntryId dataset_id, DatasetKey dataset_key, EntryKind dataset_kind)
      : id(dataset_id), key(dataset_key), kind(dataset_kind) {}
  const EntryId id;
  const DatasetKey key;
  const EntryKind kind;

  // Held while a change is committed or a snapshot is made: index files appear and vanish under it only.
  std::mutex change_mutex;
  std::optional<SchemaBook> schemas;           // as in the database; none = not loaded
  std::unordered_set<index::LayerId> removed;  // since `snapshot`
  bool swept = false;                          // orphaned index files of earlier runs are gone

  std::mutex value_mutex;
  std::shared_ptr<const DatasetSnapshot> snapshot;        // none = not loaded
  bool stale = false;                                     // the database has moved on
  std::unordered_map<index::LayerId, PackId> rows_packs;  // of the layers of `snapshot`, where written
};

// What the rows writer waits for.
struct RowsSignal {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  int registrations = 0;                       // running now
  uint64_t changes = 1;                        // grows with every commit that leaves layers without rows
  std::unordered_set<index::LayerId> growing;  // layers that are left out for now
};

struct CatalogState {
  explicit CatalogState(CatalogOptions given, size_t worker_count)
      : options(std::move(given)), workers(worker_count), pool(worker_count) {}

  const CatalogOptions options;
  const size_t workers;
  std::string recordings_directory;  // canonical
  std::unique_ptr<storage::DirLock> lock;
  std::optional<storage::SourcePolicy> policy;
  std::unique_ptr<Database> database;
  storage::FileCache files{base::kOpenFilesMax};
  RowsPackCache rows_packs;
  RowsSignal rows_signal;
  Events events;
  Tasks tasks;

  PackId first_pack_of_this_run = 0;
  std::atomic<PackId> next_pack = 0;
  std::atomic<index::LayerId> next_layer = 1;
  std::atomic<uint64_t> files_being_registered = 0;
  std::atomic<uint64_t> unfinished_write_bytes = 0;  // catalog/recordings.h
  std::atomic<bool> stopping = false;

  std::mutex datasets_mutex;
  std::unordered_map<EntryId, std::shared_ptr<DatasetState>> datasets;

  RegistrationThreads registrations;
  boost::asio::thread_pool pool;  // last: its threads end before what they use

  std::string PathOf(const EntryId& dataset, PackId pack, PackKind kind) const {
    return PackPath(options.data_directory, dataset, pack, kind);
  }
};

// NOT_FOUND if there is no such dataset.
arrow::Result<std::shared_ptr<DatasetState>> FindDataset(CatalogState& state, const EntryId& id);
// The dataset if it was asked for in this run.
std::shared_ptr<DatasetState> FindOpenDataset(CatalogState& state, const EntryId& id);
// The dataset's next Snapshot() reads the database again.
void MarkStale(DatasetState& dataset);

// After the transaction that dropped them; change_mutex is held. `packs` are those that no layer uses any more.
void DropLayers(CatalogState& state, DatasetState& dataset, const std::vector<index::LayerId>& layers,
                const std::vector<PackRow>& packs);
// Removes the files of packs that are not in the database any more.
void RemovePacks(CatalogState& state, const EntryId& dataset, const std::vector<PackRow>& packs);
// A damaged rows pack: forgets it, the background writer makes the rows again.
void RewriteRowsPack(CatalogState& state, DatasetState& dataset, PackId pack);
// There are layers without rows.
void SignalRowsWriter(CatalogState& state);

}  // namespace mutoscope::catalog
