#include "catalog/commit.h"

#include <algorithm>

#include "base/limits.h"
#include "base/status.h"
#include "base/time.h"
#include "catalog/snapshot.h"
#include "catalog/task_rows.h"
#include "chunk/schema_merge.h"
#include "storage/source_policy.h"

namespace mutoscope::catalog {
namespace {

// One transaction in the making.
class Commit {
 public:
  Commit(soci::session& sql, DatasetState& dataset, const DatasetRow& row, OnDuplicate on_duplicate)
      : sql_(sql), dataset_(dataset), row_(row), on_duplicate_(on_duplicate), layers_(sql, row.key) {}

  // Inserts the layer, or says why not.
  arrow::Status Admit(Draft* draft, PackId pack);

  std::vector<index::LayerId> replaced;
  long long layers_added = 0;
  long long chunks_added = 0;
  size_t inserted = 0;
  index::LayerId greatest_id = 0;

 private:
  arrow::Status CheckLimits(const Draft& draft, bool replaces) const;
  arrow::Result<long long> SchemaFor(Draft* draft, const std::optional<LayerKey>& old);
  bool IsSame(const KnownSchema& known, const std::shared_ptr<arrow::Schema>& schema);
  arrow::Status Conflict(const Draft& draft, const arrow::Status& found, long long other);

  soci::session& sql_;
  DatasetState& dataset_;
  const DatasetRow& row_;
  const OnDuplicate on_duplicate_;
  LayerWriter layers_;
  std::unordered_map<const arrow::Schema*, long long> same_;  // schemas of drafts that equal a known one
};

arrow::Status Commit::CheckLimits(const Draft& draft, bool replaces) const {
  const Layer& layer = draft.layer;
  if (dataset_.kind == EntryKind::kBlueprintDataset && layer.size_bytes > base::kBlueprintSegmentBytesMax) {
    return base::InvalidArgument("{}: blueprint '{}' has {} bytes: a blueprint dataset takes at most {}", layer.path,
                                 layer.segment_id, layer.size_bytes, base::kBlueprintSegmentBytesMax);
  }
  if (dataset_.kind != EntryKind::kAssetDataset) return arrow::Status::OK();
  if (!draft.all_static) {
    return base::InvalidArgument("{}: recording '{}' has chunks with an index: an asset dataset takes static data only",
                                 layer.path, layer.segment_id);
  }
  if (layer.size_bytes > base::kAssetSegmentBytesMax) {
    return base::InvalidArgument("{}: recording '{}' has {} bytes: an asset dataset takes at most {}", layer.path,
                                 layer.segment_id, layer.size_bytes, base::kAssetSegmentBytesMax);
  }
  if (!replaces && row_.layer_count + layers_added >= static_cast<long long>(base::kAssetLayersMax)) {
    return base::FailedPrecondition("{}: the asset dataset has {} layers already, which is the limit", layer.path,
                                    base::kAssetLayersMax);
  }
  return arrow::Status::OK();
}

arrow::Status Commit::Conflict(const Draft& draft, const arrow::Status& found, long long other) {
  if (other == 0) return found;
  for (const KnownSchema& known : dataset_.schemas->known()) {
    if (known.id != other) continue;
    const auto merged =
        chunk::MergeSchemas({{PathWithSchema(sql_, other), known.schema}, {draft.layer.path, draft.schema}});  // names both files
    return merged.ok() ? found : merged.status();
  }
  return found;
}

bool Commit::IsSame(const KnownSchema& known, const std::shared_ptr<arrow::Schema>& schema) {
  if (known.schema == schema) return true;
  if (const auto found = same_.find(schema.get()); found != same_.end() && found->second == known.id) return true;
  if (!known.schema->Equals(*schema, /*check_metadata=*/true)) return false;
  same_[schema.get()] = known.id;
  return true;
}

arrow::Result<long long> Commit::SchemaFor(Draft* draft, const std::optional<LayerKey>& old) {
  SchemaBook& book = *dataset_.schemas;
  const KnownSchema* known = book.FindHash(draft->schema_sha256);
  std::string ipc;
  if (known == nullptr || !IsSame(*known, draft->schema)) {
    ARROW_ASSIGN_OR_RAISE(ipc, EncodeSchema(*draft->schema));
    if (known != nullptr) {
      draft->schema_sha256 = Sha256(ipc);  // the file claims the hash of another schema: nothing verifies it (rrd.md §1.8)
      known = book.FindHash(draft->schema_sha256);
    }
  }
  if (known != nullptr) {
    const long long id = known->id;
    book.Retain(id);
    if (old) {
      layers_.Delete(old->id);
      if (book.Release(old->schema)) DeleteSchemaRow(sql_, old->schema);
    }
    return id;
  }
  // A replaced layer must not stand in the way of its successor.
  std::optional<SchemaBook> before;
  if (old) before = book;
  const bool dropped = old && book.Release(old->schema);
  long long other = 0;
  auto merged = book.MergedWith(draft->layer.path, draft->schema, &other);
  if (!merged.ok()) {
    arrow::Status conflict = Conflict(*draft, merged.status(), other);
    if (before) book = std::move(*before);
    return conflict;
  }
  if (old) layers_.Delete(old->id);
  if (dropped) DeleteSchemaRow(sql_, old->schema);
  const long long id = InsertSchemaRow(sql_, row_.key, draft->schema_sha256, ipc);
  book.Add({id, draft->schema_sha256, draft->schema, 1}, *merged);
  return id;
}

arrow::Status Commit::Admit(Draft* draft, PackId pack) {
  const Layer& layer = draft->layer;
  const auto old = layers_.Find(layer.segment_id, layer.name);
  if (draft->grown_from && (!old || old->id != *draft->grown_from)) {
    return base::NotFound("{}: segment '{}' was unregistered or replaced while it was being recorded", layer.path,
                          layer.segment_id);
  }
  if (old && on_duplicate_ == OnDuplicate::kSkip) return arrow::Status::OK();
  if (old && on_duplicate_ == OnDuplicate::kError && !draft->grown_from) {
    return base::AlreadyExists(
        "{}: segment '{}' has a layer '{}' in dataset '{}' already; register it with on_duplicate skip or replace", layer.path,
        layer.segment_id, layer.name, row_.dataset.entry.name);
  }
  ARROW_RETURN_NOT_OK(CheckLimits(*draft, old.has_value()));
  ARROW_ASSIGN_OR_RAISE(const long long schema, SchemaFor(draft, old));
  layers_.Insert(layer, row_.revision + 1, schema, pack);
  ++inserted;
  layers_added += old ? 0 : 1;
  chunks_added += static_cast<long long>(layer.num_chunks) - (old ? static_cast<long long>(old->num_chunks) : 0);
  greatest_id = std::max(greatest_id, layer.id);
  if (old) replaced.push_back(old->id);
  return arrow::Status::OK();
}

TaskState TaskOf(const Draft& draft, const arrow::Status& verdict, int64_t now_ns) {
  return {draft.task_id, verdict.ok() ? TaskState::Status::kSuccess : TaskState::Status::kFailed,
          verdict.ok() ? draft.findings : verdict.message(), now_ns, now_ns};
}

}  // namespace

arrow::Status CommitGroup(CatalogState& state, DatasetState& dataset, DraftGroup* group, OnDuplicate on_duplicate,
                          const bool& tasks_written) {
  std::lock_guard change(dataset.change_mutex);
  const PackId pack = group->pack ? group->pack->id : 0;
  std::vector<index::LayerId> replaced;
  std::vector<PackRow> unused;
  size_t inserted = 0;
  bool awaited = false;
  arrow::Status status = state.database->Write([&](soci::session& sql) -> arrow::Status {
    awaited = tasks_written;
    ARROW_ASSIGN_OR_RAISE(const DatasetRow row, ReadDatasetRow(sql, dataset.key));
    ARROW_RETURN_NOT_OK(LoadSchemas(sql, dataset));
    if (group->pack) InsertPackRow(sql, row.key, *group->pack);
    Commit commit(sql, dataset, row, on_duplicate);
    TaskWriter tasks(sql);
    const int64_t now = base::NowNs();
    for (Draft& draft : group->drafts) {
      if (awaited && tasks.HasFailed(draft.task_id)) continue;  // cancelled
      draft.layer.updated_at_ns = now;
      if (draft.layer.registered_at_ns == 0) draft.layer.registered_at_ns = now;
      const arrow::Status verdict = draft.error.ok() ? commit.Admit(&draft, pack) : draft.error;
      if (group->quiet) {
        draft.error = verdict;
        continue;
      }
      if (group->all_or_none) ARROW_RETURN_NOT_OK(verdict);
      tasks.Put(TaskOf(draft, verdict, now));
    }
    inserted = commit.inserted;
    if (inserted > 0) {
      ChangeDatasetRow(sql, row.key, commit.layers_added, commit.chunks_added, now);
      SetLastLayerId(sql, commit.greatest_id);
    }
    if (inserted == 0 || !commit.replaced.empty()) unused = DeleteUnusedPackRows(sql, row.key);
    replaced = std::move(commit.replaced);
    return arrow::Status::OK();
  });
  if (!status.ok()) {
    dataset.schemas.reset();
    if (group->pack) RemovePacks(state, dataset.id, {*group->pack});
    return status;
  }
  if (inserted > 0) {
    DropLayers(state, dataset, replaced, unused);
    if (!group->quiet) SignalRowsWriter(state);
  } else {
    RemovePacks(state, dataset.id, unused);
  }
  if (awaited) state.tasks.changed.Notify();
  return arrow::Status::OK();
}

}  // namespace mutoscope::catalog
