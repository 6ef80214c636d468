#include "live/recorder.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/status.h"
#include "live/scan.h"

namespace mutoscope::live {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSyncInterval{100};
constexpr milliseconds kPublishInterval{200};
constexpr int kPublishPause = 9;  // times as long as the last publishing took: a tenth of the time at most
constexpr milliseconds kIdleBeforeRest{5000};
constexpr size_t kOpenStoresMax = 256;   // a file descriptor each
constexpr size_t kStoresKeptMax = 4096;  // for readers; those that rest are opened again when they go on, kept or not

}  // namespace

Recorder::Recorder(catalog::Catalog& catalog, std::string dataset) : catalog_(catalog), dataset_(std::move(dataset)) {}

arrow::Result<std::unique_ptr<Recorder>> Recorder::Open(catalog::Catalog& catalog, const std::string& dataset) {
  std::unique_ptr<Recorder> recorder(new Recorder(catalog, dataset));
  ARROW_RETURN_NOT_OK(recorder->DatasetFor(rrd::StoreKind::kRecording).status());
  recorder->syncer_ = std::thread([self = recorder.get()] {
    while (self->Wait(kSyncInterval)) self->SyncAll();
  });
  recorder->publisher_ = std::thread([self = recorder.get()] {
    while (self->Wait(kPublishInterval)) self->PublishAll();
  });
  return recorder;
}

Recorder::~Recorder() { Stop(); }

void Recorder::BeginStop() {
  {
    std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_changed_.notify_all();
  wakeups_.Notify();
}

void Recorder::Stop() {
  BeginStop();
  {
    std::lock_guard lock(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  if (syncer_.joinable()) syncer_.join();
  if (publisher_.joinable()) publisher_.join();
  for (const auto& store : OpenStores()) {
    if (const auto status = Publish(*store); !status.ok()) continue;
    if (const auto status = store->Rest(); !status.ok()) spdlog::warn("{}", status.message());
  }
}

bool Recorder::Wait(milliseconds time) {
  std::unique_lock lock(stop_mutex_);
  return !stop_changed_.wait_for(lock, time, [this] { return stopping_.load(); });
}

arrow::Result<catalog::EntryId> Recorder::DatasetFor(rrd::StoreKind kind) {
  std::lock_guard lock(dataset_mutex_);
  auto id = catalog_.DatasetIdByName(dataset_);
  if (!id.ok()) {
    if (base::CodeOf(id.status()) != base::Code::kNotFound) return id.status();
    ARROW_ASSIGN_OR_RAISE(const auto made, catalog_.CreateDataset(dataset_));
    id = made.entry.id;
  }
  if (kind != rrd::StoreKind::kBlueprint) return id;
  ARROW_ASSIGN_OR_RAISE(const auto dataset, catalog_.ReadDataset(*id));
  if (!dataset.details.blueprint_dataset) {
    return base::FailedPrecondition("dataset '{}' has no blueprint dataset: its blueprints cannot be recorded", dataset_);
  }
  return *dataset.details.blueprint_dataset;
}

// The lock is held. Stores that a stream or a reader has its hand on stay.
void Recorder::ForgetOldStores() {
  for (auto it = stores_.begin(); it != stores_.end() && stores_.size() >= kStoresKeptMax;) {
    const Store& store = *it->second;
    const bool in_use = store.is_open() || store.streams > 0 || it->second.use_count() > 2;
    if (!in_use) by_key_.erase(rrd::KeyOf(store.store()));
    it = in_use ? std::next(it) : stores_.erase(it);
  }
}

std::shared_ptr<Store> Recorder::StoreFor(const rrd::Store& store) {
  std::lock_guard lock(mutex_);
  const auto key = rrd::KeyOf(store);
  if (const auto found = by_key_.find(key); found != by_key_.end()) return found->second;
  ForgetOldStores();
  auto made = std::make_shared<Store>(catalog_, store, [this](rrd::StoreKind kind) { return DatasetFor(kind); });
  by_key_.emplace(key, made);
  stores_.emplace(++last_store_, made);
  return made;
}

std::vector<Recorder::NumberedStore> Recorder::Stores(uint64_t after) const {
  std::lock_guard lock(mutex_);
  std::vector<NumberedStore> found;
  for (auto it = stores_.upper_bound(after); it != stores_.end(); ++it) found.push_back({it->first, it->second});
  return found;
}

std::vector<std::shared_ptr<Store>> Recorder::OpenStores() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Store>> open;
  for (const auto& [number, store] : stores_) {
    if (store->is_open()) open.push_back(store);
  }
  return open;
}

RecorderStats Recorder::stats() const { return {streams_, OpenStores().size(), messages_, bytes_}; }

void Recorder::SyncAll() {
  for (const auto& store : OpenStores()) {
    if (!store->has_unsynced()) continue;
    if (const auto status = store->Sync(); !status.ok()) spdlog::error("{}", status.message());
  }
}

void Recorder::PublishAll() {
  for (const auto& store : OpenStores()) {
    if (store->has_unpublished()) {
      const auto begin = Clock::now();
      (void)Publish(*store);
      const auto pause = kPublishPause * (Clock::now() - begin) - kPublishInterval;
      if (pause > milliseconds(0) && !Wait(std::chrono::duration_cast<milliseconds>(pause))) return;
    } else if (store->streams == 0 && Clock::now() - store->last_append() > kIdleBeforeRest) {
      if (const auto status = store->Rest(); !status.ok()) spdlog::warn("{}", status.message());
    }
  }
}

arrow::Status Recorder::Publish(Store& store) {
  const arrow::Status before = store.publish_status();
  const arrow::Status status = store.Publish();
  if (!status.ok() && status.message() != before.message()) {
    spdlog::warn("recording '{}' is on disk but cannot be queried: {}", store.store().recording_id, status.message());
  }
  if (status.ok() && store.makes_default.exchange(false)) MakeDefault(store);
  return status;
}

void Recorder::MakeDefault(Store& store) {
  const auto status = [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const auto id, catalog_.DatasetIdByName(dataset_));
    ARROW_ASSIGN_OR_RAISE(auto dataset, catalog_.ReadDataset(id));
    dataset.details.default_blueprint_segment = store.store().recording_id;
    return catalog_.UpdateDatasetDetails(id, dataset.details).status();
  }();
  if (!status.ok()) spdlog::warn("blueprint '{}' is not made the default: {}", store.store().recording_id, status.message());
}

Recorder::Stream::Stream(Recorder& recorder) : recorder_(recorder) { ++recorder_.streams_; }

Recorder::Stream::~Stream() {
  for (const auto& store : stores_) --store->streams;
  --recorder_.streams_;
}

arrow::Status Recorder::Stream::Take(const rerun::log_msg::v1alpha1::LogMsg& log) {
  if (recorder_.stopping_) return base::Unavailable("the server is stopping");
  ARROW_ASSIGN_OR_RAISE(Message message, check_.Check(log));
  const uint64_t bytes = message.bytes.size();
  const auto store = recorder_.StoreFor(message.store);
  if (!store->is_open()) {
    const size_t open = recorder_.OpenStores().size();
    if (open >= kOpenStoresMax) {
      return base::ResourceExhausted("recording '{}': {} recordings are being written, the limit is {}; end some streams first",
                                     message.store.recording_id, open, kOpenStoresMax);
    }
  }
  if (stores_.insert(store).second) ++store->streams;
  uint64_t end = 0;
  ARROW_RETURN_NOT_OK(store->Append(std::move(message), &end));
  ++recorder_.messages_;
  recorder_.bytes_ += bytes;
  recorder_.wakeups_.Notify();
  return arrow::Status::OK();
}

arrow::Status Recorder::Stream::Settle() {
  for (const auto& store : stores_) ARROW_RETURN_NOT_OK(store->Sync());
  for (const auto& store : stores_) {
    (void)recorder_.Publish(*store);
    const arrow::Status status = store->publish_status();
    if (!status.ok() && store->store().kind == rrd::StoreKind::kRecording) {
      return base::FailedPrecondition("recording '{}' is on disk but cannot be queried: {}", store->store().recording_id,
                                      status.message());
    }
  }
  return arrow::Status::OK();
}

arrow::Status RecoverRecordings(catalog::Catalog& catalog) {
  ARROW_ASSIGN_OR_RAISE(const auto files, catalog.growing().Unfinished());
  for (const catalog::GrowingFile& file : files) {
    const auto status = [&]() -> arrow::Status {
      auto scanned = ScanFile(file.path);
      if (base::CodeOf(scanned.status()) == base::Code::kNotFound ||
          base::CodeOf(scanned.status()) == base::Code::kInvalidArgument) {
        return arrow::Status::OK();  // killed before anything was in it
      }
      ARROW_RETURN_NOT_OK(scanned.status());
      if (!scanned->store || scanned->table.num_chunks() == 0) return arrow::Status::OK();
      ARROW_ASSIGN_OR_RAISE(const auto writer, rrd::StreamWriter::Resume(file.path, scanned->end));
      ARROW_RETURN_NOT_OK(writer->Sync());
      const auto layer = catalog.growing().Open(file, *scanned->store);
      return layer->Publish(scanned->end, std::make_shared<const chunk::ChunkTable>(std::move(scanned->table).Finish()));
    }();
    if (!status.ok()) {
      spdlog::error("{}: a recording that was being written when the server died cannot be made visible: {}", file.path,
                    status.message());
      continue;
    }
    ARROW_RETURN_NOT_OK(catalog.growing().End(file.path));
  }
  return arrow::Status::OK();
}

}  // namespace mutoscope::live
