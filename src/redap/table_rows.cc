// The rows of tables: GetTableSchema, ScanTable, WriteTable. Which table is the system's is decided here.
#include "arrow/record_batch.h"
#include "base/status.h"
#include "redap/handlers.h"
#include "redap/table_calls.h"
#include "tables/scan.h"

namespace mutoscope::redap {
namespace {

arrow::Result<catalog::WriteMode> FromProto(cloud::TableInsertMode mode) {
  switch (mode) {
    case cloud::TABLE_INSERT_MODE_UNSPECIFIED:
    case cloud::TABLE_INSERT_MODE_APPEND:
      return catalog::WriteMode::kAppend;
    case cloud::TABLE_INSERT_MODE_OVERWRITE:
      return catalog::WriteMode::kOverwrite;
    case cloud::TABLE_INSERT_MODE_REPLACE:
      return catalog::WriteMode::kUpsert;
    case cloud::TABLE_INSERT_MODE_UPDATE:
      return catalog::WriteMode::kUpdate;
    default:
      return base::InvalidArgument("the insert mode {} is unknown", static_cast<int>(mode));
  }
}

class TableConsumer final : public Consumer<cloud::WriteTableRequest, cloud::WriteTableResponse> {
 public:
  TableConsumer(catalog::Tables& tables, catalog::Table table) : tables_(tables), table_(std::move(table)) {}

  arrow::Status Take(cloud::WriteTableRequest request) override { return Named(TakeRows(request)); }
  arrow::Status Finish(cloud::WriteTableResponse*) override {
    return writer_ == nullptr ? arrow::Status::OK() : Named(writer_->Finish());
  }

 private:
  arrow::Status Named(const arrow::Status& status) const {
    return base::WithContext(status, "write to table '" + table_.entry.name + "'");
  }

  arrow::Status TakeRows(const cloud::WriteTableRequest& request) {
    ARROW_ASSIGN_OR_RAISE(const auto mode, FromProto(request.insert_mode()));
    if (!request.has_dataframe_part()) return base::InvalidArgument("a message of the stream has no rows (dataframe_part)");
    if (writer_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(writer_, tables_.Write(table_.entry.id, mode));
      mode_ = mode;
    }
    if (mode != mode_) {
      return base::InvalidArgument("one stream mixes the insert modes {} and {}: it is one write, in one mode",
                                   static_cast<int>(mode_), static_cast<int>(mode));
    }
    ARROW_ASSIGN_OR_RAISE(const auto batch, redap::FromProto(request.dataframe_part()));
    return writer_->Write(*batch);
  }

  catalog::Tables& tables_;
  const catalog::Table table_;
  std::unique_ptr<catalog::TableWriter> writer_;  // null before the first message
  catalog::WriteMode mode_ = catalog::WriteMode::kAppend;
};

// Batch by batch; a table without rows answers with one empty batch, so that clients learn its columns.
class TableStream {
 public:
  explicit TableStream(std::unique_ptr<tables::Scan> scan) : scan_(std::move(scan)) {}

  arrow::Result<Produced> Next(cloud::ScanTableResponse* response) {
    ARROW_ASSIGN_OR_RAISE(auto batch, scan_->Next());
    if (batch == nullptr) {
      if (started_) return Produced::kNothing;
      ARROW_ASSIGN_OR_RAISE(batch, arrow::RecordBatch::MakeEmpty(scan_->schema()));
      ARROW_ASSIGN_OR_RAISE(*response->mutable_dataframe_part(), ToProto(*batch));
      return Produced::kLastMessage;
    }
    started_ = true;
    ARROW_ASSIGN_OR_RAISE(*response->mutable_dataframe_part(), ToProto(*batch));
    return Produced::kMessage;
  }

 private:
  std::unique_ptr<tables::Scan> scan_;
  bool started_ = false;
};

}  // namespace

arrow::Status GetTableSchema(const Call& call, const cloud::GetTableSchemaRequest& request,
                             cloud::GetTableSchemaResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto id, TableIdOf(call, request.has_table_id() ? &request.table_id() : nullptr));
  ARROW_ASSIGN_OR_RAISE(const auto table, call.engine.catalog.tables().Read(id));
  if (table.system) {
    ARROW_ASSIGN_OR_RAISE(*response->mutable_schema(), ToProto(*EntriesSchema()));
    return arrow::Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto version, call.engine.catalog.tables().Open(id));
  response->mutable_schema()->set_arrow_schema(version->schema_ipc);
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::ScanTableResponse>> ScanTable(const Call& call, const cloud::ScanTableRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto id, TableIdOf(call, request.has_table_id() ? &request.table_id() : nullptr));
  ARROW_ASSIGN_OR_RAISE(const auto table, call.engine.catalog.tables().Read(id));
  if (table.system) return ScanEntries(call);
  ARROW_ASSIGN_OR_RAISE(const auto version, call.engine.catalog.tables().Open(id));
  ARROW_ASSIGN_OR_RAISE(auto scan, tables::Scan::Open(version->data));
  auto stream = std::make_shared<TableStream>(std::move(scan));  // generators are copied
  return [stream](cloud::ScanTableResponse* response) { return stream->Next(response); };
}

arrow::Result<std::unique_ptr<Consumer<cloud::WriteTableRequest, cloud::WriteTableResponse>>> WriteTable(const Call& call) {
  ARROW_ASSIGN_OR_RAISE(const auto id, TableIdOf(call));
  auto& tables = call.engine.catalog.tables();
  ARROW_ASSIGN_OR_RAISE(auto table, tables.Read(id));
  if (table.system) {
    return base::FailedPrecondition("the system table '{}' cannot be written: it lists the entries of the catalog",
                                    table.entry.name);
  }
  return std::make_unique<TableConsumer>(tables, std::move(table));
}

}  // namespace mutoscope::redap
