// The 12 bytes that start every stream (rrd.md §1.2, §1.3). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "arrow/result.h"

namespace mutoscope::rrd {

inline constexpr size_t kStreamHeaderBytes = 12;

struct StreamHeader {
  std::array<uint8_t, 4> version{};  // major, minor, patch, meta
};

// True for bytes that start with "RRF2".
bool StartsStream(std::span<const uint8_t> bytes);

// INVALID_ARGUMENT saying what the bytes are and what to do, if they do not start a stream that we can read. A version newer than
// any we know is accepted.
arrow::Result<StreamHeader> ParseStreamHeader(std::span<const uint8_t> bytes);

std::array<uint8_t, kStreamHeaderBytes> EncodeStreamHeader(const StreamHeader& header);

// "0.41.0", "0.24.0-rc.2".
std::string VersionText(const std::array<uint8_t, 4>& version);

}  // namespace mutoscope::rrd
