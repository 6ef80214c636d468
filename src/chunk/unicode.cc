#include "chunk/unicode.h"

#include <fmt/format.h>
#include <wctype.h>

#include <algorithm>
#include <clocale>
#include <iterator>

namespace mutoscope::chunk {
namespace {

struct CodepointRange {
  char32_t first;
  char32_t last;
};

// Category No (superscripts, fractions, circled numbers …) of Unicode 14: numbers that the C library does not count as
// alphanumeric.
constexpr CodepointRange kOtherNumbers[] = {
    {0xB2, 0xB3},       {0xB9, 0xB9},       {0xBC, 0xBE},       {0x9F4, 0x9F9},     {0xB72, 0xB77},     {0xBF0, 0xBF2},
    {0xC78, 0xC7E},     {0xD58, 0xD5E},     {0xD70, 0xD78},     {0xF2A, 0xF33},     {0x1369, 0x137C},   {0x17F0, 0x17F9},
    {0x19DA, 0x19DA},   {0x2070, 0x2070},   {0x2074, 0x2079},   {0x2080, 0x2089},   {0x2150, 0x215F},   {0x2189, 0x2189},
    {0x2460, 0x249B},   {0x24EA, 0x24FF},   {0x2776, 0x2793},   {0x2CFD, 0x2CFD},   {0x3192, 0x3195},   {0x3220, 0x3229},
    {0x3248, 0x324F},   {0x3251, 0x325F},   {0x3280, 0x3289},   {0x32B1, 0x32BF},   {0xA830, 0xA835},   {0x10107, 0x10133},
    {0x10175, 0x10178}, {0x1018A, 0x1018B}, {0x102E1, 0x102FB}, {0x10320, 0x10323}, {0x10858, 0x1085F}, {0x10879, 0x1087F},
    {0x108A7, 0x108AF}, {0x108FB, 0x108FF}, {0x10916, 0x1091B}, {0x109BC, 0x109BD}, {0x109C0, 0x109CF}, {0x109D2, 0x109FF},
    {0x10A40, 0x10A48}, {0x10A7D, 0x10A7E}, {0x10A9D, 0x10A9F}, {0x10AEB, 0x10AEF}, {0x10B58, 0x10B5F}, {0x10B78, 0x10B7F},
    {0x10BA9, 0x10BAF}, {0x10CFA, 0x10CFF}, {0x10E60, 0x10E7E}, {0x10F1D, 0x10F26}, {0x10F51, 0x10F54}, {0x10FC5, 0x10FCB},
    {0x11052, 0x11065}, {0x111E1, 0x111F4}, {0x1173A, 0x1173B}, {0x118EA, 0x118F2}, {0x11C5A, 0x11C6C}, {0x11FC0, 0x11FD4},
    {0x16B5B, 0x16B61}, {0x16E80, 0x16E96}, {0x1D2E0, 0x1D2F3}, {0x1D360, 0x1D378}, {0x1E8C7, 0x1E8CF}, {0x1EC71, 0x1ECAB},
    {0x1ECAD, 0x1ECAF}, {0x1ECB1, 0x1ECB4}, {0x1ED01, 0x1ED2D}, {0x1ED2F, 0x1ED3D}, {0x1F100, 0x1F10C},
};

// Null where the C library has no such locale; then every character beyond ASCII counts as a letter.
locale_t Utf8Locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

bool IsOtherNumber(char32_t codepoint) {
  const auto* range = std::lower_bound(std::begin(kOtherNumbers), std::end(kOtherNumbers), codepoint,
                                       [](const CodepointRange& r, char32_t c) { return r.last < c; });
  return range != std::end(kOtherNumbers) && range->first <= codepoint;
}

// Length of the UTF-8 sequence that starts with `lead`; 0 if none does.
size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

constexpr char32_t kReplacement = 0xFFFD;

}  // namespace

bool IsCodepoint(char32_t value) { return value < 0x110000 && (value < 0xD800 || value >= 0xE000); }

char32_t NextCodepoint(std::string_view text, size_t* i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const size_t length = SequenceLength(byte(*i));
  if (length == 0 || length > text.size() - *i) return ++*i, kReplacement;
  if (length == 1) return byte((*i)++);
  char32_t value = byte(*i) & (0xFFu >> (length + 1));
  for (size_t k = 1; k < length; ++k) {
    if ((byte(*i + k) & 0xC0) != 0x80) return ++*i, kReplacement;
    value = (value << 6) | (byte(*i + k) & 0x3Fu);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || !IsCodepoint(value)) return ++*i, kReplacement;
  *i += length;
  return value;
}

void AppendUtf8(char32_t codepoint, std::string* out) {
  const auto add = [&](char32_t byte) { *out += static_cast<char>(byte); };
  if (codepoint < 0x80) {
    add(codepoint);
  } else if (codepoint < 0x800) {
    add(0xC0 | codepoint >> 6);
    add(0x80 | (codepoint & 0x3F));
  } else if (codepoint < 0x10000) {
    add(0xE0 | codepoint >> 12);
    add(0x80 | (codepoint >> 6 & 0x3F));
    add(0x80 | (codepoint & 0x3F));
  } else {
    add(0xF0 | codepoint >> 18);
    add(0x80 | (codepoint >> 12 & 0x3F));
    add(0x80 | (codepoint >> 6 & 0x3F));
    add(0x80 | (codepoint & 0x3F));
  }
}

bool IsAlphanumeric(char32_t codepoint) {
  if (Utf8Locale() == nullptr) return true;
  return iswalnum_l(static_cast<wint_t>(codepoint), Utf8Locale()) != 0 || IsOtherNumber(codepoint);
}

char32_t ToLower(char32_t codepoint) {
  if (codepoint < 0x80) return codepoint >= 'A' && codepoint <= 'Z' ? codepoint + ('a' - 'A') : codepoint;
  if (Utf8Locale() == nullptr) return codepoint;
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(codepoint), Utf8Locale()));
}

std::string CodepointEscape(char32_t codepoint) { return fmt::format("\\u{{{:04X}}}", static_cast<uint32_t>(codepoint)); }

}  // namespace mutoscope::chunk
