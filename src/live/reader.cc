#include "live/reader.h"

#include <algorithm>

#include "base/status.h"
#include "rrd/message_header.h"
#include "rrd/stream_header.h"
#include "storage/file.h"

namespace mutoscope::live {
namespace {

constexpr uint64_t kWindowBytes = 256 << 10;  // read ahead
constexpr uint64_t kTurnBytes = 1 << 20;      // of one store, before the others get their turn

}  // namespace

Reader::Reader(Recorder& recorder, std::function<void()> wake)
    : recorder_(recorder), wakeup_(recorder.wakeups().Add(std::move(wake))) {}

Reader::~Reader() { recorder_.wakeups().Remove(wakeup_); }

void Reader::FindStores() {
  for (auto& [number, store] : recorder_.Stores(last_store_)) {
    cursors_.push_back({std::move(store), "", 0, 0});
    last_store_ = number;
  }
}

// A store whose segment was unregistered begins again in another file.
bool Reader::HasNews(Cursor& cursor) const {
  if (cursor.generation == cursor.store->generation()) return cursor.offset < cursor.store->size();
  const auto readable = cursor.store->readable();
  if (readable.path.empty()) return false;
  cursor.path = readable.path;
  cursor.generation = readable.generation;
  cursor.offset = rrd::kStreamHeaderBytes;
  return cursor.offset < readable.size;
}

// Announcements first, so that viewers know all recordings; then blueprints; then recordings in turn.
Reader::Cursor* Reader::Choose() {
  const auto pick = [&](auto&& wanted) -> Cursor* {
    for (size_t i = 0; i < cursors_.size(); ++i) {
      const size_t at = (current_ + i) % cursors_.size();
      if (!wanted(cursors_[at]) || !HasNews(cursors_[at])) continue;
      if (at != current_) read_here_ = 0;
      current_ = at;
      return &cursors_[at];
    }
    return nullptr;
  };
  if (cursors_.empty()) return nullptr;
  if (Cursor* found = pick([](const Cursor& c) { return c.offset <= rrd::kStreamHeaderBytes; })) return found;
  if (Cursor* found = pick([](const Cursor& c) { return c.store->store().kind == rrd::StoreKind::kBlueprint; })) return found;
  if (read_here_ >= kTurnBytes) {
    current_ = (current_ + 1) % cursors_.size();
    read_here_ = 0;
  }
  return pick([](const Cursor&) { return true; });
}

arrow::Result<std::string_view> Reader::Bytes(const Cursor& cursor, uint64_t offset, uint64_t size, uint64_t end) {
  const bool there = window_path_ == cursor.path && offset >= window_offset_ && offset + size <= window_offset_ + window_.size();
  if (!there) {
    ARROW_ASSIGN_OR_RAISE(const auto file, storage::File::OpenStart(cursor.path, end));
    window_path_.clear();
    window_.resize(std::min(std::max(size, kWindowBytes), end - offset));
    window_.shrink_to_fit();
    ARROW_RETURN_NOT_OK(file->ReadAt(offset, {reinterpret_cast<uint8_t*>(window_.data()), window_.size()}));
    window_path_ = cursor.path;
    window_offset_ = offset;
  }
  return std::string_view(window_).substr(offset - window_offset_, size);
}

arrow::Result<bool> Reader::Read(Cursor* cursor, rerun::log_msg::v1alpha1::LogMsg* message) {
  const auto readable = cursor->store->readable();
  if (readable.generation != cursor->generation) return true;  // chosen again
  ARROW_ASSIGN_OR_RAISE(const auto head, Bytes(*cursor, cursor->offset, rrd::kMessageHeaderBytes, readable.size));
  const auto header = rrd::ParseMessageHeader(
      std::span<const uint8_t, rrd::kMessageHeaderBytes>(reinterpret_cast<const uint8_t*>(head.data()), head.size()));
  const uint64_t begin = cursor->offset + rrd::kMessageHeaderBytes;
  if (header.size > readable.size - begin) return base::DataLoss("'{}' is damaged at offset {}", cursor->path, cursor->offset);
  ARROW_ASSIGN_OR_RAISE(const auto bytes, Bytes(*cursor, begin, header.size, readable.size));
  const int length = static_cast<int>(bytes.size());
  bool parsed = false;
  switch (header.kind) {
    case rrd::MessageKind::kSetStoreInfo:
      parsed = message->mutable_set_store_info()->ParseFromArray(bytes.data(), length);
      break;
    case rrd::MessageKind::kArrowMsg:
      parsed = message->mutable_arrow_msg()->ParseFromArray(bytes.data(), length);
      break;
    case rrd::MessageKind::kBlueprintActivation:
      parsed = message->mutable_blueprint_activation_command()->ParseFromArray(bytes.data(), length);
      break;
    case rrd::MessageKind::kEnd:
      break;
  }
  if (!parsed) return base::DataLoss("'{}' is damaged at offset {}", cursor->path, cursor->offset);
  cursor->offset = begin + header.size;
  read_here_ += header.size;
  return false;
}

arrow::Result<bool> Reader::Next(rerun::log_msg::v1alpha1::LogMsg* message) {
  FindStores();
  for (;;) {
    Cursor* cursor = Choose();
    if (cursor == nullptr) return false;
    const auto again = Read(cursor, message);
    if (again.ok() && !*again) return true;
    if (again.ok()) continue;
    if (base::CodeOf(again.status()) != base::Code::kNotFound) return again.status();
    // Unregistered just now, and its file removed: nothing more comes of it.
    cursor->offset = cursor->store->size();
  }
}

}  // namespace mutoscope::live
