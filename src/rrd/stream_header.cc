#include "rrd/stream_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/status.h"

namespace mutoscope::rrd {
namespace {

constexpr uint8_t kSerializerMsgpack = 1;
constexpr uint8_t kSerializerProtobuf = 2;
constexpr int kOldestMinorVersion = 23;

bool StartsWith(std::span<const uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

arrow::Status TooOld(std::string_view found) {
  return base::InvalidArgument(
      "{}; files of Rerun 0.23 and newer can be read: convert it with `rerun rrd migrate` of an old Rerun", found);
}

std::string Hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

bool StartsStream(std::span<const uint8_t> bytes) { return StartsWith(bytes, "RRF2"); }

arrow::Result<StreamHeader> ParseStreamHeader(std::span<const uint8_t> bytes) {
  if (StartsWith(bytes, "RRF0") || StartsWith(bytes, "RRF1")) {
    return TooOld(fmt::format("an old, unsupported RRD (it starts with RRF{:c})", bytes[3]));
  }
  if (!StartsStream(bytes)) {
    return base::InvalidArgument("not an RRD file: expected 'RRF2' at its start, found bytes {}",
                                 Hex(bytes.first(std::min<size_t>(bytes.size(), 4))));
  }
  if (bytes.size() < kStreamHeaderBytes) {
    return base::InvalidArgument("too small to be an RRD: {} of {} header bytes are there", bytes.size(), kStreamHeaderBytes);
  }
  if (bytes[9] == kSerializerMsgpack)
    return TooOld("an old, unsupported RRD (its messages are msgpack, written by Rerun 0.22 or older)");
  if (bytes[8] > 1 || bytes[9] != kSerializerProtobuf || bytes[10] != 0 || bytes[11] != 0) {
    return base::InvalidArgument("damaged RRD header: expected options 01020000 or 00020000, found {}", Hex(bytes.subspan(8, 4)));
  }
  StreamHeader header;
  std::copy_n(bytes.begin() + 4, 4, header.version.begin());
  if (header.version[0] == 0 && header.version[1] < kOldestMinorVersion) {
    return TooOld(fmt::format("written by Rerun {}, which is too old", VersionText(header.version)));
  }
  return header;
}

std::array<uint8_t, kStreamHeaderBytes> EncodeStreamHeader(const StreamHeader& header) {
  constexpr uint8_t kHintLz4 = 1;  // nobody depends on it: every message says how it is compressed
  const auto& [major, minor, patch, meta] = header.version;
  return {'R', 'R', 'F', '2', major, minor, patch, meta, kHintLz4, kSerializerProtobuf, 0, 0};
}

std::string VersionText(const std::array<uint8_t, 4>& version) {
  const int number = version[3] & 0x3F;
  std::string release = fmt::format("{}.{}.{}", version[0], version[1], version[2]);
  switch (version[3] & 0xC0) {
    case 0x40:
      return fmt::format("{}-rc.{}", release, number);
    case 0x80:
      return fmt::format("{}-alpha.{}", release, number);
    case 0xC0:
      return fmt::format("{}-alpha.{}+dev", release, number);
    default:
      return release;
  }
}

}  // namespace mutoscope::rrd
