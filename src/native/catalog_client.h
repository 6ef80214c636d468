// The public catalog as a redap client: the same code whether the catalog is in this process or on a server. Queries go their own
// way (native/queries.h).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mutoscope/catalog.h"
#include "native/queries.h"
#include "native/transport.h"

namespace mutoscope::native {

class CatalogClient final : public Catalog {
 public:
  CatalogClient(std::shared_ptr<Transport> transport, std::shared_ptr<const Queries> queries)
      : transport_(std::move(transport)), queries_(std::move(queries)) {}

  arrow::Result<VersionInfo> Version() const override;
  arrow::Result<std::vector<Entry>> Entries(bool include_hidden) const override;
  arrow::Result<std::shared_ptr<Dataset>> GetDataset(const std::string& name) const override;
  arrow::Result<std::shared_ptr<Dataset>> GetDatasetById(const std::string& id) const override;
  arrow::Result<std::shared_ptr<Dataset>> CreateDataset(const std::string& name) override;

  // catalog_tables.cc
  arrow::Result<std::shared_ptr<Table>> GetTable(const std::string& name) const override;
  arrow::Result<std::shared_ptr<Table>> GetTableById(const std::string& id) const override;
  arrow::Result<std::shared_ptr<Table>> CreateTable(const std::string& name, const arrow::Schema& schema,
                                                    const std::optional<std::string>& url) override;
  arrow::Result<std::shared_ptr<Table>> RegisterTable(const std::string& name, const std::string& url) override;

  arrow::Result<Entry> RenameEntry(const std::string& id, const std::string& name) override;
  arrow::Status DeleteEntry(const std::string& id) override;
  arrow::Result<std::vector<TaskState>> WaitForTasks(const std::vector<std::string>& task_ids, std::chrono::nanoseconds timeout,
                                                     const std::function<bool()>& cancelled) const override;
  arrow::Status CancelTasks(const std::vector<std::string>& task_ids) override;

  // staging.cc
  arrow::Result<std::string> Stage(const std::string& key, arrow::io::RandomAccessFile& content) override;

  arrow::Status DoGlobalMaintenance() override;
  arrow::Result<uint64_t> TestBandwidth(uint64_t bytes) const override;

 private:
  std::shared_ptr<Dataset> DatasetOf(Entry entry) const;

  std::shared_ptr<Transport> transport_;
  std::shared_ptr<const Queries> queries_;
};

}  // namespace mutoscope::native
