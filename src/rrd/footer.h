// The end of a stream: End message with the manifests, then the StreamFooter that points at it (rrd.md §1.7). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arrow/result.h"
#include "rrd/manifest.h"

namespace mutoscope::rrd {

inline constexpr size_t kFooterTailBytes = 12;  // magic and number of entries
inline constexpr size_t kFooterEntryBytes = 20;
inline constexpr size_t kStreamFooterBytes = kFooterTailBytes + kFooterEntryBytes;  // with one entry: all that were ever written
inline constexpr size_t kFooterEntriesMax = 16;

struct StreamFooter {
  uint64_t payload_offset = 0;  // of the RrdFooter payload, from the start of its stream
  uint64_t payload_size = 0;
  uint32_t checksum = 0;
};

// The footer that the last 32 of `bytes` are; none if they are not a footer with one entry.
std::optional<StreamFooter> FooterAtEnd(std::span<const uint8_t> bytes);

// How many bytes at the start of `bytes` are a footer, with whatever number of entries; 0 if none are.
size_t FooterLength(std::span<const uint8_t> bytes);

// A footer with one entry.
std::array<uint8_t, kStreamFooterBytes> EncodeStreamFooter(const StreamFooter& footer);

// XXH32 with the seed of rrd.md §1.7.
uint32_t FooterChecksum(std::span<const uint8_t> payload);

// The manifests of an RrdFooter payload. DATA_LOSS if anything in it does not hold, or a store has two.
arrow::Result<std::vector<StoreManifest>> ParseFooterPayload(std::span<const uint8_t> payload);

}  // namespace mutoscope::rrd
