// Tables: rows of a user's own columns, in Parquet files, version by version (docs/formats/tables.md).
//
// Thread-safe. Every write is one transaction: it is durable when the call returns, and seen whole or not at all. Who reads a
// version keeps it, whatever is written meanwhile. Calls block on the disk.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "catalog/entry.h"
#include "tables/data_file.h"

namespace mutoscope::catalog {

struct CatalogState;
struct TableState;

struct TableDetails {
  std::optional<EntryId> blueprint_dataset;
  std::optional<std::string> default_blueprint_segment;
};

struct Table {
  Entry entry;
  TableDetails details;
  bool system = false;  // __entries: only the catalog itself writes it
  std::string url;      // file:// URI of the directory that holds its files, or of what was registered; empty for `system`
};

// A table at one version. Immutable; its files stay as long as it lives.
struct TableVersion {
  int64_t number = 0;                             // grows with every write
  std::string schema_ipc;                         // the schema as the client sent it
  std::shared_ptr<const tables::TableData> data;  // tables::Scan reads it
};

enum class WriteMode { kAppend = 1, kOverwrite = 2, kUpsert = 3, kUpdate = 4 };  // numbers as on the wire (redap.md §2.4)

// Takes the batches of one write. Nothing is seen of them before Finish(); without it nothing stays. Not thread-safe.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  // Columns in any order; those that are missing become null, or keep their values in rows that are updated. INVALID_ARGUMENT
  // naming the column for one that the table does not have, of another type, or with nulls where there are none. Overwriting
  // takes the columns of the first batch as those of the table.
  virtual arrow::Status Write(const arrow::RecordBatch& batch) = 0;
  // ABORTED if the columns of the table were changed by another write meanwhile; NOT_FOUND if it was deleted.
  virtual arrow::Status Finish() = 0;
};

class Tables {
 public:
  explicit Tables(CatalogState& state);
  ~Tables();

  // Removes what writes of an earlier run have left behind. Once, before anything else.
  arrow::Status Start();

  // Also makes the hidden blueprint dataset, in one transaction. `schema_ipc`: Arrow IPC stream with a schema. ALREADY_EXISTS,
  // INVALID_ARGUMENT (name, schema), UNIMPLEMENTED naming a column that cannot be stored.
  arrow::Result<Table> Create(const std::string& name, const std::string& schema_ipc);
  // A Parquet file, or all *.parquet below a directory (in order of their paths, all with the same columns), as a table. They are
  // only ever read: what is written to the table goes to files of ours. Errors as Catalog::Register; UNIMPLEMENTED for Lance.
  arrow::Result<Table> Register(const std::string& name, const std::string& url);
  arrow::Result<Table> Read(const EntryId& id) const;              // NOT_FOUND, also for datasets
  arrow::Result<EntryId> IdByName(const std::string& name) const;  // NOT_FOUND
  // Replaces the details. A blueprint segment without a dataset means the table's own, made anew if it was deleted (redap.md
  // §5.3). FAILED_PRECONDITION for `__entries`.
  arrow::Result<Table> UpdateDetails(const EntryId& id, const TableDetails& details);

  // The version of now. FAILED_PRECONDITION for `__entries`.
  arrow::Result<std::shared_ptr<const TableVersion>> Open(const EntryId& id) const;
  arrow::Result<std::unique_ptr<TableWriter>> Write(const EntryId& id, WriteMode mode);

  // After the entry was deleted: our files go when nobody reads them any more.
  void Forget(const EntryId& id);

 private:
  friend class Writer;
  // What a change makes of a version.
  struct Change {
    std::vector<std::shared_ptr<const tables::DataFile>> files;
    std::shared_ptr<arrow::Schema> schema;  // null: stays
  };
  using MakeChange = std::function<arrow::Result<Change>(const TableVersion&)>;

  arrow::Result<Table> Insert(const std::string& name, const std::string& schema_ipc, const std::optional<std::string>& source,
                              const std::vector<tables::DataFile::Info>& files);
  arrow::Result<std::shared_ptr<TableState>> Find(const EntryId& id) const;
  // Runs `make` on the current version and makes the outcome the next; one at a time for a table.
  arrow::Status Commit(TableState& table, const MakeChange& make);
  // Puts many small files at the end of the table into one.
  arrow::Status Compact(TableState& table);
  std::string NewPath(const EntryId& id) const;

  CatalogState& state_;
  const std::string directory_;  // DIR/tables, absolute
  mutable std::mutex mutex_;
  mutable std::unordered_map<EntryId, std::shared_ptr<TableState>> open_;
};

}  // namespace mutoscope::catalog
