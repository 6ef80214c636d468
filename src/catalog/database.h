// catalog.db: one SQLite connection behind a mutex. SOCI and SQLite report errors by exceptions: they end here and become
// arrow::Status. Table layout and versions: docs/formats/catalog_db.md.
#pragma once

#include <soci/soci.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "arrow/result.h"

namespace mutoscope::catalog {

// The status of the exception in flight, naming the database file. Call it in a catch block only.
arrow::Status StatusOfCurrentException(const std::string& database_path);

// Thread-safe: calls are serialised. The callbacks get the session, may throw what SOCI throws, and return a Status or Result.
class Database {
 public:
  // Opens or makes the file, sets WAL and synchronous=FULL, runs the migrations that are missing. FAILED_PRECONDITION if a newer
  // version wrote it, DATA_LOSS if it is no database.
  static arrow::Result<std::unique_ptr<Database>> Open(const std::string& path);
  ~Database();

  template <typename Function>
  auto Read(Function&& function) -> std::invoke_result_t<Function, soci::session&> {
    std::lock_guard lock(mutex_);
    try {
      return function(*session_);
    } catch (...) {
      return StatusOfCurrentException(path_);
    }
  }

  // In one transaction, durable when this returns OK; rolled back if the callback returns an error or throws.
  template <typename Function>
  auto Write(Function&& function) -> std::invoke_result_t<Function, soci::session&> {
    return Write(std::forward<Function>(function), [](const auto&) {});
  }
  // `committed(result)` is called once the transaction is durable, before another one can begin: for what must be told in the
  // order of the changes. It must not use the database.
  template <typename Function, typename Committed>
  auto Write(Function&& function, Committed&& committed) -> std::invoke_result_t<Function, soci::session&> {
    std::lock_guard lock(mutex_);
    try {
      soci::transaction transaction(*session_);
      auto result = function(*session_);
      if (!result.ok()) return result;
      transaction.commit();
      committed(result);
      return result;
    } catch (...) {
      return StatusOfCurrentException(path_);
    }
  }

 private:
  Database(std::string path, std::unique_ptr<soci::session> session);
  std::string path_;
  std::mutex mutex_;
  std::unique_ptr<soci::session> session_;
};

}  // namespace mutoscope::catalog
