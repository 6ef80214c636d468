#include "chunk/schema_merge.h"

#include <unordered_map>
#include <unordered_set>

#include "base/status.h"
#include "chunk/dataset_schema.h"
#include "chunk/entity_path.h"
#include "chunk/metadata.h"

namespace mutoscope::chunk {
namespace {

struct MergedTimeline {
  Timeline timeline;
  const std::string* first_name;
};
struct MergedColumn {
  DatasetColumn column;
  const std::string* first_name;
};

class Merger {
 public:
  arrow::Status Add(const NamedSchema& named) {
    if (named.schema == nullptr || !seen_.insert(named.schema.get()).second) return arrow::Status::OK();
    for (const auto& field : named.schema->fields()) {
      switch (KindOf(ValueOf(*field, kKindKey))) {
        case ColumnKind::kIndex:
          ARROW_RETURN_NOT_OK(AddTimeline(named.name, *field));
          break;
        case ColumnKind::kData:
          ARROW_RETURN_NOT_OK(AddColumn(named.name, *field));
          break;
        case ColumnKind::kRowId:
        case ColumnKind::kUnknown:
          break;
      }
    }
    return arrow::Status::OK();
  }

  std::shared_ptr<arrow::Schema> Finish() {
    std::vector<Timeline> timelines;
    for (auto& merged : timelines_) timelines.push_back(std::move(merged.timeline));
    std::vector<DatasetColumn> columns;
    columns.reserve(columns_.size());
    for (auto& merged : columns_) columns.push_back(std::move(merged.column));
    return MakeDatasetSchema(std::move(timelines), columns);
  }

 private:
  arrow::Status AddTimeline(const std::string& name, const arrow::Field& field) {
    const auto kind = TimelineKindOf(*field.type());
    if (!kind.ok()) return base::WithContext(kind.status(), name + ": timeline '" + field.name() + "'");
    const auto [at, is_new] = timeline_positions_.try_emplace(field.name(), timelines_.size());
    if (is_new) {
      timelines_.push_back({{field.name(), *kind}, &name});
      return arrow::Status::OK();
    }
    const MergedTimeline& merged = timelines_[at->second];
    if (merged.timeline.kind == *kind) return arrow::Status::OK();
    return base::InvalidArgument(
        "timeline '{}' is a {} in {} and a {} in {}: one timeline has one type in all recordings of a dataset", field.name(),
        NameOf(merged.timeline.kind), *merged.first_name, NameOf(*kind), name);
  }

  arrow::Status AddColumn(const std::string& name, const arrow::Field& field) {
    const auto [at, is_new] = column_positions_.try_emplace(field.name(), columns_.size());
    if (is_new) {
      columns_.push_back({DatasetColumnOf(field), &name});
      return arrow::Status::OK();
    }
    MergedColumn& merged = columns_[at->second];
    if (!merged.column.type->Equals(*field.type())) {
      return base::InvalidArgument(
          "column '{}' is {} in {} and {} in {}: one column has one datatype in all recordings of a dataset", field.name(),
          merged.column.type->ToString(), *merged.first_name, field.type()->ToString(), name);
    }
    merged.column.is_static |= MetadataFlag(field, kIsStaticKey);
    merged.column.is_semantically_empty &= MetadataFlag(field, kIsEmptyKey);
    Descriptor& descriptor = merged.column.descriptor;
    if (descriptor.archetype.empty()) descriptor.archetype = ValueOf(field, kArchetypeKey);
    if (descriptor.component_type.empty()) descriptor.component_type = ValueOf(field, kComponentTypeKey);
    return arrow::Status::OK();
  }

  std::unordered_set<const arrow::Schema*> seen_;
  std::unordered_map<std::string, size_t> timeline_positions_;
  std::unordered_map<std::string, size_t> column_positions_;
  std::vector<MergedTimeline> timelines_;
  std::vector<MergedColumn> columns_;
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::Schema>> MergeSchemas(const std::vector<NamedSchema>& schemas) {
  Merger merger;
  for (const NamedSchema& schema : schemas) ARROW_RETURN_NOT_OK(merger.Add(schema));
  return merger.Finish();
}

}  // namespace mutoscope::chunk
