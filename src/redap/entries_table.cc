#include "arrow/builder.h"
#include "base/status.h"
#include "redap/columns.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr const char* kEntriesTable = "__entries";

const std::shared_ptr<arrow::Schema>& EntriesSchema() {
  static const auto schema = arrow::schema({
      MakeField("id", arrow::fixed_size_binary(16), false),
      MakeField("name", arrow::utf8(), false),
      MakeField("entry_kind", arrow::uint8(), false, {{"rerun:component_type", "rerun.components.EntryKind"}}),
      MakeField("created_at", arrow::timestamp(arrow::TimeUnit::NANO), false),
      MakeField("updated_at", arrow::timestamp(arrow::TimeUnit::NANO), false),
  });
  return schema;
}

// The table a call is about: there is only __entries.
arrow::Result<catalog::Entry> SystemTable(const Call& call, const common::EntryId* body) {
  ARROW_ASSIGN_OR_RAISE(const auto id, EntryOf(call, body));
  catalog::EntryFilter filter;
  filter.id = id;
  filter.kinds = {catalog::EntryKind::kTable};
  ARROW_ASSIGN_OR_RAISE(const auto entries, call.engine.catalog.FindEntries(filter));
  if (entries.empty()) return base::NotFound("table {} does not exist", id.text());
  return entries.front();
}

}  // namespace

arrow::Status ReadTableEntry(const Call& call, const cloud::ReadTableEntryRequest& request,
                             cloud::ReadTableEntryResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto entry, SystemTable(call, request.has_id() ? &request.id() : nullptr));
  auto* table = response->mutable_table();
  *table->mutable_details() = ToProto(entry);
  cloud::SystemTable system;
  system.set_kind(cloud::SYSTEM_TABLE_KIND_ENTRIES);
  // The clients' form: a leading slash and no host (redap.md §5.6), so not Any::PackFrom.
  table->mutable_provider_details()->set_type_url("/rerun.cloud.v1alpha1.SystemTable");
  table->mutable_provider_details()->set_value(system.SerializeAsString());
  table->mutable_table_details();
  return arrow::Status::OK();
}

arrow::Status GetTableSchema(const Call& call, const cloud::GetTableSchemaRequest& request,
                             cloud::GetTableSchemaResponse* response) {
  ARROW_RETURN_NOT_OK(SystemTable(call, request.has_table_id() ? &request.table_id() : nullptr).status());
  ARROW_ASSIGN_OR_RAISE(*response->mutable_schema(), ToProto(*EntriesSchema()));
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::ScanTableResponse>> ScanTable(const Call& call, const cloud::ScanTableRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto table, SystemTable(call, request.has_table_id() ? &request.table_id() : nullptr));
  if (table.name != kEntriesTable) return base::NotFound("table '{}' does not exist", table.name);
  catalog::EntryFilter all;
  for (int kind = 1; kind <= 6; ++kind) all.kinds.push_back(static_cast<catalog::EntryKind>(kind));
  ARROW_ASSIGN_OR_RAISE(const auto entries, call.engine.catalog.FindEntries(all));

  std::vector<base::Tuid> ids;
  std::vector<std::string> names;
  arrow::UInt8Builder kinds;
  std::vector<std::optional<int64_t>> created, updated;
  for (const auto& entry : entries) {
    ids.push_back(entry.id);
    names.push_back(entry.name);
    ARROW_RETURN_NOT_OK(kinds.Append(static_cast<uint8_t>(entry.kind)));
    created.emplace_back(entry.created_at_ns);
    updated.emplace_back(entry.updated_at_ns);
  }
  const auto& schema = *EntriesSchema();
  Table columns;
  ARROW_RETURN_NOT_OK(columns.Add(schema.field(0), IdColumn(ids)));
  ARROW_RETURN_NOT_OK(columns.Add(schema.field(1), TextColumn(names)));
  ARROW_RETURN_NOT_OK(columns.Add(schema.field(2), kinds.Finish()));
  ARROW_RETURN_NOT_OK(columns.Add(schema.field(3), TimeColumn(schema.field(3)->type(), created)));
  ARROW_RETURN_NOT_OK(columns.Add(schema.field(4), TimeColumn(schema.field(4)->type(), updated)));
  std::vector<cloud::ScanTableResponse> responses(1);
  ARROW_ASSIGN_OR_RAISE(*responses[0].mutable_dataframe_part(), ToProto(*columns.ToBatch(static_cast<int64_t>(entries.size()))));
  return Each(std::move(responses));
}

}  // namespace mutoscope::redap
