// Tables of a catalog.
#include "native/catalog_client.h"
#include "native/entries.h"
#include "native/redap_calls.h"
#include "native/table_client.h"

namespace mutoscope::native {
namespace {

google::protobuf::Any StoredAt(const std::string& url) {
  cloud::LanceTable stored;
  stored.set_table_url(url);
  google::protobuf::Any details;
  details.set_type_url(kStoredTable);
  details.set_value(stored.SerializeAsString());
  return details;
}

}  // namespace

arrow::Result<std::shared_ptr<Table>> CatalogClient::GetTable(const std::string& name) const {
  cloud::EntryFilter filter;
  filter.set_name(name);
  ARROW_ASSIGN_OR_RAISE(auto entries, FindEntries(*transport_, filter));
  if (entries.empty()) return base::NotFound("table '{}' does not exist", name);
  if (entries[0].kind != EntryKind::kTable) {
    return base::NotFound("table with entry ID '{}' not found: '{}' is no table", entries[0].id, name);
  }
  return std::make_shared<TableClient>(transport_, std::move(entries[0]));
}

arrow::Result<std::shared_ptr<Table>> CatalogClient::GetTableById(const std::string& id) const {
  cloud::ReadTableEntryRequest request;
  ARROW_ASSIGN_OR_RAISE(*request.mutable_id(), EntryIdFromText(id));
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::ReadTableEntryResponse>(*transport_, kReadTableEntry, EntryHeader(id), request));
  return std::make_shared<TableClient>(transport_, FromProto(response.table().details()));
}

arrow::Result<std::shared_ptr<Table>> CatalogClient::CreateTable(const std::string& name, const arrow::Schema& schema,
                                                                 const std::optional<std::string>& url) {
  cloud::CreateTableEntryRequest request;
  request.set_name(name);
  if (url) *request.mutable_provider_details() = StoredAt(*url);
  ARROW_ASSIGN_OR_RAISE(*request.mutable_schema(), redap::ToProto(schema));
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::CreateTableEntryResponse>(*transport_, kCreateTableEntry, {}, request));
  return std::make_shared<TableClient>(transport_, FromProto(response.table().details()));
}

arrow::Result<std::shared_ptr<Table>> CatalogClient::RegisterTable(const std::string& name, const std::string& url) {
  cloud::RegisterTableRequest request;
  request.set_name(name);
  *request.mutable_provider_details() = StoredAt(url);
  ARROW_ASSIGN_OR_RAISE(const auto response, CallUnary<cloud::RegisterTableResponse>(*transport_, kRegisterTable, {}, request));
  return std::make_shared<TableClient>(transport_, FromProto(response.table_entry().details()));
}

}  // namespace mutoscope::native
