// The public table as a redap client (native/catalog_client.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mutoscope/table.h"
#include "native/transport.h"

namespace mutoscope::native {

// The type of a table's provider details, as stock servers write it: no "type.googleapis.com" before the slash.
inline constexpr char kStoredTable[] = "/rerun.cloud.v1alpha1.LanceTable";

class TableClient final : public Table {
 public:
  TableClient(std::shared_ptr<Transport> transport, Entry entry) : transport_(std::move(transport)), entry_(std::move(entry)) {}

  const Entry& entry() const override { return entry_; }
  arrow::Result<TableDetails> Details() const override;
  arrow::Result<TableDetails> SetDefaultBlueprint(const std::optional<std::string>& name) override;
  arrow::Result<std::shared_ptr<arrow::Schema>> Schema() const override;
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> Scan(const TableScan& scan) const override;
  arrow::Status Write(arrow::RecordBatchReader& rows, TableWrite how) override;

 private:
  std::shared_ptr<Transport> transport_;
  Entry entry_;
};

}  // namespace mutoscope::native
