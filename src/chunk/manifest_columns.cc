#include "chunk/manifest_columns.h"

#include <algorithm>

#include "base/status.h"
#include "chunk/metadata.h"
#include "chunk/migrate.h"

namespace mutoscope::chunk {
namespace {

constexpr std::string_view kStartMarker = ":start";
constexpr std::string_view kEndMarker = ":end";
constexpr std::string_view kNumRowsMarker = ":num_rows";
constexpr std::string_view kStaticMarker = ":has_static_data";

template <typename ArrayType>
arrow::Result<std::shared_ptr<ArrayType>> GlobalColumn(const arrow::RecordBatch& chunks, const std::string& name,
                                                       const std::shared_ptr<arrow::DataType>& type) {
  const std::shared_ptr<arrow::Array> column = chunks.GetColumnByName(name);
  if (column == nullptr) return base::InvalidArgument("the manifest has no column '{}' (or two)", name);
  if (!column->type()->Equals(*type)) {
    return base::InvalidArgument("manifest column '{}' must be {}, found {}", name, type->ToString(), column->type()->ToString());
  }
  if (column->null_count() > 0) return base::InvalidArgument("manifest column '{}' holds {} nulls", name, column->null_count());
  return std::static_pointer_cast<ArrayType>(column);
}

// One batch column with what its field says of it.
struct NamedColumn {
  const std::string& name;
  const std::shared_ptr<arrow::Array>& data;
};

arrow::Status Twice(const NamedColumn& column) {
  return base::InvalidArgument("the manifest has column '{}' twice", column.name);
}

arrow::Status SetRangeColumn(const NamedColumn& column, TimelineKind kind, std::shared_ptr<arrow::Array>* slot) {
  const auto found = TimelineKindOf(*column.data->type());
  if (!found.ok() || *found != kind) {
    return base::InvalidArgument("manifest column '{}' must be {} as in the manifest's schema, found {}", column.name,
                                 ArrowTypeOf(kind)->ToString(), column.data->type()->ToString());
  }
  if (*slot != nullptr) return Twice(column);
  *slot = column.data;
  return arrow::Status::OK();
}

template <typename ArrayType>
arrow::Status SetPlainColumn(const NamedColumn& column, arrow::Type::type type, std::shared_ptr<ArrayType>* slot) {
  if (column.data->type_id() != type) {
    return base::InvalidArgument("manifest column '{}' has the type {}", column.name, column.data->type()->ToString());
  }
  if (column.data->null_count() > 0) return base::InvalidArgument("manifest column '{}' holds nulls", column.name);
  if (*slot != nullptr) return Twice(column);
  *slot = std::static_pointer_cast<ArrayType>(column.data);
  return arrow::Status::OK();
}

class Resolver {
 public:
  Resolver(const std::vector<Timeline>& timelines, ManifestColumns* columns) : timelines_(timelines), columns_(columns) {
    columns_->ranges.resize(timelines.size());
  }

  arrow::Status Add(const arrow::Field& field, const std::shared_ptr<arrow::Array>& data) {
    if (field.name().find(':') == std::string::npos) return arrow::Status::OK();  // globals and what servers add
    const NamedColumn column{field.name(), data};
    const std::string_view index = ValueOf(field, kIndexKey);
    const std::string_view component = ValueOf(field, kComponentKey);
    if (index == kStaticIndex) {
      if (component.empty() || !field.name().ends_with(kStaticMarker)) return Unknown(column);
      return SetPlainColumn(column, arrow::Type::BOOL, &Component(field).has_static_data);
    }
    const auto timeline = std::lower_bound(timelines_.begin(), timelines_.end(), index,
                                           [](const Timeline& t, std::string_view name) { return t.name < name; });
    if (timeline == timelines_.end() || timeline->name != index) {
      return base::InvalidArgument("manifest column '{}' is of timeline '{}', which the manifest's schema does not have",
                                   column.name, index);
    }
    const auto position = static_cast<size_t>(timeline - timelines_.begin());
    if (component.empty()) return AddRange(column, timeline->kind, &columns_->ranges[position]);
    ComponentColumns& columns = Component(field);
    if (!field.name().ends_with(kNumRowsMarker)) return AddRange(column, timeline->kind, &columns.ranges[position]);
    return SetPlainColumn(column, arrow::Type::UINT64, &columns.num_rows[position]);
  }

  arrow::Status Finish() {
    for (size_t i = 0; i < timelines_.size(); ++i) {
      const RangeColumns& range = columns_->ranges[i];
      if (!range.exists())
        return base::InvalidArgument("the manifest has no ':start' column for timeline '{}'", timelines_[i].name);
      ARROW_RETURN_NOT_OK(CheckPair(range, timelines_[i].name));
    }
    for (auto& [descriptor, columns] : components_) {
      for (size_t i = 0; i < timelines_.size(); ++i) {
        ARROW_RETURN_NOT_OK(CheckPair(columns.ranges[i], descriptor.component));
        if (columns.ranges[i].exists() != (columns.num_rows[i] != nullptr)) {
          return base::InvalidArgument(
              "the manifest has only one of ':num_rows' and ':start' for component '{}' on timeline '{}'", descriptor.component,
              timelines_[i].name);
        }
      }
      columns_->components.push_back(std::move(columns));
    }
    return arrow::Status::OK();
  }

 private:
  static arrow::Status Unknown(const NamedColumn& column) {
    return base::InvalidArgument("manifest column '{}' does not end in :start, :end, :num_rows or :has_static_data", column.name);
  }

  static arrow::Status AddRange(const NamedColumn& column, TimelineKind kind, RangeColumns* range) {
    if (column.name.ends_with(kStartMarker)) return SetRangeColumn(column, kind, &range->start);
    if (column.name.ends_with(kEndMarker)) return SetRangeColumn(column, kind, &range->end);
    return Unknown(column);
  }

  static arrow::Status CheckPair(const RangeColumns& range, const std::string& of) {
    if ((range.start == nullptr) == (range.end == nullptr)) return arrow::Status::OK();
    return base::InvalidArgument("the manifest has only one of ':start' and ':end' for '{}'", of);
  }

  ComponentColumns& Component(const arrow::Field& field) {
    // Columns of one component follow each other.
    if (last_ != nullptr && last_stored_.component == ValueOf(field, kComponentKey) &&
        last_stored_.archetype == ValueOf(field, kArchetypeKey) &&
        last_stored_.component_type == ValueOf(field, kComponentTypeKey)) {
      return *last_;
    }
    last_stored_ = DescriptorOf(field);
    Descriptor descriptor = MigratedDescriptor(last_stored_);
    const auto [at, is_new] = components_.try_emplace(descriptor);
    last_ = &at->second;
    if (is_new) {
      last_->descriptor = std::move(descriptor);
      last_->ranges.resize(timelines_.size());
      last_->num_rows.resize(timelines_.size());
    }
    return *last_;
  }

  const std::vector<Timeline>& timelines_;
  ManifestColumns* columns_;
  std::map<Descriptor, ComponentColumns> components_;
  Descriptor last_stored_;
  ComponentColumns* last_ = nullptr;
};

}  // namespace

arrow::Result<ManifestColumns> FindManifestColumns(const arrow::RecordBatch& chunks, const std::vector<Timeline>& timelines) {
  ManifestColumns columns;
  ARROW_ASSIGN_OR_RAISE(columns.entity_path, GlobalColumn<arrow::StringArray>(chunks, "chunk_entity_path", arrow::utf8()));
  ARROW_ASSIGN_OR_RAISE(columns.id, GlobalColumn<arrow::FixedSizeBinaryArray>(chunks, "chunk_id", arrow::fixed_size_binary(16)));
  ARROW_ASSIGN_OR_RAISE(columns.is_static, GlobalColumn<arrow::BooleanArray>(chunks, "chunk_is_static", arrow::boolean()));
  ARROW_ASSIGN_OR_RAISE(columns.num_rows, GlobalColumn<arrow::UInt64Array>(chunks, "chunk_num_rows", arrow::uint64()));
  Resolver resolver(timelines, &columns);
  for (int i = 0; i < chunks.num_columns(); ++i) ARROW_RETURN_NOT_OK(resolver.Add(*chunks.schema()->field(i), chunks.column(i)));
  ARROW_RETURN_NOT_OK(resolver.Finish());
  return columns;
}

}  // namespace mutoscope::chunk
