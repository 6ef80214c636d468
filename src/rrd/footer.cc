#include "rrd/footer.h"

#include <xxhash.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "rrd/store_id.h"

namespace mutoscope::rrd {
namespace {

constexpr uint32_t kChecksumSeed = 7850921;  // "RERUN" in base 26
constexpr std::string_view kMagic = "RRF2FOOT";

// The number of entries that the 12 bytes at the end of a footer state; 0 if they are something else.
uint32_t EntriesOf(std::span<const uint8_t> tail) {
  if (!std::equal(kMagic.begin(), kMagic.end(), tail.begin())) return 0;
  return base::LoadLittle<uint32_t>(tail.data() + kMagic.size());
}

}  // namespace

std::optional<StreamFooter> FooterAtEnd(std::span<const uint8_t> bytes) {
  if (bytes.size() < kStreamFooterBytes || EntriesOf(bytes.last(kFooterTailBytes)) != 1) return std::nullopt;
  const uint8_t* entry = bytes.last(kStreamFooterBytes).data();
  return StreamFooter{base::LoadLittle<uint64_t>(entry), base::LoadLittle<uint64_t>(entry + 8),
                      base::LoadLittle<uint32_t>(entry + 16)};
}

size_t FooterLength(std::span<const uint8_t> bytes) {
  for (size_t entries = 1; entries <= kFooterEntriesMax; ++entries) {
    const size_t length = entries * kFooterEntryBytes + kFooterTailBytes;
    if (bytes.size() < length) return 0;
    if (EntriesOf(bytes.subspan(length - kFooterTailBytes, kFooterTailBytes)) == entries) return length;
  }
  return 0;
}

std::array<uint8_t, kStreamFooterBytes> EncodeStreamFooter(const StreamFooter& footer) {
  std::array<uint8_t, kStreamFooterBytes> bytes;
  base::StoreLittle(bytes.data(), footer.payload_offset);
  base::StoreLittle(bytes.data() + 8, footer.payload_size);
  base::StoreLittle(bytes.data() + 16, footer.checksum);
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin() + kFooterEntryBytes);
  base::StoreLittle(bytes.data() + kFooterEntryBytes + kMagic.size(), uint32_t{1});
  return bytes;
}

uint32_t FooterChecksum(std::span<const uint8_t> payload) { return XXH32(payload.data(), payload.size(), kChecksumSeed); }

arrow::Result<std::vector<StoreManifest>> ParseFooterPayload(std::span<const uint8_t> payload) {
  rerun::log_msg::v1alpha1::RrdFooter footer;
  if (payload.size() > INT32_MAX || !footer.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return base::DataLoss("the footer of {} bytes does not parse", payload.size());
  }
  std::vector<StoreManifest> manifests;
  std::set<StoreKey> seen;
  for (const auto& encoded : footer.manifests()) {
    auto manifest = DecodeManifest(encoded);
    if (!manifest.ok()) return base::WithContext(manifest.status(), fmt::format("manifest {}", manifests.size()));
    if (!seen.insert(KeyOf(manifest->store)).second) {
      return base::DataLoss("recording '{}' has two manifests in one footer", manifest->store.recording_id);
    }
    manifests.push_back(std::move(*manifest));
  }
  return manifests;
}

}  // namespace mutoscope::rrd
