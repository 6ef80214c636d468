#include <algorithm>
#include <unordered_set>

#include "base/status.h"
#include "chunk/canonical.h"
#include "chunk/chunk.h"
#include "chunk/entity_path.h"
#include "chunk/ipc_read.h"
#include "chunk/migrate.h"

namespace mutoscope::chunk {
namespace {

// A column in canonical form with what it is called.
struct IndexColumn {
  Timeline timeline;
  std::shared_ptr<arrow::Field> field;
  std::shared_ptr<arrow::Array> data;
};
struct DataColumn {
  Descriptor descriptor;
  std::shared_ptr<arrow::Field> field;
  std::shared_ptr<arrow::Array> data;
};

arrow::Status CheckRowIds(const RawBatch& batch) {
  const auto kind = [](const RawColumn& column) { return KindOf(column.metadata.Get(kKindKey)); };
  if (batch.columns.empty() || kind(batch.columns[0]) != ColumnKind::kRowId) {
    return base::InvalidArgument("the first column of a chunk must hold row ids (rerun:kind=control), found {}",
                                 batch.columns.empty() ? "no column" : "'" + batch.columns[0].name + "'");
  }
  for (size_t i = 1; i < batch.columns.size(); ++i) {
    const RawColumn& column = batch.columns[i];
    if (kind(column) == ColumnKind::kUnknown) {
      return base::InvalidArgument("column '{}' has the unknown rerun:kind '{}'", column.name, column.metadata.Get(kKindKey));
    }
    if (kind(column) == ColumnKind::kRowId) return base::InvalidArgument("column '{}' is a second row-id column", column.name);
    if (kind(column) < kind(batch.columns[i - 1])) {
      return base::InvalidArgument("index column '{}' comes after a component column", column.name);
    }
  }
  const arrow::Array& row_ids = *batch.columns[0].data;
  if (!row_ids.type()->Equals(arrow::fixed_size_binary(kTuidBytes))) {
    return base::InvalidArgument("row ids must be fixed_size_binary[16], found {}", row_ids.type()->ToString());
  }
  if (row_ids.null_count() > 0) return base::InvalidArgument("the row-id column holds {} nulls", row_ids.null_count());
  return arrow::Status::OK();
}

arrow::Result<IndexColumn> MakeIndexColumn(const RawColumn& raw) {
  IndexColumn column;
  column.timeline.name = raw.metadata.Get(kIndexNameKey);
  if (column.timeline.name.empty()) column.timeline.name = raw.name;
  if (column.timeline.name.empty()) return base::InvalidArgument("an index column has no name");
  const auto kind = TimelineKindOf(*raw.type);
  if (!kind.ok()) return base::WithContext(kind.status(), "index column '" + column.timeline.name + "'");
  column.timeline.kind = *kind;
  if (raw.data->null_count() > 0) {
    return base::InvalidArgument("index column '{}' holds {} nulls", column.timeline.name, raw.data->null_count());
  }
  column.field = IndexField(column.timeline, raw.metadata, TimesSorted(*raw.data));
  column.data = raw.data;
  if (!raw.type->Equals(*column.field->type())) {  // a timezone
    auto data = raw.data->data()->Copy();
    data->type = column.field->type();
    column.data = arrow::MakeArray(data);
  }
  return column;
}

arrow::Result<DataColumn> MakeDataColumn(const RawColumn& raw) {
  DataColumn column;
  column.descriptor = {.archetype = std::string(raw.metadata.Get(kArchetypeKey)),
                       .component = std::string(raw.metadata.Get(kComponentKey)),
                       .component_type = std::string(raw.metadata.Get(kComponentTypeKey))};
  if (column.descriptor.component.empty()) column.descriptor.component = raw.name;
  if (column.descriptor.component.empty()) return base::InvalidArgument("a component column has no name");
  ARROW_ASSIGN_OR_RAISE(column.data, CanonicalList(raw.data));
  Metadata metadata = raw.metadata;
  metadata.Set(kKindKey, kDataKind);
  metadata.Set(kComponentKey, column.descriptor.component);
  column.field = arrow::field(column.descriptor.component, column.data->type(), true, std::move(metadata).Build());
  return column;
}

arrow::Status CheckUnique(const std::vector<IndexColumn>& indexes, const std::vector<DataColumn>& components) {
  std::unordered_set<std::string_view> seen;
  for (const IndexColumn& column : indexes) {
    if (!seen.insert(column.timeline.name).second) return base::InvalidArgument("two index columns '{}'", column.timeline.name);
  }
  seen.clear();
  for (const DataColumn& column : components) {
    if (!seen.insert(column.descriptor.component).second) {
      return base::InvalidArgument("two columns of component '{}'", column.descriptor.component);
    }
  }
  return arrow::Status::OK();
}

arrow::Status ReadIdentity(const Metadata& metadata, Chunk* chunk) {
  if (!metadata.Has(kIdKey)) return base::InvalidArgument("not a chunk: the schema metadata has no {}", kIdKey);
  if (!metadata.Has(kEntityPathKey)) return base::InvalidArgument("not a chunk: the schema metadata has no {}", kEntityPathKey);
  const auto id = ParseChunkId(metadata.Get(kIdKey));
  if (!id.ok()) return base::WithContext(id.status(), std::string(kIdKey));
  chunk->id = *id;
  chunk->entity_path = CanonicalEntityPath(metadata.Get(kEntityPathKey));
  return arrow::Status::OK();
}

arrow::Result<Chunk> CanonicalChunk(RawBatch raw, int64_t num_rows) {
  Chunk chunk;
  ARROW_RETURN_NOT_OK(ReadIdentity(raw.metadata, &chunk));
  ARROW_RETURN_NOT_OK(CheckRowIds(raw));
  std::vector<IndexColumn> indexes;
  std::vector<DataColumn> components;
  for (size_t i = 1; i < raw.columns.size(); ++i) {
    if (KindOf(raw.columns[i].metadata.Get(kKindKey)) == ColumnKind::kIndex) {
      ARROW_ASSIGN_OR_RAISE(indexes.emplace_back(), MakeIndexColumn(raw.columns[i]));
    } else {
      ARROW_ASSIGN_OR_RAISE(components.emplace_back(), MakeDataColumn(raw.columns[i]));
    }
  }
  ARROW_RETURN_NOT_OK(CheckUnique(indexes, components));
  std::sort(indexes.begin(), indexes.end(), [](const auto& a, const auto& b) { return a.timeline < b.timeline; });
  std::sort(components.begin(), components.end(), [](const auto& a, const auto& b) { return a.descriptor < b.descriptor; });

  const std::shared_ptr<arrow::Array>& row_ids = raw.columns[0].data;
  std::vector<std::shared_ptr<arrow::Field>> fields = {RowIdField(raw.columns[0].metadata, RowIdsSorted(*row_ids))};
  std::vector<std::shared_ptr<arrow::Array>> arrays = {row_ids};
  for (IndexColumn& column : indexes) {
    chunk.timelines.push_back(std::move(column.timeline));
    fields.push_back(std::move(column.field));
    arrays.push_back(std::move(column.data));
  }
  for (DataColumn& column : components) {
    chunk.components.push_back(std::move(column.descriptor));
    fields.push_back(std::move(column.field));
    arrays.push_back(std::move(column.data));
  }
  raw.metadata.Set(kIdKey, ChunkIdText(chunk.id));
  raw.metadata.Set(kEntityPathKey, chunk.entity_path);
  auto schema = arrow::schema(std::move(fields), std::move(raw.metadata).Build());
  chunk.batch = arrow::RecordBatch::Make(std::move(schema), num_rows, std::move(arrays));
  return chunk;
}

}  // namespace

arrow::Result<Chunk> DecodeChunk(std::shared_ptr<arrow::Buffer> ipc) {
  const std::shared_ptr<arrow::Buffer> stream = std::move(ipc);
  ARROW_ASSIGN_OR_RAISE(const std::shared_ptr<arrow::RecordBatch> stored, ReadStoredBatch(stream));
  const std::optional<SorbetVersion> version = SorbetVersionOf(stored->schema()->metadata().get());
  RawBatch raw = RawBatchOf(*stored->schema(), stored->columns());
  if (version.has_value()) ARROW_RETURN_NOT_OK(Migrate(*version, &raw));
  // A newer version is kept: nothing is known of what it changed, and nothing was changed here.
  if (!version.has_value() || *version < kCurrentSorbet) raw.metadata.Set(kVersionKey, kCurrentSorbetText);
  return CanonicalChunk(std::move(raw), stored->num_rows());
}

}  // namespace mutoscope::chunk
