// The catalog of datasets and tables: in this process (Catalog::Open) or on a server (Client::Connect, mutoscope/client.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/io/interfaces.h"
#include "arrow/result.h"
#include "mutoscope/dataset.h"
#include "mutoscope/export.h"
#include "mutoscope/table.h"

namespace mutoscope {

struct CatalogOptions {
  std::string directory;                                  // made if missing; one process at a time
  std::vector<std::string> allow_paths;                   // directories and files that may be registered, besides `directory`
  uint64_t query_memory_bytes_max = uint64_t{256} << 20;  // of one query, beside its answer
  uint64_t cache_bytes_max = uint64_t{256} << 20;         // decoded columns and row indexes kept between queries
  int threads = 0;                                        // for queries; 0 = number of cores
};

struct VersionInfo {
  std::string version;  // of the server, e.g. "mutoscope-0.1.0"
  std::vector<std::string> features;
};

// Thread-safe; calls may block. Names of entries: 1 to 180 ASCII letters, digits and `_-.: []`.
class MUTOSCOPE_EXPORT Catalog {
 public:
  // The engine in this process. FAILED_PRECONDITION naming the process if another one has the directory open.
  static arrow::Result<std::shared_ptr<Catalog>> Open(const CatalogOptions& options);
  virtual ~Catalog() = default;

  virtual arrow::Result<VersionInfo> Version() const = 0;
  // Sorted by name. `include_hidden`: also blueprint and asset datasets and the system table.
  virtual arrow::Result<std::vector<Entry>> Entries(bool include_hidden = false) const = 0;
  virtual arrow::Result<std::shared_ptr<Dataset>> GetDataset(const std::string& name) const = 0;    // NOT_FOUND
  virtual arrow::Result<std::shared_ptr<Dataset>> GetDatasetById(const std::string& id) const = 0;  // NOT_FOUND
  virtual arrow::Result<std::shared_ptr<Dataset>> CreateDataset(const std::string& name) = 0;       // ALREADY_EXISTS

  virtual arrow::Result<std::shared_ptr<Table>> GetTable(const std::string& name) const = 0;    // NOT_FOUND
  virtual arrow::Result<std::shared_ptr<Table>> GetTableById(const std::string& id) const = 0;  // NOT_FOUND
  // An empty table. ALREADY_EXISTS. `url`: where its rows shall lie; a Mutoscope server keeps them itself and refuses any.
  virtual arrow::Result<std::shared_ptr<Table>> CreateTable(const std::string& name, const arrow::Schema& schema,
                                                            const std::optional<std::string>& url = std::nullopt) = 0;
  // A table of rows that are there already: a Parquet file or a directory of them, as the server sees it. ALREADY_EXISTS.
  virtual arrow::Result<std::shared_ptr<Table>> RegisterTable(const std::string& name, const std::string& url) = 0;

  virtual arrow::Result<Entry> RenameEntry(const std::string& id, const std::string& name) = 0;
  virtual arrow::Status DeleteEntry(const std::string& id) = 0;
  // Waits until none of the tasks is pending or the time is over; their states then. `cancelled` is asked now and then.
  virtual arrow::Result<std::vector<TaskState>> WaitForTasks(const std::vector<std::string>& task_ids,
                                                             std::chrono::nanoseconds timeout,
                                                             const std::function<bool()>& cancelled = nullptr) const = 0;
  // Tasks that have ended stay as they are.
  virtual arrow::Status CancelTasks(const std::vector<std::string>& task_ids) = 0;

  // Gives a file to the catalog, which keeps it under `key`, a relative path; the URL to register it by. ALREADY_EXISTS.
  virtual arrow::Result<std::string> Stage(const std::string& key, arrow::io::RandomAccessFile& content) = 0;

  virtual arrow::Status DoGlobalMaintenance() = 0;
  // Has the server send that many bytes; how many came.
  virtual arrow::Result<uint64_t> TestBandwidth(uint64_t bytes) const = 0;
};

}  // namespace mutoscope
