#include "query/columns.h"

#include <algorithm>

#include "base/status.h"
#include "chunk/dataset_schema.h"
#include "chunk/entity_path.h"
#include "chunk/metadata.h"
#include "query/content_rules.h"

namespace mutoscope::query {
namespace {

bool IsListOfBytes(const arrow::DataType& type) {
  if (type.id() != arrow::Type::LIST || type.field(0)->type()->id() != arrow::Type::LIST) return false;
  return type.field(0)->type()->field(0)->type()->id() == arrow::Type::UINT8;
}

bool IsIndexField(const arrow::Field& field) { return chunk::ValueOf(field, chunk::kKindKey) == chunk::kIndexKind; }
bool IsDataField(const arrow::Field& field) { return chunk::ValueOf(field, chunk::kKindKey) == chunk::kDataKind; }

// "/" is an ancestor of everything.
bool IsAncestor(std::string_view ancestor, std::string_view entity) {
  if (ancestor == "/") return entity != "/";
  return entity.size() > ancestor.size() && entity.starts_with(ancestor) && entity[ancestor.size()] == '/';
}

arrow::Result<std::vector<chunk::Timeline>> IndexesOf(const arrow::Schema& schema) {
  std::vector<chunk::Timeline> indexes;
  for (const auto& field : schema.fields()) {
    if (!IsIndexField(*field)) continue;
    ARROW_ASSIGN_OR_RAISE(const auto kind, chunk::TimelineKindOf(*field->type()));
    indexes.push_back({field->name(), kind});
  }
  std::sort(indexes.begin(), indexes.end());
  return indexes;
}

std::shared_ptr<arrow::Field> IndexFieldOf(const chunk::Timeline& timeline) {
  chunk::Metadata metadata;
  metadata.Set(chunk::kKindKey, chunk::kIndexKind);
  metadata.Set(chunk::kIndexNameKey, timeline.name);
  return arrow::field(timeline.name, chunk::ArrowTypeOf(timeline.kind), true, std::move(metadata).Build());
}

void AddClears(const arrow::Schema& schema, QueryColumns* columns) {
  for (const auto& field : schema.fields()) {
    if (!IsDataField(*field)) continue;
    const auto column = chunk::DatasetColumnOf(*field);
    if (column.descriptor.component != chunk::kClearComponent) continue;
    QueryColumns::ClearTargets targets;
    for (uint32_t i = 0; i < columns->components.size(); ++i) {
      if (columns->components[i].entity == column.entity) {
        targets.own.push_back(i);
      } else if (IsAncestor(column.entity, columns->components[i].entity)) {
        targets.below.push_back(i);
      }
    }
    if (targets.own.empty() && targets.below.empty()) continue;
    columns->any_static |= column.is_static;
    columns->clears[column.entity] = std::move(targets);
  }
}

void AddSelection(QueryColumns* columns) {
  columns->selection.all = false;
  for (const auto& [entity, ids] : columns->by_entity) {
    index::EntitySelection selection{entity, false, {}};
    for (const uint32_t id : ids) selection.components.push_back(columns->components[id].component());
    columns->selection.entities.push_back(std::move(selection));
  }
  for (const auto& [entity, targets] : columns->clears) {
    if (!columns->by_entity.contains(entity)) columns->selection.entities.push_back({entity, false, {}});
  }
}

arrow::Result<std::shared_ptr<QueryColumns>> WithIndexes(const catalog::DatasetSnapshot& snapshot,
                                                         const std::optional<std::string>& index) {
  auto columns = std::make_shared<QueryColumns>();
  ARROW_ASSIGN_OR_RAISE(columns->indexes, IndexesOf(*snapshot.schema));
  if (!index) return columns;
  const auto found = std::ranges::find(columns->indexes, *index, &chunk::Timeline::name);
  if (found == columns->indexes.end()) {
    return base::InvalidArgument("Index '{}' does not exist in the dataset. schema() of '{}' lists those that do.", *index,
                                 snapshot.dataset.entry.name);
  }
  columns->index = static_cast<size_t>(found - columns->indexes.begin());
  return columns;
}

void AddComponent(const std::shared_ptr<arrow::Field>& field, chunk::DatasetColumn column, QueryColumns* columns) {
  columns->any_static |= column.is_static;
  columns->by_entity[column.entity].push_back(static_cast<uint32_t>(columns->components.size()));
  columns->components.push_back({field, std::move(column.entity), std::move(column.descriptor), IsListOfBytes(*field->type())});
}

}  // namespace

arrow::Result<std::shared_ptr<const QueryColumns>> MakeColumns(const catalog::DatasetSnapshot& snapshot, const Request& request) {
  const arrow::Schema& schema = *snapshot.schema;
  ARROW_ASSIGN_OR_RAISE(auto columns, WithIndexes(snapshot, request.index));
  arrow::FieldVector fields = {arrow::field(kSegmentIdColumn, arrow::utf8(), false)};
  for (const auto& timeline : columns->indexes) fields.push_back(IndexFieldOf(timeline));
  const ContentFilter contents(request.contents);
  std::unordered_map<std::string, bool> included;
  for (const auto& field : schema.fields()) {
    if (!IsDataField(*field)) continue;
    auto column = chunk::DatasetColumnOf(*field);
    const bool is_tombstone = column.descriptor.component == chunk::kClearComponent;
    if (is_tombstone && !request.include_tombstone_columns) continue;
    if (column.is_semantically_empty && !request.include_semantically_empty_columns) continue;
    if (!request.index && !column.is_static) continue;
    const auto [entry, is_new] = included.try_emplace(column.entity, false);
    if (is_new) entry->second = contents.Includes(column.entity);
    if (!entry->second) continue;
    AddComponent(field, std::move(column), columns.get());
    fields.push_back(field);
  }
  if (request.index) AddClears(schema, columns.get());
  AddSelection(columns.get());
  columns->schema = arrow::schema(std::move(fields), arrow::key_value_metadata({std::string(chunk::kVersionKey)}, {"0.1.3"}));
  return columns;
}

arrow::Result<std::shared_ptr<const QueryColumns>> MakeCellColumns(const catalog::DatasetSnapshot& snapshot,
                                                                   const std::string& column, const std::string& index) {
  ARROW_ASSIGN_OR_RAISE(auto columns, WithIndexes(snapshot, index));
  const auto field = snapshot.schema->GetFieldByName(column);
  if (field == nullptr || !IsDataField(*field)) {
    return base::NotFound("dataset '{}' has no component column '{}'; schema() lists those that it has",
                          snapshot.dataset.entry.name, column);
  }
  AddComponent(field, chunk::DatasetColumnOf(*field), columns.get());
  AddClears(*snapshot.schema, columns.get());
  AddSelection(columns.get());
  columns->schema = arrow::schema({field});
  return columns;
}

std::string ColumnsKey(const Request& request) {
  std::string key = request.index ? "i" + *request.index : "s";
  key += request.include_tombstone_columns ? '1' : '0';
  key += request.include_semantically_empty_columns ? '1' : '0';
  for (const auto& rules : request.contents) {
    key += '\1';
    for (const auto& rule : rules) key += std::to_string(rule.size()) + ':' + rule;
  }
  return key;
}

}  // namespace mutoscope::query
