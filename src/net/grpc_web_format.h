// gRPC-web on the byte level: message framing, the trailers frame, headers that become metadata, grpc-timeout.
//
// Thread-safety: all functions are pure.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "grpcpp/support/status.h"
#include "grpcpp/support/string_ref.h"

namespace mutoscope::net {

struct GrpcWebType {
  std::string_view content_type;  // of the answer
  bool base64 = false;            // application/grpc-web-text: body in base64, both ways
};

// Of a request's Content-Type; nullopt if it is no gRPC-web of protobuf messages.
std::optional<GrpcWebType> ParseGrpcWebType(std::string_view content_type);

// The one message in `body`, as a view into it. INVALID_ARGUMENT, saying what is wrong, if there is not exactly one,
// UNIMPLEMENTED if it is compressed.
arrow::Result<std::string_view> ParseSingleMessage(std::string_view body);

// The 5 bytes before a message; RESOURCE_EXHAUSTED from 4 GiB on.
arrow::Result<std::array<uint8_t, 5>> MessageFrameHeader(uint64_t message_bytes);

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// The last frame of an answer: status and trailing metadata, header included.
std::string TrailersFrame(const grpc::Status& status, const Metadata& trailing);

struct MetadataEntry {
  std::string key;    // lower case
  std::string value;  // of a "-bin" key: decoded
};

// The metadata that an HTTP header becomes; nullopt for headers that are not passed on (all but authorization and x-*, and
// what gRPC would refuse).
std::optional<MetadataEntry> HeaderToMetadata(std::string_view name, std::string_view value);

// "10S", "250m" …; nullopt if malformed.
std::optional<std::chrono::nanoseconds> ParseGrpcTimeout(std::string_view text);

std::string Base64Encode(std::string_view bytes);
// Also of several padded pieces one after the other, and without padding. nullopt if it is no base64.
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace mutoscope::net
