#include "catalog/database.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include "base/status.h"
#include "catalog/schema_sql.h"

namespace mutoscope::catalog {
namespace {

// SQLite's primary result codes (sqlite.org/rescode.html).
constexpr int kSqliteCorrupt = 11;
constexpr int kSqliteFull = 13;
constexpr int kSqliteNotADatabase = 26;

void Execute(soci::session& session, const char* script) {
  auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
  char* text = nullptr;
  const int code = sqlite_api::sqlite3_exec(backend->conn_, script, nullptr, nullptr, &text);
  if (code == 0) return;
  const std::string message = text == nullptr ? "unknown error" : text;
  sqlite_api::sqlite3_free(text);
  throw soci::sqlite3_soci_error(message, code);
}

arrow::Status Configure(soci::session& session, const std::string& path) {
  std::string journal_mode;
  session << "PRAGMA journal_mode=WAL", soci::into(journal_mode);
  if (journal_mode != "wal") {
    return base::FailedPrecondition("{}: the file system does not support SQLite's write-ahead log; use a local directory", path);
  }
  Execute(session, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA cache_size=-8192;");
  return arrow::Status::OK();
}

arrow::Status Migrate(soci::session& session, const std::string& path) {
  int version = 0;
  session << "PRAGMA user_version", soci::into(version);
  const auto scripts = Migrations();
  const int newest = static_cast<int>(scripts.size());
  if (version > newest) {
    return base::FailedPrecondition(
        "{}: written by a newer Mutoscope (catalog version {}, this program knows up to {}); upgrade it", path, version, newest);
  }
  for (; version < newest; ++version) {
    soci::transaction transaction(session);
    Execute(session, scripts[static_cast<size_t>(version)]);
    Execute(session, fmt::format("PRAGMA user_version={}", version + 1).c_str());
    transaction.commit();
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status StatusOfCurrentException(const std::string& database_path) {
  try {
    throw;
  } catch (const soci::sqlite3_soci_error& error) {
    const int code = error.result() & 0xff;
    if (code == kSqliteFull) return base::ResourceExhausted("{}: {}", database_path, error.what());
    if (code == kSqliteCorrupt || code == kSqliteNotADatabase) {
      return base::DataLoss("{}: {}; restore the file from a backup, or remove it and register the recordings again",
                            database_path, error.what());
    }
    return base::Internal("{}: {}", database_path, error.what());
  } catch (const std::exception& error) {
    return base::Internal("{}: {}", database_path, error.what());
  }
}

Database::Database(std::string path, std::unique_ptr<soci::session> session)
    : path_(std::move(path)), session_(std::move(session)) {}

Database::~Database() = default;

arrow::Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  if (path.find('"') != std::string::npos) {
    return base::InvalidArgument("{}: a data directory cannot have a double quote in its path", path);
  }
  try {
    auto session = std::make_unique<soci::session>(*soci::factory_sqlite3(), "dbname=\"" + path + "\"");
    ARROW_RETURN_NOT_OK(Configure(*session, path));
    ARROW_RETURN_NOT_OK(Migrate(*session, path));
    return std::unique_ptr<Database>(new Database(path, std::move(session)));
  } catch (...) {
    return StatusOfCurrentException(path);
  }
}

}  // namespace mutoscope::catalog
