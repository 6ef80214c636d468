// The system table __entries.
#include "arrow/builder.h"
#include "redap/columns.h"
#include "redap/table_calls.h"

namespace mutoscope::redap {
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

arrow::Result<Generator<cloud::ScanTableResponse>> ScanEntries(const Call& call) {
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
