#include "catalog/time_ranges.h"

#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::catalog {
namespace {

constexpr size_t kEntryBytesMin = 1 + 4 + 8 + 8;  // an empty name

template <typename T>
void Append(std::string* out, T value) {
  uint8_t bytes[sizeof(T)];
  base::StoreLittle(bytes, value);
  out->append(reinterpret_cast<const char*>(bytes), sizeof(T));
}

// Takes a value from the front; the caller has checked that it is there.
template <typename T>
T Take(std::string_view* bytes) {
  const T value = base::LoadLittle<T>(reinterpret_cast<const uint8_t*>(bytes->data()));
  bytes->remove_prefix(sizeof(T));
  return value;
}

arrow::Status Damaged(const char* what) { return base::DataLoss("the time ranges of a layer row are damaged: {}", what); }

}  // namespace

std::string EncodeTimeRanges(const TimeRanges& ranges) {
  std::string out;
  Append(&out, static_cast<uint32_t>(ranges.size()));
  for (const auto& [timeline, range] : ranges) {
    Append(&out, static_cast<uint8_t>(timeline.kind));
    Append(&out, static_cast<uint32_t>(timeline.name.size()));
    out += timeline.name;
    Append(&out, range.min);
    Append(&out, range.max);
  }
  return out;
}

arrow::Result<TimeRanges> DecodeTimeRanges(std::string_view bytes) {
  TimeRanges ranges;
  if (bytes.size() < sizeof(uint32_t)) return Damaged("no count");
  const auto count = Take<uint32_t>(&bytes);
  if (count > bytes.size() / kEntryBytesMin) return Damaged("the count is too large");
  ranges.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    if (bytes.size() < kEntryBytesMin) return Damaged("cut short");
    const auto kind = Take<uint8_t>(&bytes);
    const auto name_bytes = Take<uint32_t>(&bytes);
    if (kind > static_cast<uint8_t>(chunk::TimelineKind::kDuration)) return Damaged("unknown timeline kind");
    if (bytes.size() < size_t{name_bytes} + 16) return Damaged("cut short");
    chunk::Timeline timeline{std::string(bytes.substr(0, name_bytes)), static_cast<chunk::TimelineKind>(kind)};
    bytes.remove_prefix(name_bytes);
    const auto min = Take<int64_t>(&bytes);
    const auto max = Take<int64_t>(&bytes);
    ranges.emplace_back(std::move(timeline), chunk::TimeRange{min, max});
  }
  if (!bytes.empty()) return Damaged("bytes after the end");
  return ranges;
}

}  // namespace mutoscope::catalog
