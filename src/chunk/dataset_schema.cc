#include "chunk/dataset_schema.h"

#include <openssl/sha.h>

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "chunk/canonical.h"
#include "chunk/entity_path.h"

namespace mutoscope::chunk {
namespace {

std::shared_ptr<arrow::Field> DataField(const DatasetColumn& column) {
  Metadata metadata;
  metadata.Set(kKindKey, kDataKind);
  metadata.Set(kEntityPathKey, column.entity);
  metadata.Set(kComponentKey, column.descriptor.component);
  metadata.SetOrErase(kArchetypeKey, column.descriptor.archetype);
  metadata.SetOrErase(kComponentTypeKey, column.descriptor.component_type);
  if (column.is_static) metadata.Set(kIsStaticKey, "true");
  if (column.descriptor.component == kClearComponent) metadata.Set(kIsTombstoneKey, "true");
  if (column.is_semantically_empty) metadata.Set(kIsEmptyKey, "true");
  return arrow::field(ColumnName(column.entity, column.descriptor.component), column.type, true, std::move(metadata).Build());
}

// Position of each path in path order. Comparing paths is slow, so each is compared once however many columns it has.
std::unordered_map<std::string_view, size_t> RanksOf(const std::vector<DatasetColumn>& columns) {
  std::unordered_map<std::string_view, size_t> ranks;
  for (const DatasetColumn& column : columns) ranks.emplace(column.entity, 0);
  std::vector<std::string_view> paths;
  paths.reserve(ranks.size());
  for (const auto& [path, rank] : ranks) paths.push_back(path);
  std::sort(paths.begin(), paths.end(), EntityPathLess);
  for (size_t rank = 0; rank < paths.size(); ++rank) ranks[paths[rank]] = rank;
  return ranks;
}

std::vector<const DatasetColumn*> SortedColumns(const std::vector<DatasetColumn>& columns) {
  const auto ranks = RanksOf(columns);
  std::vector<std::pair<size_t, const DatasetColumn*>> sorted;
  sorted.reserve(columns.size());
  for (const DatasetColumn& column : columns) sorted.emplace_back(ranks.at(column.entity), &column);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->descriptor < b.second->descriptor;
  });
  std::vector<const DatasetColumn*> out;
  out.reserve(sorted.size());
  for (const auto& [rank, column] : sorted) out.push_back(column);
  return out;
}

}  // namespace

std::shared_ptr<arrow::Schema> MakeDatasetSchema(std::vector<Timeline> timelines, const std::vector<DatasetColumn>& columns) {
  if (timelines.empty() && columns.empty()) return arrow::schema(arrow::FieldVector{});
  std::sort(timelines.begin(), timelines.end());
  arrow::FieldVector fields;
  fields.reserve(1 + timelines.size() + columns.size());
  fields.push_back(RowIdField(Metadata(), false));
  for (const Timeline& timeline : timelines) fields.push_back(IndexField(timeline, Metadata(), false));
  for (const DatasetColumn* column : SortedColumns(columns)) fields.push_back(DataField(*column));
  return arrow::schema(std::move(fields));
}

DatasetColumn DatasetColumnOf(const arrow::Field& field) {
  return {.entity = MetadataValue(field, kEntityPathKey),
          .descriptor = DescriptorOf(field),
          .type = field.type(),
          .is_static = MetadataFlag(field, kIsStaticKey),
          .is_semantically_empty = MetadataFlag(field, kIsEmptyKey)};
}

std::array<uint8_t, 32> SchemaSha256(const arrow::Schema& schema) {
  std::vector<std::string> descriptions;
  for (const auto& field : schema.fields()) {
    std::string text = field->name();
    // Zero bytes part what names cannot hold; the type's text names children and their nullability.
    text.append(1, '\0').append(field->type()->ToString()).append(field->nullable() ? "?" : "!");
    Metadata metadata(field->metadata().get());
    std::sort(metadata.entries().begin(), metadata.entries().end());
    for (const auto& [key, value] : metadata.entries()) text.append(1, '\0').append(key).append(1, '\0').append(value);
    descriptions.push_back(std::move(text));
  }
  std::sort(descriptions.begin(), descriptions.end());
  std::string all;
  for (const std::string& text : descriptions) all.append(text).append(2, '\0');
  std::array<uint8_t, 32> hash;
  SHA256(reinterpret_cast<const uint8_t*>(all.data()), all.size(), hash.data());
  return hash;
}

}  // namespace mutoscope::chunk
