#include "chunk/entity_path.h"

#include <algorithm>

#include "chunk/unicode.h"

namespace mutoscope::chunk {
namespace {

bool IsAsciiAlnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsPlain(char c) { return IsAsciiAlnum(c) || c == '_' || c == '-' || c == '.'; }
bool IsAsciiPunctuationOrSpace(char c) { return c >= ' ' && c < 0x7F && !IsAsciiAlnum(c); }

// True if `text` is canonical and holds no escapes and no character beyond ASCII: nearly all paths.
bool IsPlainCanonical(std::string_view text) {
  if (text.empty() || text.front() != '/') return false;
  if (text.size() == 1) return true;
  char previous = 0;
  for (const char c : text) {
    if (c == '/' ? previous == '/' : !IsPlain(c)) return false;
    previous = c;
  }
  return previous != '/';
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads `{XXXX}` at the start of `text`: the number of bytes read, 0 if it is not 1 to 6 hex digits naming a character.
size_t ReadBracedCodepoint(std::string_view text, char32_t* codepoint) {
  if (text.empty() || text[0] != '{') return 0;
  char32_t value = 0;
  size_t i = 1;
  for (; i < text.size() && i <= 6 && HexDigit(text[i]) >= 0; ++i) value = value * 16 + static_cast<char32_t>(HexDigit(text[i]));
  if (i == 1 || i >= text.size() || text[i] != '}' || !IsCodepoint(value)) return 0;
  *codepoint = value;
  return i + 1;
}

std::string UnescapePart(std::string_view part) {
  std::string out;
  out.reserve(part.size());
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '\\' || i + 1 == part.size()) {
      out += part[i];
      continue;
    }
    const char escaped = part[++i];
    char32_t codepoint = 0;
    if (escaped == 'n') {
      out += '\n';
    } else if (escaped == 'r') {
      out += '\r';
    } else if (escaped == 't') {
      out += '\t';
    } else if (escaped != 'u') {
      out += escaped;
    } else if (const size_t read = ReadBracedCodepoint(part.substr(i + 1), &codepoint); read > 0) {
      AppendUtf8(codepoint, &out);
      i += read;
    } else {
      out += "\\u";
    }
  }
  return out;
}

// The bytes of the escape at the start of `text`, 0 if it is none.
size_t EscapeLength(std::string_view text) {
  if (text.size() < 2) return 0;
  const char escaped = text[1];
  if (escaped == 'n' || escaped == 'r' || escaped == 't' || IsAsciiPunctuationOrSpace(escaped)) return 2;
  char32_t codepoint = 0;
  const size_t read = escaped == 'u' ? ReadBracedCodepoint(text.substr(2), &codepoint) : 0;
  return read == 0 ? 0 : 2 + read;
}

void AppendEscaped(std::string_view part, std::string* out) {
  for (size_t i = 0; i < part.size();) {
    const char c = part[i];
    if (static_cast<unsigned char>(c) >= 0x80) {
      const char32_t codepoint = NextCodepoint(part, &i);
      if (IsAlphanumeric(codepoint)) {
        AppendUtf8(codepoint, out);
      } else {
        *out += CodepointEscape(codepoint);
      }
      continue;
    }
    ++i;
    if (IsPlain(c)) {
      *out += c;
    } else if (c == '\n' || c == '\r' || c == '\t') {
      *out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (IsAsciiPunctuationOrSpace(c)) {
      *out += '\\';
      *out += c;
    } else {
      *out += CodepointEscape(static_cast<char32_t>(c));
    }
  }
}

// The end of the part that starts at `begin`. Only the byte before a slash says whether it is escaped (rrd.md §2.7).
size_t PartEnd(std::string_view text, size_t begin) {
  for (size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '/' && (i == 0 || text[i - 1] != '\\')) return i;
  }
  return text.size();
}

// -1, 0 or 1. Both are digit runs; compared as numbers of any length.
int CompareDigits(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

std::string_view DigitRun(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return text.substr(begin, end - begin);
}

int CompareNaturalIgnoringCase(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t k = 0;
  while (i < a.size() && k < b.size()) {
    const std::string_view digits_a = DigitRun(a, i);
    const std::string_view digits_b = DigitRun(b, k);
    if (!digits_a.empty() && !digits_b.empty()) {
      if (const int order = CompareDigits(digits_a, digits_b); order != 0) return order;
      i += digits_a.size();
      k += digits_b.size();
      continue;
    }
    const char32_t lower_a = ToLower(NextCodepoint(a, &i));
    const char32_t lower_b = ToLower(NextCodepoint(b, &k));
    if (lower_a != lower_b) return lower_a < lower_b ? -1 : 1;
  }
  return i < a.size() ? 1 : k < b.size() ? -1 : 0;
}

int CompareParts(std::string_view a, std::string_view b) {
  const bool reserved_a = a.starts_with("__");
  const bool reserved_b = b.starts_with("__");
  if (reserved_a != reserved_b) return reserved_a ? 1 : -1;
  if (const int order = CompareNaturalIgnoringCase(a, b); order != 0) return order;
  return a.compare(b);
}

}  // namespace

std::vector<std::string> ParseEntityPath(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = PartEnd(text, begin);
    if (end > begin) parts.push_back(UnescapePart(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

std::string FormatEntityPath(const std::vector<std::string>& parts) {
  if (parts.empty()) return "/";
  std::string out;
  for (const std::string& part : parts) {
    out += '/';
    AppendEscaped(part, &out);
  }
  return out;
}

std::string CanonicalEntityPath(std::string_view text) {
  if (IsPlainCanonical(text)) return std::string(text);
  return FormatEntityPath(ParseEntityPath(text));
}

bool IsStrictEntityPath(std::string_view text) {
  if (text.empty()) return false;
  if (text == "/") return true;
  if (text.front() == '/') text.remove_prefix(1);
  size_t part_begin = 0;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '/') {
      if (i == part_begin) return false;
      part_begin = ++i;
    } else if (c == '\\') {
      const size_t read = EscapeLength(text.substr(i));
      if (read == 0) return false;
      i += read;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      if (!IsAlphanumeric(NextCodepoint(text, &i))) return false;
    } else if (IsPlain(c)) {
      ++i;
    } else {
      return false;
    }
  }
  return part_begin < text.size();
}

bool IsPropertyPath(std::string_view canonical_path) {
  constexpr std::string_view kProperties = "/__properties";
  if (!canonical_path.starts_with(kProperties)) return false;
  return canonical_path.size() == kProperties.size() || canonical_path[kProperties.size()] == '/';
}

bool EntityPathLess(std::string_view canonical_a, std::string_view canonical_b) {
  size_t i = 0;
  size_t k = 0;
  const auto next_part = [](std::string_view path, size_t* begin) {
    if (*begin < path.size()) ++*begin;  // the slash
    const size_t end = PartEnd(path, *begin);
    const std::string_view part = path.substr(*begin, end - *begin);
    *begin = end;
    return part.find('\\') == part.npos ? std::string(part) : UnescapePart(part);
  };
  while (true) {
    const std::string part_a = next_part(canonical_a, &i);
    const std::string part_b = next_part(canonical_b, &k);
    if (part_a.empty() || part_b.empty()) return part_a.empty() && !part_b.empty();
    if (const int order = CompareParts(part_a, part_b); order != 0) return order < 0;
  }
}

}  // namespace mutoscope::chunk
