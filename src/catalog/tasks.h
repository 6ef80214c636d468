// Tasks: the outcome of each registered recording, told to those who wait for it.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/listeners.h"
#include "catalog/catalog.h"
#include "catalog/database.h"

namespace mutoscope::catalog {

// Thread-safe.
class Tasks {
 public:
  base::Listeners changed;  // notified after every transaction that finished tasks

  // As the database has them, except that those whose end it could not take have failed.
  arrow::Result<std::vector<TaskState>> Query(Database& database, const std::vector<std::string>& ids) const;
  // The pending ones among them fail with that message. Where the database does not take it (its disk is full), it is kept in
  // memory: after a restart they have failed in any case.
  void Fail(Database& database, const std::vector<std::string>& ids, const std::string& message);
  // The same, durable when this returns OK.
  arrow::Status Cancel(Database& database, const std::vector<std::string>& ids);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> unwritten_;  // id: message
};

}  // namespace mutoscope::catalog
