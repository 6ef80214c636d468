// The catalog: entries, datasets, layers, tasks, in one SQLite database, and the registration of recordings.
//
// Thread-safe. Every visible change is one transaction that is durable when the call returns; a kill at any moment leaves either
// the whole change or none. Calls may block on the disk: do not make them on an event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "catalog/entry.h"
#include "catalog/segment_properties.h"
#include "index/chunk_rows.h"
#include "storage/file_cache.h"

namespace mutoscope::catalog {

class GrowingLayers;
class Recordings;

struct CatalogOptions {
  std::string data_directory;                            // made if missing
  std::vector<std::string> allow_paths;                  // besides the data directory (storage::SourcePolicy)
  int workers = 0;                                       // threads that read recordings; 0 = number of cores
  bool index_rows = true;                                // write the rows part of the layer index in the background
  uint64_t upload_quota_bytes_max = uint64_t{64} << 30;  // of all unfinished uploads together
};

struct EntryFilter {  // set members are ANDed
  std::optional<EntryId> id;
  std::optional<std::string> name;
  std::vector<EntryKind> kinds;  // empty = DATASET, TABLE, both VIEWs, BLUEPRINT_DATASET (redap.md §5.3)
};

struct DataSource {
  std::string url;    // file:// URI or path
  std::string layer;  // empty = "base"
  bool prefix = false;
};

enum class OnDuplicate { kSkip, kOverwrite, kError };

struct RegisteredSource {  // one row of redap.md §3.2
  std::string segment_id;
  std::string layer;
  std::string storage_url;
  std::string task_id;
};

struct TaskState {
  std::string id;
  enum class Status { kPending, kSuccess, kFailed } status = Status::kPending;
  std::string message;  // why it failed, or what is missing of a recording that was served all the same (success with findings)
  int64_t created_at_ns = 0;
  int64_t updated_at_ns = 0;
};

struct CatalogStats {
  uint64_t datasets = 0, layers = 0, chunks = 0, tasks_pending = 0, layers_without_rows = 0;
  uint64_t index_bytes_resident = 0;
  storage::FileCacheStats files;
};

class Events;
struct MaintenanceOptions;
class Tables;
class Uploads;

class Catalog {
 public:
  // Takes DIR/LOCK (FAILED_PRECONDITION if another server has it), opens or makes DIR/catalog.db, runs migrations, resumes or
  // fails the tasks that were running. Reads nothing else: 100,000 layers open within 0.5 s.
  static arrow::Result<std::unique_ptr<Catalog>> Open(CatalogOptions options);
  // Stops background work; running registrations end at the next transaction.
  ~Catalog();

  // ---- entries
  // Also makes the hidden blueprint and asset datasets, in one transaction. ALREADY_EXISTS (name or id), INVALID_ARGUMENT (name
  // rules).
  arrow::Result<Dataset> CreateDataset(const std::string& name, std::optional<EntryId> id = std::nullopt);
  // INVALID_ARGUMENT for an illegal name in the filter. Includes the system table `__entries` where kinds allow it.
  arrow::Result<std::vector<Entry>> FindEntries(const EntryFilter& filter) const;
  arrow::Result<Dataset> ReadDataset(const EntryId& id) const;            // NOT_FOUND; also for hidden datasets
  arrow::Result<EntryId> DatasetIdByName(const std::string& name) const;  // NOT_FOUND
  arrow::Result<Entry> RenameEntry(const EntryId& id, const std::string& name);
  arrow::Result<Dataset> UpdateDatasetDetails(const EntryId& id, const DatasetDetails& details);  // redap.md §5.3
  arrow::Result<Entry> DeleteEntry(const EntryId& id);  // cascades to the hidden datasets; FAILED_PRECONDITION for `__entries`

  // ---- data
  // Loads the dataset at first use. Cheap afterwards.
  arrow::Result<std::shared_ptr<const DatasetSnapshot>> Snapshot(const EntryId& dataset) const;
  // The snapshot that has this layer, by the dataset id in a chunk key.
  // The rows part of a chunk, or none if it is not written (yet).
  std::optional<index::ChunkRows> Rows(const EntryId& dataset, index::LayerId layer, uint32_t ordinal) const;
  // The same for all chunks of a layer, as views; null if they are not written (yet).
  std::shared_ptr<const index::LayerRowViews> LayerRows(const EntryId& dataset, index::LayerId layer) const;
  // A layer's file as it was registered (storage::FileCache::Open).
  arrow::Result<std::shared_ptr<const storage::File>> OpenLayer(const Layer& layer) const;

  // ---- registration
  // Reads the headers and footers of the sources (in parallel), makes the recordings visible, and answers one row a (segment,
  // layer). What is not visible after `wait` goes on behind, with tasks that are pending: QueryTasks tells. The whole call fails
  // for: no sources; a missing file or one that is no readable recording, unless it was
  // found by a prefix (then it is a failed task of its own, under the file's name); PERMISSION_DENIED paths; the same (layer,
  // segment) twice in the request; an unknown dataset. A recording of the wrong store kind for the dataset is skipped.
  // Duplicates: kError gives that row a failed task, kSkip keeps the old layer (task succeeds), kOverwrite replaces it.
  // Schema conflicts and limits of blueprint and asset datasets (redap.md §5.3, §5.4) are failed tasks.
  // `progress(done, total)` may be called from any thread. `skip_known_paths`: files registered before (same path and identity)
  // are left out without being opened. `repeats_fail_alone`: of two files with the same segment and layer the later one fails its
  // own row instead of the whole call. (Both for --dataset at start-up.)
  struct RegisterOptions {
    OnDuplicate on_duplicate = OnDuplicate::kError;
    bool skip_known_paths = false;
    bool repeats_fail_alone = false;
    bool all_or_none = false;  // the first row that would fail fails the whole call (up to 512 files)
    std::function<void(size_t done, size_t total)> progress;
    std::optional<std::chrono::nanoseconds> wait;  // none: until everything is visible or has failed
    std::function<void()> before_commit;           // called before each transaction, on the thread that commits
  };
  arrow::Result<std::vector<RegisteredSource>> Register(const EntryId& dataset, const std::vector<DataSource>& sources,
                                                        const RegisterOptions& options);
  // Product filter (redap.md §5.5); both empty is INVALID_ARGUMENT; unknown ids are fine. Returns the number of layers dropped.
  arrow::Result<size_t> Unregister(const EntryId& dataset, const std::vector<std::string>& segments,
                                   const std::vector<std::string>& layers);

  // ---- tasks
  // Unknown ids succeed, as the peer's do.
  std::vector<TaskState> QueryTasks(const std::vector<std::string>& ids) const;
  // Those that are pending fail, and their recordings do not become visible; durable when this returns. Others are left alone.
  arrow::Status CancelTasks(const std::vector<std::string>& ids);
  // Calls the listener (base::Listeners) after tasks have finished, until the handle is released.
  [[nodiscard]] std::shared_ptr<void> OnTasksChanged(std::function<void()> listener) const;

  Events& events() const;  // catalog/events.h
  Tables& tables() const;  // catalog/tables.h

  // ---- upkeep (catalog/maintenance.h): lines that say what was found and done
  arrow::Result<std::vector<std::string>> Maintain(const EntryId& dataset, const MaintenanceOptions& options);
  arrow::Result<std::vector<std::string>> MaintainAll(const std::function<bool()>& cancelled);

  // ---- parts with an interface of their own
  GrowingLayers growing() const;  // catalog/growing.h
  Recordings recordings() const;  // catalog/recordings.h: what the server writes itself
  SegmentPropertyStore& segment_properties() const;

  // Objects that clients upload (catalog/uploads.h). Lives as long as the catalog.
  Uploads& uploads() const;

  CatalogStats Stats() const;

 private:
  struct State;
  explicit Catalog(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace mutoscope::catalog
