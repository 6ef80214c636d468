// Entries of tables: making, registering, reading and updating them. Their rows: table_rows.cc.
#include "base/status.h"
#include "redap/handlers.h"
#include "redap/table_calls.h"

namespace mutoscope::redap {
namespace {

// The clients' form: a leading slash and no host (redap.md §5.6), so not Any::PackFrom.
constexpr const char* kLanceTable = "/rerun.cloud.v1alpha1.LanceTable";
constexpr const char* kSystemTable = "/rerun.cloud.v1alpha1.SystemTable";

template <typename Message>
void Pack(const char* type_url, const Message& message, google::protobuf::Any* any) {
  any->set_type_url(type_url);
  any->set_value(message.SerializeAsString());
}

cloud::TableEntry TableToProto(const catalog::Table& table) {
  cloud::TableEntry out;
  *out.mutable_details() = ToProto(table.entry);
  if (table.system) {
    cloud::SystemTable system;
    system.set_kind(cloud::SYSTEM_TABLE_KIND_ENTRIES);
    Pack(kSystemTable, system, out.mutable_provider_details());
  } else {
    cloud::LanceTable provider;  // the only kind of table that clients know
    provider.set_table_url(table.url);
    Pack(kLanceTable, provider, out.mutable_provider_details());
  }
  auto* details = out.mutable_table_details();
  if (table.details.blueprint_dataset) *details->mutable_blueprint_dataset() = EntryIdToProto(*table.details.blueprint_dataset);
  if (table.details.default_blueprint_segment) {
    details->mutable_default_blueprint_segment()->set_id(*table.details.default_blueprint_segment);
  }
  return out;
}

// Where the request says that the table is or shall be.
arrow::Result<std::string> UrlOf(const std::string& name, const google::protobuf::Any& provider) {
  if (provider.type_url() == kSystemTable) {
    return base::InvalidArgument("table '{}': system tables are the server's own and cannot be made or registered", name);
  }
  if (provider.type_url() != kLanceTable) {
    return base::InvalidArgument("table '{}': provider details of the type '{}' are unknown; expected '{}'", name,
                                 provider.type_url(), kLanceTable);
  }
  cloud::LanceTable table;
  if (!table.ParseFromString(provider.value()))
    return base::InvalidArgument("table '{}': its provider details are malformed", name);
  if (table.table_url().empty()) return base::InvalidArgument("table '{}': the URL is missing in its provider details", name);
  return table.table_url();
}

}  // namespace

arrow::Result<catalog::EntryId> TableIdOf(const Call& call, const common::EntryId* body) {
  if (call.entry_id || !call.entry_name) return EntryOf(call, body);
  ARROW_ASSIGN_OR_RAISE(const auto named, call.engine.catalog.tables().IdByName(*call.entry_name));
  if (body == nullptr) return named;
  ARROW_ASSIGN_OR_RAISE(const auto id, FromProto(*body));
  if (id != named) {
    return base::InvalidArgument("the header names the table '{}' ({}), the body the entry {}", *call.entry_name, named.text(),
                                 id.text());
  }
  return id;
}

arrow::Status CreateTableEntry(const Call& call, const cloud::CreateTableEntryRequest& request,
                               cloud::CreateTableEntryResponse* response) {
  const std::string& name = request.name();
  if (!request.has_schema() || !request.schema().has_arrow_schema()) {
    return base::InvalidArgument("create table '{}': the schema is missing", name);
  }
  if (request.has_provider_details()) {
    ARROW_ASSIGN_OR_RAISE(const std::string url, UrlOf(name, request.provider_details()));
    return base::InvalidArgument(
        "create table '{}' at '{}': this server keeps tables as Parquet in its own data directory; leave the URL out, or "
        "register "
        "existing Parquet files with register_table",
        name, url);
  }
  ARROW_ASSIGN_OR_RAISE(const auto table, call.engine.catalog.tables().Create(name, request.schema().arrow_schema()));
  *response->mutable_table() = TableToProto(table);
  return arrow::Status::OK();
}

arrow::Status RegisterTable(const Call& call, const cloud::RegisterTableRequest& request,
                            cloud::RegisterTableResponse* response) {
  if (!request.has_provider_details()) {
    return base::InvalidArgument("register table '{}': the provider details with its URL are missing", request.name());
  }
  ARROW_ASSIGN_OR_RAISE(const std::string url, UrlOf(request.name(), request.provider_details()));
  ARROW_ASSIGN_OR_RAISE(const auto table, call.engine.catalog.tables().Register(request.name(), url));
  *response->mutable_table_entry() = TableToProto(table);
  return arrow::Status::OK();
}

arrow::Status ReadTableEntry(const Call& call, const cloud::ReadTableEntryRequest& request,
                             cloud::ReadTableEntryResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto id, TableIdOf(call, request.has_id() ? &request.id() : nullptr));
  ARROW_ASSIGN_OR_RAISE(const auto table, call.engine.catalog.tables().Read(id));
  *response->mutable_table() = TableToProto(table);
  return arrow::Status::OK();
}

arrow::Status UpdateTableEntry(const Call& call, const cloud::UpdateTableEntryRequest& request,
                               cloud::UpdateTableEntryResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto id, TableIdOf(call, request.has_id() ? &request.id() : nullptr));
  if (!request.has_table_details()) return base::InvalidArgument("update table {}: the details are missing", id.text());
  catalog::TableDetails details;
  const auto& wire = request.table_details();
  if (wire.has_blueprint_dataset()) {
    ARROW_ASSIGN_OR_RAISE(details.blueprint_dataset, FromProto(wire.blueprint_dataset()));
  }
  if (wire.has_default_blueprint_segment()) details.default_blueprint_segment = wire.default_blueprint_segment().id();
  ARROW_ASSIGN_OR_RAISE(const auto table, call.engine.catalog.tables().UpdateDetails(id, details));
  *response->mutable_table() = TableToProto(table);
  return arrow::Status::OK();
}

}  // namespace mutoscope::redap
