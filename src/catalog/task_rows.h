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
  // A task that is pending already gets its outcome; one that is finished stays as it is.
  void Put(const TaskState& task);
  // Nothing if the task has its outcome already.
  void PutPending(const std::string& id, int64_t now_ns);
  // Was it put pending, and has it failed (been cancelled) meanwhile?
  bool HasFailed(const std::string& id);

 private:
  std::string id_, message_;
  int status_ = 0;
  long long created_ns_ = 0, updated_ns_ = 0;
  soci::statement put_, find_;
};

// In the order of `ids`; an unknown id succeeded.
std::vector<TaskState> ReadTaskRows(soci::session& sql, const std::vector<std::string>& ids);
// The number of deleted ones.
int64_t DeleteTaskRowsBefore(soci::session& sql, int64_t time_ns);
void FailPendingTaskRows(soci::session& sql, const std::vector<std::string>& ids, const std::string& message, int64_t now_ns);
void FailAllPendingTaskRows(soci::session& sql, const std::string& message, int64_t now_ns);

// Grows the counter of server runs and gives it.
int64_t NextRun(soci::session& sql);
// The greatest layer id that any transaction used; never used again.
int64_t LastLayerId(soci::session& sql);
void SetLastLayerId(soci::session& sql, int64_t layer);

// Counts of the database; the rest of CatalogStats is the caller's.
CatalogStats ReadStats(soci::session& sql);

}  // namespace mutoscope::catalog
