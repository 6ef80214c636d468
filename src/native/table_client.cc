#include "native/table_client.h"

#include "native/entries.h"
#include "native/redap_calls.h"
#include "native/table_reader.h"
#include "native/table_write.h"

namespace mutoscope::native {
namespace {

TableDetails FromProto(const cloud::TableEntry& table) {
  TableDetails details;
  cloud::LanceTable stored;
  if (table.provider_details().type_url() == kStoredTable && stored.ParseFromString(table.provider_details().value())) {
    details.storage_url = stored.table_url();
  }
  const auto& wire = table.table_details();
  if (wire.has_blueprint_dataset()) details.blueprint_dataset_id = TextOf(wire.blueprint_dataset());
  if (wire.has_default_blueprint_segment()) details.default_blueprint = wire.default_blueprint_segment().id();
  return details;
}

}  // namespace

arrow::Result<TableDetails> TableClient::Details() const {
  cloud::ReadTableEntryRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_id(), EntryIdFromText(entry_.id));
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::ReadTableEntryResponse>(*transport_, kReadTableEntry, EntryHeader(entry_.id), request));
  return FromProto(response.table());
}

arrow::Result<TableDetails> TableClient::SetDefaultBlueprint(const std::optional<std::string>& name) {
  ARROW_ASSIGN_OR_RAISE(const auto before, Details());
  cloud::UpdateTableEntryRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_id(), EntryIdFromText(entry_.id));
  auto* details = request.mutable_table_details();
  if (before.blueprint_dataset_id) {
    ARROW_ASSIGN_OR_RAISE(*details->mutable_blueprint_dataset(), EntryIdFromText(*before.blueprint_dataset_id));
  }
  if (name) details->mutable_default_blueprint_segment()->set_id(*name);
  ARROW_ASSIGN_OR_RAISE(const auto response, CallUnary<cloud::UpdateTableEntryResponse>(*transport_, kUpdateTableEntry,
                                                                                        EntryHeader(entry_.id), request));
  return FromProto(response.table());
}

arrow::Result<std::shared_ptr<arrow::Schema>> TableClient::Schema() const {
  cloud::GetTableSchemaRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_table_id(), EntryIdFromText(entry_.id));
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::GetTableSchemaResponse>(*transport_, kGetTableSchema, EntryHeader(entry_.id), request));
  return SchemaFromProto(response.schema());
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> TableClient::Scan(const TableScan& scan) const {
  ARROW_ASSIGN_OR_RAISE(const auto schema, Schema());
  ARROW_ASSIGN_OR_RAISE(auto plan, PlanTableScan(schema, scan));
  cloud::ScanTableRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_table_id(), EntryIdFromText(entry_.id));
  ARROW_ASSIGN_OR_RAISE(auto stream, transport_->Stream(kScanTable, EntryHeader(entry_.id), request.SerializeAsString()));
  return MakeTableReader(transport_, std::move(stream), std::move(plan));
}

arrow::Status TableClient::Write(arrow::RecordBatchReader& rows, TableWrite how) {
  return transport_->ClientStream(kWriteTable, EntryHeader(entry_.id), WriteTableRequests(rows, how)).status();
}

}  // namespace mutoscope::native
