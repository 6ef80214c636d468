// The 16 bytes before every message (rrd.md §1.4). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace mutoscope::rrd {

inline constexpr size_t kMessageHeaderBytes = 16;

enum class MessageKind : uint64_t { kEnd = 0, kSetStoreInfo = 1, kArrowMsg = 2, kBlueprintActivation = 3 };
inline constexpr uint64_t kMessageKindMax = 3;

struct MessageHeader {
  MessageKind kind = MessageKind::kEnd;
  uint64_t size = 0;  // bytes of the message, header not included
};

// The kind may be any number: check it with IsKnown().
inline MessageHeader ParseMessageHeader(std::span<const uint8_t, kMessageHeaderBytes> bytes) {
  return {static_cast<MessageKind>(base::LoadLittle<uint64_t>(bytes.data())), base::LoadLittle<uint64_t>(bytes.data() + 8)};
}

inline std::array<uint8_t, kMessageHeaderBytes> EncodeMessageHeader(const MessageHeader& header) {
  std::array<uint8_t, kMessageHeaderBytes> bytes;
  base::StoreLittle(bytes.data(), static_cast<uint64_t>(header.kind));
  base::StoreLittle(bytes.data() + 8, header.size);
  return bytes;
}

inline bool IsKnown(MessageKind kind) { return static_cast<uint64_t>(kind) <= kMessageKindMax; }

}  // namespace mutoscope::rrd
