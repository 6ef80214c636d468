#include <array>
#include <cstdint>

#include "net/grpc_web_format.h"

namespace mutoscope::net {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kNoDigit = 0xff;

constexpr std::array<uint8_t, 256> MakeDigits() {
  std::array<uint8_t, 256> digits{};
  for (uint8_t& digit : digits) digit = kNoDigit;
  for (size_t i = 0; i < kAlphabet.size(); ++i) digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return digits;
}

constexpr std::array<uint8_t, 256> kDigits = MakeDigits();

// Appends the bytes of `count` digits, packed in `bits` from the top of 24 bits. False if they are no whole bytes.
bool AppendGroup(uint32_t bits, int count, std::string& out) {
  if (count == 1) return false;
  for (int byte = 0; byte < count - 1; ++byte) out += static_cast<char>((bits >> (16 - 8 * byte)) & 0xff);
  return true;
}

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kAlphabet[(bits >> (18 - 6 * k)) & 63] : '=';
  }
  return text;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=') {  // the end of a piece
      if (count < 2 || !AppendGroup(bits, count, bytes)) return std::nullopt;
      if (count == 2 && (++i == text.size() || text[i] != '=')) return std::nullopt;
      bits = 0;
      count = 0;
      continue;
    }
    const uint8_t digit = kDigits[static_cast<uint8_t>(text[i])];
    if (digit == kNoDigit) return std::nullopt;
    bits |= static_cast<uint32_t>(digit) << (18 - 6 * count);
    if (++count == 4) {
      AppendGroup(bits, count, bytes);
      bits = 0;
      count = 0;
    }
  }
  if (count > 0 && !AppendGroup(bits, count, bytes)) return std::nullopt;
  return bytes;
}

}  // namespace mutoscope::net
