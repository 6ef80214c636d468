// The engine answers random queries of random recordings as the model in tests/model/rules.py does. The cases come from
// tests/model/write_cases.py (MUTOSCOPE_CASES names their directory); here they run under the sanitizers too.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "arrow/api.h"
#include "arrow/compute/expression.h"
#include "arrow/io/file.h"
#include "arrow/ipc/reader.h"
#include "catalog/catalog.h"
#include "query/engine.h"
#include "query/predicate.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::query {
namespace {

using nlohmann::json;

std::shared_ptr<arrow::Buffer> DecodeBase64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<uint8_t*>(bytes.data()), reinterpret_cast<const uint8_t*>(text.data()),
                                   static_cast<int>(text.size()));
  EXPECT_GE(size, 0) << text;
  const auto padding = static_cast<size_t>(std::count(text.begin(), text.end(), '='));
  bytes.resize(static_cast<size_t>(size) - padding);
  return arrow::Buffer::FromString(std::move(bytes));
}

std::shared_ptr<arrow::Array> Values(const json& values) {
  arrow::Int64Builder builder;
  for (const auto& value : values) EXPECT_TRUE(builder.Append(value.get<int64_t>()).ok());
  return builder.Finish().ValueOrDie();
}

template <typename T>
std::optional<T> Optional(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<T>());
}

Request RequestOf(const json& from) {
  Request request;
  request.segments = Optional<std::vector<std::string>>(from["segments"]);
  if (!from["contents"].is_null()) request.contents = from["contents"].get<std::vector<std::vector<std::string>>>();
  request.index = Optional<std::string>(from["index"]);
  request.columns = Optional<std::vector<std::string>>(from["columns"]);
  if (!from["filter"].is_null())
    request.filter = arrow::compute::Deserialize(DecodeBase64(from["filter"].get<std::string>())).ValueOrDie();
  request.fill_latest_at = from["fill"].get<bool>();
  request.include_tombstone_columns = from["tombstones"].get<bool>();
  request.include_semantically_empty_columns = from["semantically_empty"].get<bool>();
  if (!from["index_values"].is_null()) request.index_values = Values(from["index_values"]);
  if (!from["segment_index_values"].is_null()) {
    request.segment_index_values.emplace();
    for (const auto& item : from["segment_index_values"]) {
      request.segment_index_values->emplace_back(item[0].get<std::string>(), Values(item[1]));
    }
  }
  request.limit = Optional<int64_t>(from["limit"]);
  return request;
}

std::shared_ptr<arrow::Table> Expected(const std::string& path) {
  const auto file = arrow::io::ReadableFile::Open(path).ValueOrDie();
  return arrow::ipc::RecordBatchFileReader::Open(file).ValueOrDie()->ToTable().ValueOrDie();
}

class Model : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const char* directory = std::getenv("MUTOSCOPE_CASES");
    if (directory == nullptr) GTEST_SKIP() << "MUTOSCOPE_CASES names no directory of cases (tests/model/write_cases.py)";
    cases_ = directory;
    RegisterFunctions();
    catalog::CatalogOptions options;
    options.data_directory = directory_ / "data";
    options.allow_paths = {cases_};
    options.index_rows = GetParam();
    catalog_ = catalog::Catalog::Open(options).ValueOrDie();
  }

  // The dataset with these recordings; the same list gives the same dataset.
  catalog::EntryId DatasetOf(const json& files) {
    const std::string key = files.dump();
    if (const auto known = datasets_.find(key); known != datasets_.end()) return known->second;
    const auto id = catalog_->CreateDataset("cases " + std::to_string(datasets_.size())).ValueOrDie().entry.id;
    for (const auto& file : files) {
      const auto rows = catalog_->Register(id, {{cases_ + "/" + file["path"].get<std::string>(), file["layer"], false}}, {});
      EXPECT_TRUE(rows.ok()) << rows.status().ToString();
      std::vector<std::string> tasks;
      for (const auto& row : rows.ValueOrDie()) tasks.push_back(row.task_id);
      for (const auto& task : catalog_->QueryTasks(tasks))
        EXPECT_EQ(task.status, catalog::TaskState::Status::kSuccess) << task.message;
    }
    return datasets_[key] = id;
  }

  void WaitForRowsIndex() {
    while (GetParam() && catalog_->Stats().layers_without_rows > 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  std::string cases_;
  storage::testing::TempDir directory_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::map<std::string, catalog::EntryId> datasets_;
};

TEST_P(Model, IsWhatTheEngineAnswers) {
  std::ifstream file(cases_ + "/cases.json");
  const json cases = json::parse(file);
  ASSERT_GT(cases.size(), 0u);
  for (const auto& c : cases) DatasetOf(c["dataset"]);
  WaitForRowsIndex();
  EngineOptions options;
  options.query_memory_bytes_max = 1 << 20;  // many small batches
  const Engine engine(*catalog_, options);
  int failures = 0;
  for (const auto& c : cases) {
    const auto name = c["name"].get<std::string>();
    const auto reader = engine.Run(DatasetOf(c["dataset"]), RequestOf(c["request"]));
    ASSERT_TRUE(reader.ok()) << name << ": " << reader.status().ToString();
    const auto table = (*reader)->ToTable();
    ASSERT_TRUE(table.ok()) << name << ": " << table.status().ToString();
    ASSERT_TRUE((*table)->ValidateFull().ok()) << name;
    const auto expected = Expected(cases_ + "/" + c["expected"].get<std::string>());
    const bool equal = (*table)->num_rows() == expected->num_rows() &&
                       (expected->num_columns() == 0 || (*table)->Equals(*expected, /*check_metadata=*/false));
    EXPECT_TRUE(equal) << name << ": " << c["description"].get<std::string>() << "\nexpected " << expected->ToString()
                       << "\nfound " << (*table)->ToString();
    failures += equal ? 0 : 1;
    ASSERT_LT(failures, 5) << "and so on";
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, Model, ::testing::Values(false, true),
                         [](const auto& instance) { return instance.param ? "FromTheIndex" : "FromTheRecordings"; });

}  // namespace
}  // namespace mutoscope::query
