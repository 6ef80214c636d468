// TUID: the 128-bit time-ordered id of entries, chunks and rows (rrd.md §2.6).
//
// Bytes: u64 big-endian nanoseconds since the epoch, then u64 big-endian counter; byte order is sort order.
// Text: 32 hex digits, the first 16 upper-case, the last 16 lower-case; any case is read.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "arrow/result.h"

namespace mutoscope::base {

struct Tuid {
  uint64_t time_ns = 0;
  uint64_t inc = 0;

  // A new id: now, and a counter that starts at a random value in each thread. Thread-safe.
  static Tuid New();
  // From 16 bytes.
  static Tuid FromBytes(std::span<const uint8_t, 16> bytes);
  static Tuid FromBytes(const uint8_t* bytes) { return FromBytes(std::span<const uint8_t, 16>(bytes, 16)); }
  // From exactly 32 hex digits; INVALID_ARGUMENT otherwise.
  static arrow::Result<Tuid> Parse(std::string_view text);

  std::array<uint8_t, 16> bytes() const;
  std::string text() const;
  bool is_zero() const { return time_ns == 0 && inc == 0; }

  friend auto operator<=>(const Tuid&, const Tuid&) = default;
};

}  // namespace mutoscope::base

template <>
struct std::hash<mutoscope::base::Tuid> {
  size_t operator()(const mutoscope::base::Tuid& id) const noexcept {
    return static_cast<size_t>(id.time_ns * 0x9E3779B97F4A7C15ULL ^ id.inc);
  }
};
