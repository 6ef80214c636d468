// A table that somebody asked for in this run. Private to this folder.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "catalog/entry_rows.h"
#include "catalog/tables.h"

namespace mutoscope::catalog {

struct TableState {
  TableState(EntryId table_id, DatasetKey table_key, std::shared_ptr<const TableVersion> version)
      : id(table_id), key(table_key), current(std::move(version)) {}
  const EntryId id;
  const DatasetKey key;
  std::mutex change_mutex;  // held while a change is made and committed; before the database's own lock

  std::shared_ptr<const TableVersion> Current() const {
    std::lock_guard lock(value_mutex);
    return current;
  }
  mutable std::mutex value_mutex;
  std::shared_ptr<const TableVersion> current;
};

}  // namespace mutoscope::catalog
