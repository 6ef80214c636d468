#include "catalog/task_rows.h"

namespace mutoscope::catalog {

std::string NewTaskId() { return "task_" + base::Tuid::New().text(); }

TaskWriter::TaskWriter(soci::session& sql)
    : put_((sql.prepare << "INSERT INTO tasks (id, status, message, created_at_ns, updated_at_ns) VALUES (:id, :s, :m, :c, :u) "
                           "ON CONFLICT (id) DO UPDATE SET status = excluded.status, message = excluded.message, "
                           "updated_at_ns = excluded.updated_at_ns WHERE status = 0",
            soci::use(id_), soci::use(status_), soci::use(message_), soci::use(created_ns_), soci::use(updated_ns_))),
      find_((sql.prepare << "SELECT status FROM tasks WHERE id = :id", soci::use(id_), soci::into(status_))) {}

void TaskWriter::Put(const TaskState& task) {
  id_ = task.id;
  status_ = static_cast<int>(task.status);
  message_ = task.message;
  created_ns_ = task.created_at_ns;
  updated_ns_ = task.updated_at_ns;
  put_.execute(true);
}

void TaskWriter::PutPending(const std::string& id, int64_t now_ns) { Put({id, TaskState::Status::kPending, "", now_ns, now_ns}); }

bool TaskWriter::HasFailed(const std::string& id) {
  id_ = id;
  return find_.execute(true) && status_ == static_cast<int>(TaskState::Status::kFailed);
}

std::vector<TaskState> ReadTaskRows(soci::session& sql, const std::vector<std::string>& ids) {
  std::string id, message;
  int status = 0;
  long long created = 0, updated = 0;
  soci::statement find = (sql.prepare << "SELECT status, message, created_at_ns, updated_at_ns FROM tasks WHERE id = :id",
                          soci::use(id), soci::into(status), soci::into(message), soci::into(created), soci::into(updated));
  std::vector<TaskState> tasks;
  tasks.reserve(ids.size());
  for (const std::string& asked : ids) {
    id = asked;
    if (find.execute(true)) {
      tasks.push_back({asked, static_cast<TaskState::Status>(status), message, created, updated});
    } else {
      tasks.push_back({asked, TaskState::Status::kSuccess, "", 0, 0});
    }
  }
  return tasks;
}

int64_t DeleteTaskRowsBefore(soci::session& sql, int64_t time_ns) {
  const long long time = time_ns;
  soci::statement erase = (sql.prepare << "DELETE FROM tasks WHERE status <> 0 AND updated_at_ns < :t", soci::use(time));
  erase.execute(true);
  return erase.get_affected_rows();
}

void FailPendingTaskRows(soci::session& sql, const std::vector<std::string>& ids, const std::string& message, int64_t now_ns) {
  const long long now = now_ns;
  std::string id;
  soci::statement update =
      (sql.prepare << "UPDATE tasks SET status = 2, message = :m, updated_at_ns = :u WHERE id = :id AND status = 0",
       soci::use(message), soci::use(now), soci::use(id));
  for (const std::string& one : ids) {
    id = one;
    update.execute(true);
  }
}

void FailAllPendingTaskRows(soci::session& sql, const std::string& message, int64_t now_ns) {
  const long long now = now_ns;
  sql << "UPDATE tasks SET status = 2, message = :m, updated_at_ns = :u WHERE status = 0", soci::use(message), soci::use(now);
}

int64_t NextRun(soci::session& sql) {
  long long run = 0;
  sql << "UPDATE counters SET value = value + 1 WHERE name = 'run'";
  sql << "SELECT value FROM counters WHERE name = 'run'", soci::into(run);
  return run;
}

int64_t LastLayerId(soci::session& sql) {
  long long layer = 0;
  sql << "SELECT value FROM counters WHERE name = 'layer'", soci::into(layer);
  return layer;
}

void SetLastLayerId(soci::session& sql, int64_t layer) {
  const long long id = layer;
  sql << "UPDATE counters SET value = MAX(value, :id) WHERE name = 'layer'", soci::use(id);
}

CatalogStats ReadStats(soci::session& sql) {
  long long datasets = 0, layers = 0, chunks = 0, without_rows = 0;
  sql << "SELECT COUNT(*) FROM entries WHERE kind = 1", soci::into(datasets);
  sql << "SELECT COALESCE(SUM(layer_count), 0), COALESCE(SUM(chunk_count), 0) FROM datasets", soci::into(layers),
      soci::into(chunks);
  sql << "SELECT COUNT(*) FROM layers WHERE rows_pack IS NULL", soci::into(without_rows);
  CatalogStats stats;
  stats.datasets = static_cast<uint64_t>(datasets);
  stats.layers = static_cast<uint64_t>(layers);
  stats.chunks = static_cast<uint64_t>(chunks);
  stats.layers_without_rows = static_cast<uint64_t>(without_rows);
  return stats;
}

}  // namespace mutoscope::catalog
