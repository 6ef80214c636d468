#include "net/grpc_web_format.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "fmt/format.h"

namespace mutoscope::net {
namespace {

constexpr size_t kFrameHeaderBytes = 5;  // flags, then the length of the message, big-endian
constexpr uint8_t kCompressedFlag = 0x01;
constexpr uint8_t kTrailersFlag = 0x80;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

uint32_t LoadBig32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

std::array<uint8_t, kFrameHeaderBytes> FrameHeader(uint8_t flags, uint32_t length) {
  return {flags, static_cast<uint8_t>(length >> 24), static_cast<uint8_t>(length >> 16), static_cast<uint8_t>(length >> 8),
          static_cast<uint8_t>(length)};
}

// As the gRPC wire has status messages: printable ASCII but '%' stands for itself, all else is %XX.
std::string PercentEncode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c >= 0x20 && c < 0x7f && c != '%') {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
  return encoded;
}

bool IsMetadataKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool IsMetadataText(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool IsPassedOn(std::string_view key) {
  if (key == "x-grpc-web" || key == "x-user-agent") return false;  // about the transport
  return key == "authorization" || key.starts_with("x-");
}

}  // namespace

std::optional<GrpcWebType> ParseGrpcWebType(std::string_view content_type) {
  constexpr std::array<GrpcWebType, 4> kTypes = {{{"application/grpc-web+proto", false},
                                                  {"application/grpc-web", false},
                                                  {"application/grpc-web-text+proto", true},
                                                  {"application/grpc-web-text", true}}};
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  const std::string lower = LowerCase(type);
  const auto found = std::find_if(kTypes.begin(), kTypes.end(), [&](const GrpcWebType& t) { return t.content_type == lower; });
  if (found == kTypes.end()) return std::nullopt;
  return *found;
}

arrow::Result<std::string_view> ParseSingleMessage(std::string_view body) {
  if (body.size() < kFrameHeaderBytes) {
    return base::InvalidArgument("a gRPC-web request begins with a frame of {} bytes; this one has {} bytes", kFrameHeaderBytes,
                                 body.size());
  }
  const uint8_t flags = static_cast<uint8_t>(body[0]);
  const uint32_t length = LoadBig32(body.substr(1));
  const std::string_view rest = body.substr(kFrameHeaderBytes);
  if (flags == kCompressedFlag) return base::Unimplemented("compressed gRPC-web messages are not supported; send them plain");
  if (flags != 0) return base::InvalidArgument("a gRPC-web request begins with a message; this one has frame flags {:#x}", flags);
  if (rest.size() < length) {
    return base::InvalidArgument("the gRPC-web message should have {} bytes, but only {} follow", length, rest.size());
  }
  if (rest.size() > length) {
    return base::InvalidArgument("a gRPC-web request holds one message; {} bytes follow it", rest.size() - length);
  }
  return rest;
}

arrow::Result<std::array<uint8_t, 5>> MessageFrameHeader(uint64_t message_bytes) {
  if (message_bytes > UINT32_MAX) {
    return base::ResourceExhausted("a message of {} bytes does not fit into a gRPC-web frame (at most {})", message_bytes,
                                   UINT32_MAX);
  }
  return FrameHeader(0, static_cast<uint32_t>(message_bytes));
}

std::string TrailersFrame(const grpc::Status& status, const Metadata& trailing) {
  std::string text = fmt::format("grpc-status: {}\r\n", static_cast<int>(status.error_code()));
  if (!status.error_message().empty()) text += fmt::format("grpc-message: {}\r\n", PercentEncode(status.error_message()));
  for (const auto& [key, value] : trailing) {
    const std::string_view name(key.data(), key.size());
    const std::string_view bytes(value.data(), value.size());
    text += fmt::format("{}: {}\r\n", name, name.ends_with("-bin") ? Base64Encode(bytes) : std::string(bytes));
  }
  const auto header = FrameHeader(kTrailersFlag, static_cast<uint32_t>(text.size()));
  return std::string(header.begin(), header.end()) + text;
}

std::optional<MetadataEntry> HeaderToMetadata(std::string_view name, std::string_view value) {
  MetadataEntry entry{.key = LowerCase(name), .value = std::string(value)};
  if (!IsPassedOn(entry.key) || !IsMetadataKey(entry.key)) return std::nullopt;
  if (entry.key.ends_with("-bin")) {
    auto decoded = Base64Decode(value);
    if (!decoded) return std::nullopt;
    entry.value = std::move(*decoded);
  } else if (!IsMetadataText(value)) {
    return std::nullopt;
  }
  return entry;
}

std::optional<std::chrono::nanoseconds> ParseGrpcTimeout(std::string_view text) {
  constexpr size_t kDigitsMax = 8;  // by the gRPC protocol
  if (text.size() < 2 || text.size() > kDigitsMax + 1) return std::nullopt;
  int64_t number = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  switch (text.back()) {
    case 'H':
      return std::chrono::hours(std::min<int64_t>(number, 1'000'000));  // more does not fit into 64 bits of ns
    case 'M':
      return std::chrono::minutes(number);
    case 'S':
      return std::chrono::seconds(number);
    case 'm':
      return std::chrono::milliseconds(number);
    case 'u':
      return std::chrono::microseconds(number);
    case 'n':
      return std::chrono::nanoseconds(number);
    default:
      return std::nullopt;
  }
}

}  // namespace mutoscope::net
