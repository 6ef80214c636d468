// SQL of tasks, counters and statistics. All functions run inside Database::Read or Database::Write and may throw what SOCI
// throws.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/database.h"

namespace mutoscope::catalog {

std::string NewTaskId();

// One statement for many tasks.
class TaskWriter {
 public:
  explicit TaskWriter(soci::session& sql);
  TaskWriter(const TaskWriter&) = delete;
  TaskWriter& operator=(const TaskWriter&) = delete;
  void Insert(const TaskState& task);

 private:
  std::string id_, message_;
  int status_ = 0;
  long long created_ns_ = 0, updated_ns_ = 0;
  soci::statement insert_;
};

// In the order of `ids`; an unknown id succeeded.
std::vector<TaskState> ReadTaskRows(soci::session& sql, const std::vector<std::string>& ids);
void DeleteTaskRowsBefore(soci::session& sql, int64_t time_ns);

// Grows the counter of server runs and gives it.
int64_t NextRun(soci::session& sql);
// The greatest layer id that any transaction used; never used again.
int64_t LastLayerId(soci::session& sql);
void SetLastLayerId(soci::session& sql, int64_t layer);

// Counts of the database; the rest of CatalogStats is the caller's.
CatalogStats ReadStats(soci::session& sql);

}  // namespace mutoscope::catalog
