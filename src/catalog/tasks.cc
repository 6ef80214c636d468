#include "catalog/tasks.h"

#include "base/time.h"
#include "catalog/catalog_state.h"
#include "catalog/task_rows.h"

namespace mutoscope::catalog {
namespace {

constexpr const char* kCancelledMessage = "cancelled before the recording was registered";

arrow::Status WriteFailed(Database& database, const std::vector<std::string>& ids, const std::string& message) {
  return database.Write([&](soci::session& sql) {
    FailPendingTaskRows(sql, ids, message, base::NowNs());
    return arrow::Status::OK();
  });
}

}  // namespace

arrow::Result<std::vector<TaskState>> Tasks::Query(Database& database, const std::vector<std::string>& ids) const {
  ARROW_ASSIGN_OR_RAISE(auto tasks, database.Read([&](soci::session& sql) {
    return arrow::Result<std::vector<TaskState>>(ReadTaskRows(sql, ids));
  }));
  std::lock_guard lock(mutex_);
  for (TaskState& task : tasks) {
    if (task.status != TaskState::Status::kPending) continue;
    if (const auto found = unwritten_.find(task.id); found != unwritten_.end()) {
      task.status = TaskState::Status::kFailed;
      task.message = found->second;
    }
  }
  return tasks;
}

void Tasks::Fail(Database& database, const std::vector<std::string>& ids, const std::string& message) {
  if (!WriteFailed(database, ids, message).ok()) {
    std::lock_guard lock(mutex_);
    for (const std::string& id : ids) unwritten_.emplace(id, message);
  }
  changed.Notify();
}

arrow::Status Tasks::Cancel(Database& database, const std::vector<std::string>& ids) {
  ARROW_RETURN_NOT_OK(WriteFailed(database, ids, kCancelledMessage));
  changed.Notify();
  return arrow::Status::OK();
}

// ---- of Catalog

std::vector<TaskState> Catalog::QueryTasks(const std::vector<std::string>& ids) const {
  auto tasks = state_->tasks.Query(*state_->database, ids);
  if (tasks.ok()) return tasks.MoveValueUnsafe();
  std::vector<TaskState> failed;
  for (const std::string& id : ids) failed.push_back({id, TaskState::Status::kFailed, tasks.status().message(), 0, 0});
  return failed;
}

arrow::Status Catalog::CancelTasks(const std::vector<std::string>& ids) { return state_->tasks.Cancel(*state_->database, ids); }

std::shared_ptr<void> Catalog::OnTasksChanged(std::function<void()> listener) const {
  return state_->tasks.changed.Add(std::move(listener));
}

}  // namespace mutoscope::catalog
