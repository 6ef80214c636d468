// Fixed-width integers in byte buffers.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace mutoscope::base {

static_assert(std::endian::native == std::endian::little, "Arrow IPC and RRD data are read in place as little-endian");

template <typename T>
T LoadLittle(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename T>
void StoreLittle(uint8_t* bytes, T value) {
  std::memcpy(bytes, &value, sizeof(T));
}

inline uint64_t LoadBig64(const uint8_t* bytes) { return __builtin_bswap64(LoadLittle<uint64_t>(bytes)); }
inline void StoreBig64(uint8_t* bytes, uint64_t value) { StoreLittle(bytes, __builtin_bswap64(value)); }

}  // namespace mutoscope::base
