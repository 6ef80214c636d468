#include "storage/uri.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/status.h"
#include "storage/source_policy.h"

namespace mutoscope::storage {
namespace {

bool IsAlnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The scheme of "scheme://…"; a path such as "a:b" has none.
std::string_view SchemeOf(std::string_view text) {
  const size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0 || std::isalpha(static_cast<unsigned char>(text[0])) == 0) return {};
  const auto scheme = text.substr(0, end);
  const bool valid =
      std::all_of(scheme.begin(), scheme.end(), [](char c) { return IsAlnum(c) || c == '+' || c == '-' || c == '.'; });
  return valid ? scheme : std::string_view();
}

bool EqualsIgnoringCase(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) { return std::tolower(static_cast<unsigned char>(x)) == y; });
}

arrow::Result<std::string> PercentDecoded(std::string_view text, std::string_view uri) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      return base::InvalidArgument("'{}' is not a valid URI: '%' at position {} is not followed by two hex digits", uri,
                                   static_cast<size_t>(text.data() - uri.data()) + i);
    }
    out.push_back(static_cast<char>(value));
    i += 2;
  }
  return out;
}

arrow::Result<std::string> PathOfFileUri(std::string_view uri) {
  const std::string_view rest = uri.substr(std::string_view("file://").size());
  const size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (slash == std::string_view::npos || !(host.empty() || EqualsIgnoringCase(host, "localhost"))) {
    return base::InvalidArgument("'{}' names the host '{}': only files of the server itself work, as file:///absolute/path", uri,
                                 host);
  }
  if (const size_t special = rest.find_first_of("?#"); special != std::string_view::npos) {
    return base::InvalidArgument("'{}' is not a valid file URI: write '{}' in a file name as '{}'", uri, rest[special],
                                 rest[special] == '?' ? "%3F" : "%23");
  }
  return PercentDecoded(rest.substr(slash), uri);
}

}  // namespace

arrow::Result<std::string> PathOf(std::string_view uri_or_path) {
  std::string path(uri_or_path);
  if (const auto scheme = SchemeOf(uri_or_path); EqualsIgnoringCase(scheme, "file")) {
    ARROW_ASSIGN_OR_RAISE(path, PathOfFileUri(uri_or_path));
  } else if (!scheme.empty()) {
    return base::InvalidArgument(
        "'{}': the scheme '{}' is not supported; file:///absolute/path and plain paths of the server work", uri_or_path, scheme);
  }
  if (path.empty()) return base::InvalidArgument("the name of a source is empty: expected a file:// URI or a path");
  if (path.find('\0') != std::string::npos)
    return base::InvalidArgument("'{}' holds a NUL byte: no file has such a name", uri_or_path);
  return path;
}

std::string FileUri(const std::string& absolute_path) {
  // What RFC 3986 allows in a path as it is.
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=:@";
  std::string uri = "file://";
  for (const char c : absolute_path) {
    if (static_cast<unsigned char>(c) < 0x80 && (IsAlnum(c) || kPlain.find(c) != std::string_view::npos)) {
      uri.push_back(c);
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

}  // namespace mutoscope::storage
