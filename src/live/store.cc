#include "live/store.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>

#include "base/status.h"
#include "catalog/recordings.h"
#include "live/scan.h"

namespace mutoscope::live {
namespace {

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

arrow::Result<uint64_t> Write(rrd::StreamWriter& writer, rrd::MessageKind kind, const std::string& bytes) {
  const std::array<std::span<const uint8_t>, 1> pieces = {
      std::span<const uint8_t>(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size())};
  return writer.Append(kind, pieces);
}

}  // namespace

Store::Store(catalog::Catalog& catalog, rrd::Store store, FindDataset find_dataset)
    : catalog_(catalog), store_(std::move(store)), find_dataset_(std::move(find_dataset)) {}

Store::Readable Store::readable() const {
  std::lock_guard lock(mutex_);
  return {path_, path_.empty() ? 0 : size_.load(), generation_};
}

arrow::Status Store::publish_status() const {
  std::lock_guard lock(mutex_);
  return publish_status_;
}

// The segment was unregistered: what comes begins a new file, and no start brings this one back.
void Store::Forget() {
  const arrow::Status ended = catalog_.growing().End(path_);
  if (!ended.ok()) spdlog::warn("{}: {}", path_, ended.message());
  path_.clear();
  writer_.reset();
  layer_.reset();
  table_ = {};
  publish_status_ = arrow::Status::OK();
  open_ = false;
  ++generation_;
  size_ = synced_ = attempted_ = 0;
}

arrow::Status Store::OpenNew(const catalog::EntryId& dataset) {
  const std::string path = catalog_.recordings().NewPath(dataset, store_.recording_id);
  ARROW_RETURN_NOT_OK(catalog_.growing().Begin({dataset, path}));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<rrd::StreamWriter> writer, rrd::StreamWriter::Create(path));
  if (!announcement_.empty()) ARROW_RETURN_NOT_OK(Write(*writer, rrd::MessageKind::kSetStoreInfo, announcement_).status());
  writer_ = std::move(writer);
  table_ = {};
  path_ = path;
  return arrow::Status::OK();
}

arrow::Status Store::OpenOld(const catalog::EntryId& dataset, const std::string& path) {
  ARROW_RETURN_NOT_OK(catalog_.growing().Begin({dataset, path}));
  ARROW_ASSIGN_OR_RAISE(ScannedFile scanned, ScanFile(path));
  ARROW_ASSIGN_OR_RAISE(writer_, rrd::StreamWriter::Resume(path, scanned.end));
  table_ = std::move(scanned.table);
  announcement_ = std::move(scanned.announcement);
  path_ = path;
  return arrow::Status::OK();
}

arrow::Status Store::Open() {
  ARROW_ASSIGN_OR_RAISE(const catalog::EntryId dataset, find_dataset_(store_.kind));
  ARROW_ASSIGN_OR_RAISE(const auto old, catalog_.growing().FindFile(dataset, store_));
  const bool goes_on = old && Exists(*old);
  ARROW_RETURN_NOT_OK(goes_on ? OpenOld(dataset, *old) : OpenNew(dataset));
  layer_ = catalog_.growing().Open({dataset, path_}, store_);
  size_ = writer_->size();
  synced_ = attempted_ = 0;
  open_ = true;
  return arrow::Status::OK();
}

arrow::Status Store::Append(Message message, uint64_t* end) {
  std::lock_guard lock(mutex_);
  if (open_ && !Exists(path_)) Forget();
  if (!open_) ARROW_RETURN_NOT_OK(Open());
  if (message.stats) ARROW_RETURN_NOT_OK(table_.Check(*message.stats));
  ARROW_ASSIGN_OR_RAISE(const uint64_t offset, Write(*writer_, message.kind, message.bytes));
  if (message.stats) table_.Add({offset, message.bytes.size(), message.uncompressed_size}, *message.stats);
  if (message.kind == rrd::MessageKind::kSetStoreInfo) announcement_ = std::move(message.bytes);
  if (message.makes_default) makes_default = true;
  last_append_ = Clock::now().time_since_epoch().count();
  size_ = *end = writer_->size();
  return arrow::Status::OK();
}

arrow::Status Store::Sync() {
  std::shared_ptr<rrd::StreamWriter> writer;
  uint64_t size = 0;
  {
    std::lock_guard lock(mutex_);
    if (!open_ || synced_ >= size_) return arrow::Status::OK();
    writer = writer_;
    size = size_;
  }
  ARROW_RETURN_NOT_OK(writer->Sync());
  std::lock_guard lock(mutex_);
  if (writer == writer_) synced_ = std::max(synced_.load(), size);
  return arrow::Status::OK();
}

arrow::Status Store::Publish() {
  std::lock_guard publishing(publish_mutex_);
  std::shared_ptr<catalog::GrowingLayer> layer;
  chunk::TableBuilder table;
  uint64_t size = 0;
  {
    std::lock_guard lock(mutex_);
    if (!open_ || attempted_ >= size_) return arrow::Status::OK();
    layer = layer_;
    table = table_;
    size = size_;
  }
  arrow::Status status = Sync();
  if (status.ok() && table.num_chunks() > 0) {
    status = layer->Publish(size, std::make_shared<const chunk::ChunkTable>(std::move(table).Finish()));
  }
  std::lock_guard lock(mutex_);
  if (layer != layer_) return arrow::Status::OK();  // unregistered meanwhile
  if (base::CodeOf(status) == base::Code::kNotFound) {
    Forget();
    return arrow::Status::OK();
  }
  publish_status_ = status;
  attempted_ = size;
  return status;
}

arrow::Status Store::Rest() {
  const arrow::Status status = Publish();
  std::lock_guard publishing(publish_mutex_);
  std::lock_guard lock(mutex_);
  if (!open_ || (status.ok() && attempted_ < size_)) return status;  // a message came meanwhile
  layer_.reset();
  writer_.reset();
  table_ = {};
  open_ = false;
  ARROW_RETURN_NOT_OK(publish_status_);  // the next start tries again
  // Inside the lock: a message that comes now opens the file again behind it.
  return catalog_.growing().End(path_);
}

}  // namespace mutoscope::live
