#include "catalog/database.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "catalog/schema_sql.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::catalog {
namespace {

using storage::testing::TempDir;

int Count(Database& database) {
  return database
      .Read([](soci::session& sql) {
        int count = 0;
        sql << "SELECT COUNT(*) FROM counters WHERE name = 'test'", soci::into(count);
        return arrow::Result<int>(count);
      })
      .ValueOrDie();
}

arrow::Status Insert(soci::session& sql) {
  sql << "INSERT INTO counters VALUES ('test', 1)";
  return arrow::Status::OK();
}

TEST(Database, AnErrorRollsBack) {
  TempDir directory;
  auto database = Database::Open(directory / "catalog.db").ValueOrDie();
  const arrow::Status status = database->Write([](soci::session& sql) {
    ARROW_RETURN_NOT_OK(Insert(sql));
    return base::InvalidArgument("no");
  });
  EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument);
  EXPECT_EQ(Count(*database), 0);
}

TEST(Database, AnExceptionRollsBackAndBecomesAStatus) {
  TempDir directory;
  auto database = Database::Open(directory / "catalog.db").ValueOrDie();
  const arrow::Status status = database->Write([](soci::session& sql) {
    ARROW_RETURN_NOT_OK(Insert(sql));
    return Insert(sql);  // the key is taken
  });
  EXPECT_EQ(base::CodeOf(status), base::Code::kInternal);
  EXPECT_NE(status.message().find("catalog.db"), std::string::npos) << status.message();
  EXPECT_EQ(Count(*database), 0);
  EXPECT_TRUE(database->Write(Insert).ok()) << "the connection is usable after an error";
  EXPECT_EQ(Count(*database), 1);
}

TEST(Database, ChangesAreThereAfterReopening) {
  TempDir directory;
  const std::string path = directory.path() + "/with space.db";
  ASSERT_TRUE(Database::Open(path).ValueOrDie()->Write(Insert).ok());
  EXPECT_EQ(Count(*Database::Open(path).ValueOrDie()), 1);
}

TEST(Database, ANewerVersionIsRefused) {
  TempDir directory;
  const std::string path = directory / "catalog.db";
  const std::string pragma = fmt::format("PRAGMA user_version={}", Migrations().size() + 1);
  ASSERT_TRUE(Database::Open(path)
                  .ValueOrDie()
                  ->Write([&](soci::session& sql) {
                    sql << pragma;
                    return arrow::Status::OK();
                  })
                  .ok());
  const arrow::Status status = Database::Open(path).status();
  EXPECT_EQ(base::CodeOf(status), base::Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("newer Mutoscope"), std::string::npos);
}

}  // namespace
}  // namespace mutoscope::catalog
