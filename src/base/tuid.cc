#include "base/tuid.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <random>

#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::base {

Tuid Tuid::New() {
  thread_local uint64_t counter = [] {
    std::random_device random;
    return ((uint64_t{random()} << 32) | random()) >> 1;
  }();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()), ++counter};
}

Tuid Tuid::FromBytes(std::span<const uint8_t, 16> bytes) { return {LoadBig64(bytes.data()), LoadBig64(bytes.data() + 8)}; }

arrow::Result<Tuid> Tuid::Parse(std::string_view text) {
  Tuid id;
  auto half = [&](std::string_view digits, uint64_t* out) {
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), *out, 16);
    return ec == std::errc() && end == digits.data() + digits.size();
  };
  if (text.size() != 32 || !half(text.substr(0, 16), &id.time_ns) || !half(text.substr(16), &id.inc)) {
    return InvalidArgument("'{}' is not an id: expected 32 hex digits", text);
  }
  return id;
}

std::array<uint8_t, 16> Tuid::bytes() const {
  std::array<uint8_t, 16> out;
  StoreBig64(out.data(), time_ns);
  StoreBig64(out.data() + 8, inc);
  return out;
}

std::string Tuid::text() const { return fmt::format("{:016X}{:016x}", time_ns, inc); }

}  // namespace mutoscope::base
