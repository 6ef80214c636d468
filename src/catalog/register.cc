#include "catalog/register.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <list>
#include <map>

#include "base/status.h"
#include "base/time.h"
#include "catalog/commit.h"
#include "catalog/parallel.h"
#include "catalog/read_source.h"
#include "catalog/rebuild.h"
#include "catalog/sources.h"
#include "catalog/task_rows.h"

namespace mutoscope::catalog {
namespace {

constexpr size_t kGroupFiles = 512;  // that share one pack file and one transaction

// A group while its pack file is being written.
struct PendingGroup {
  DraftGroup group;
  std::vector<index::LayerTable> tables;
  std::future<arrow::Status> written;
};

// Keeps the rows writer away from the disk while it lives.
class RegistrationScope {
 public:
  explicit RegistrationScope(CatalogState& state) : signal_(state.rows_signal) {
    std::lock_guard lock(signal_.mutex);
    ++signal_.registrations;
  }
  ~RegistrationScope() {
    {
      std::lock_guard lock(signal_.mutex);
      --signal_.registrations;
    }
    signal_.changed.notify_all();
  }
  RegistrationScope(const RegistrationScope&) = delete;
  RegistrationScope& operator=(const RegistrationScope&) = delete;

 private:
  RowsSignal& signal_;
};

Draft FailedDraft(const SourceFile& source, arrow::Status error) {
  Draft draft;
  draft.task_id = NewTaskId();
  draft.layer.segment_id = std::filesystem::path(source.path).filename().string();
  draft.layer.name = source.layer;
  draft.layer.path = source.path;
  draft.error = std::move(error);
  return draft;
}

arrow::Status CheckSegmentId(const std::string& id, const std::string& path) {
  if (id.empty()) return base::InvalidArgument("{}: a recording in it has an empty recording id", path);
  if (id.find('\0') != std::string::npos) return base::InvalidArgument("{}: a recording id in it contains a NUL byte", path);
  return arrow::Status::OK();
}

Draft DraftOf(const SourceFile& source, const SourceRead& read, const StoreRead& store, index::LayerId id) {
  Draft draft;
  draft.task_id = NewTaskId();
  draft.findings = read.findings;
  draft.error = CheckSegmentId(store.store.recording_id, source.path);
  draft.schema = store.table->schema;
  draft.schema_sha256 = store.table->schema_sha256;
  draft.all_static = store.all_static;
  Layer& layer = draft.layer;
  layer.id = id;
  layer.segment_id = store.store.recording_id;
  layer.name = source.layer;
  layer.path = source.path;
  layer.identity = read.identity;
  layer.num_chunks = store.table->chunks.size();
  layer.size_bytes = store.size_bytes;
  layer.application_id = store.store.application_id;
  layer.time_ranges = store.time_ranges;
  layer.properties = store.properties;
  return draft;
}

// One call of Catalog::Register: Read, then Commit, maybe on another thread, while WritePendingTasks may come from the caller's.
class Registration {
 public:
  Registration(CatalogState& state, std::shared_ptr<DatasetState> dataset, const Catalog::RegisterOptions& options)
      : state_(state), scope_(state), dataset_(std::move(dataset)), options_(options) {}
  ~Registration() { Discard(); }

  // Everything that the answer needs, and that fails the whole call.
  arrow::Status Read(const std::vector<DataSource>& sources) {
    ARROW_ASSIGN_OR_RAISE(files_, ExpandSources(*state_.policy, sources));
    if (options_.skip_known_paths) ARROW_RETURN_NOT_OK(LeaveOutKnownFiles());
    for (size_t begin = 0; begin < files_.size(); begin += kGroupFiles) {
      ARROW_RETURN_NOT_OK(ReadGroup(begin, std::min(begin + kGroupFiles, files_.size())));
    }
    for (const PendingGroup& pending : groups_) {
      for (const Draft& draft : pending.group.drafts) {
        rows_.push_back({draft.layer.segment_id, draft.layer.name, storage::FileUri(draft.layer.path), draft.task_id});
      }
    }
    return arrow::Status::OK();
  }
  const std::vector<RegisteredSource>& rows() const { return rows_; }

  // Makes the recordings visible, group by group.
  arrow::Status Commit() {
    const arrow::Status status = CommitAll();
    if (!status.ok()) FailPendingTasks(status);
    return status;
  }

  // For a caller that answers before Commit() is done. The error of a Commit() that has failed by now.
  arrow::Status WritePendingTasks() {
    return state_.database->Write([&](soci::session& sql) -> arrow::Status {
      ARROW_RETURN_NOT_OK(failed_);
      TaskWriter tasks(sql);
      const int64_t now = base::NowNs();
      for (const RegisteredSource& row : rows_) tasks.PutPending(row.task_id, now);
      tasks_written_ = true;
      return arrow::Status::OK();
    });
  }

 private:
  arrow::Status CommitAll() {
    for (PendingGroup& pending : groups_) {
      if (!pending.written.valid()) continue;
      const arrow::Status written = pending.written.get();
      if (!written.ok()) ARROW_RETURN_NOT_OK(CheckDatasetIsThere());  // its directory goes with it
      ARROW_RETURN_NOT_OK(written);
    }
    while (!groups_.empty()) {
      if (options_.before_commit) options_.before_commit();
      if (state_.stopping) return base::Cancelled(kStoppedMessage);
      DraftGroup group = std::move(groups_.front().group);
      groups_.erase(groups_.begin());
      if (group.drafts.empty()) continue;
      ARROW_RETURN_NOT_OK(CommitGroup(state_, *dataset_, &group, options_.on_duplicate, tasks_written_));
    }
    return arrow::Status::OK();
  }

  arrow::Status CheckDatasetIsThere() {
    return state_.database->Read([&](soci::session& sql) { return ReadDatasetRow(sql, dataset_->key).status(); });
  }

  // If the caller has answered: nobody else will tell.
  void FailPendingTasks(const arrow::Status& status) {
    (void)state_.database->Read([&](soci::session&) {
      failed_ = status;
      return arrow::Status::OK();
    });
    if (!tasks_written_) return;
    std::vector<std::string> ids;
    for (const RegisteredSource& row : rows_) ids.push_back(row.task_id);
    state_.tasks.Fail(*state_.database, ids, status.message());
  }

  arrow::Status LeaveOutKnownFiles() {
    ARROW_ASSIGN_OR_RAISE(const auto known, state_.database->Read([&](soci::session& sql) {
      return arrow::Result<std::unordered_map<std::string, storage::FileIdentity>>(ListLayerFiles(sql, dataset_->key));
    }));
    std::erase_if(files_, [&](const SourceFile& file) {
      const auto found = known.find(file.path);
      if (found == known.end()) return false;
      const auto identity = storage::Identify(file.path);
      return identity.ok() && *identity == found->second;
    });
    return arrow::Status::OK();
  }

  arrow::Status ReadGroup(size_t begin, size_t end) {
    using Read = arrow::Result<SourceRead>;
    std::vector<Read> reads(end - begin, Read(base::Cancelled("the server is stopping")));
    state_.files_being_registered += reads.size();
    ParallelFor(state_.pool, state_.workers, reads.size(), [&](size_t i) {
      const SourceFile& file = files_[begin + i];
      if (!state_.stopping)
        reads[i] = file.error.ok() ? ReadSource(file.path, StoreKindOf(dataset_->kind), &schemas_) : Read(file.error);
      --state_.files_being_registered;
      if (options_.progress) options_.progress(++files_done_, files_.size());
    });
    if (state_.stopping) return base::Cancelled("the server is stopping");
    PendingGroup& pending = groups_.emplace_back();
    pending.group.all_or_none = options_.all_or_none;
    for (size_t i = 0; i < reads.size(); ++i) ARROW_RETURN_NOT_OK(AddFile(files_[begin + i], &reads[i], &pending));
    if (!pending.tables.empty()) StartPack(&pending);
    return arrow::Status::OK();
  }

  arrow::Status AddFile(const SourceFile& source, arrow::Result<SourceRead>* read, PendingGroup* pending) {
    if (!read->ok()) {
      if (!source.by_prefix) return read->status();
      pending->group.drafts.push_back(FailedDraft(source, read->status()));
      return arrow::Status::OK();
    }
    for (StoreRead& store : (**read).stores) {
      const index::LayerId id = state_.next_layer++;
      Draft draft = DraftOf(source, **read, store, id);
      const auto [seen, first] = seen_.try_emplace({draft.layer.segment_id, draft.layer.name}, source.path);
      if (!first) {
        auto error = base::InvalidArgument("{}: segment '{}' with layer '{}' occurs twice in the request, in {} too", source.path,
                                           draft.layer.segment_id, draft.layer.name, seen->second);
        if (!options_.repeats_fail_alone) return error;
        if (draft.error.ok()) draft.error = std::move(error);
      }
      if (draft.error.ok()) pending->tables.push_back({id, std::move(store.table)});
      pending->group.drafts.push_back(std::move(draft));
    }
    return arrow::Status::OK();
  }

  // Writes the pack on the pool, while this thread goes on reading.
  void StartPack(PendingGroup* pending) {
    pending->group.pack = PackRow{state_.next_pack++, PackKind::kTables, {}};
    auto task = std::make_shared<std::packaged_task<arrow::Status()>>(
        [path = state_.PathOf(dataset_->id, pending->group.pack->id, PackKind::kTables), tables = std::move(pending->tables),
         info = &pending->group.pack->info]() -> arrow::Status {
          ARROW_ASSIGN_OR_RAISE(*info, index::WriteLayerPack(path, tables));
          return arrow::Status::OK();
        });
    pending->written = task->get_future();
    boost::asio::post(state_.pool, [task] { (*task)(); });
  }

  // Packs that no transaction made part of the catalog.
  void Discard() {
    for (PendingGroup& pending : groups_) {
      if (pending.written.valid()) pending.written.wait();
      if (pending.group.pack) RemovePacks(state_, dataset_->id, {*pending.group.pack});
    }
  }

  CatalogState& state_;
  const RegistrationScope scope_;
  const std::shared_ptr<DatasetState> dataset_;
  const Catalog::RegisterOptions options_;
  std::vector<SourceFile> files_;
  SchemaPool schemas_;
  std::atomic<size_t> files_done_ = 0;
  std::map<std::pair<std::string, std::string>, std::string> seen_;  // (segment, layer): the path that had it first
  std::list<PendingGroup> groups_;                                   // a list: the pool writes into its elements
  std::vector<RegisteredSource> rows_;

  // Both change inside the database's lock only: either Commit's error reaches the caller, or the tasks are written and fail.
  bool tasks_written_ = false;
  arrow::Status failed_;
};

// Commits behind; returns after `wait` at the latest.
arrow::Status CommitBehind(CatalogState& state, const std::shared_ptr<Registration>& registration,
                           std::chrono::nanoseconds wait) {
  auto done = std::make_shared<std::promise<arrow::Status>>();
  auto result = done->get_future();
  auto job = [registration, done] { done->set_value(registration->Commit()); };
  if (!state.registrations.Post(std::move(job))) return base::Cancelled(kStoppedMessage);
  if (wait.count() > 0 && result.wait_for(wait) == std::future_status::ready) return result.get();
  return registration->WritePendingTasks();
}

}  // namespace

arrow::Result<std::vector<RegisteredSource>> RegisterSources(CatalogState& state, const EntryId& id,
                                                             const std::vector<DataSource>& sources,
                                                             const Catalog::RegisterOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto dataset, FindDataset(state, id));
  const auto registration = std::make_shared<Registration>(state, std::move(dataset), options);
  ARROW_RETURN_NOT_OK(registration->Read(sources));
  if (options.wait) {
    ARROW_RETURN_NOT_OK(CommitBehind(state, registration, *options.wait));
  } else {
    ARROW_RETURN_NOT_OK(registration->Commit());
  }
  return registration->rows();
}

}  // namespace mutoscope::catalog
