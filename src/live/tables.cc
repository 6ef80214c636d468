#include "live/tables.h"

#include "base/status.h"

namespace mutoscope::live {

arrow::Status Tables::Put(const std::string& id, std::string data) {
  const auto bytes_of = [](const Table& table) { return table.id.size() + table.data.size(); };
  if (id.size() + data.size() > kTableBytesMax) {
    return base::ResourceExhausted(
        "table '{}' has {} bytes: at most {} are kept for viewers; create a table of the catalog for it", id, data.size(),
        kTableBytesMax);
  }
  {
    std::lock_guard lock(mutex_);
    const auto drop = [&](std::map<uint64_t, Table>::iterator table) {
      bytes_ -= bytes_of(table->second);
      numbers_.erase(table->second.id);
      tables_.erase(table);
    };
    if (const auto old = numbers_.find(id); old != numbers_.end()) drop(tables_.find(old->second));
    Table table{++last_, id, std::move(data)};
    bytes_ += bytes_of(table);
    numbers_[id] = last_;
    tables_.emplace(last_, std::move(table));
    while (bytes_ > kTableBytesMax) drop(tables_.begin());
  }
  wakeups_.Notify();
  return arrow::Status::OK();
}

std::optional<Tables::Table> Tables::Next(uint64_t after) const {
  std::lock_guard lock(mutex_);
  const auto next = tables_.upper_bound(after);
  if (next == tables_.end()) return std::nullopt;
  return next->second;
}

}  // namespace mutoscope::live
