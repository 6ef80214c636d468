#include "catalog/upload_grant.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/status.h"

namespace mutoscope::catalog {
namespace {

constexpr size_t kKeyBytesMax = 255;
constexpr size_t kMacDigits = 64;
constexpr std::string_view kKinds = "omp";  // by GrantKind
constexpr size_t kFields = 7;

bool IsAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

std::string MacOf(std::string_view fields, std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac = {};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(fields.data()),
       fields.size(), mac.data(), &size);
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", mac[i]);
  return text;
}

template <typename Number>
bool Parse(std::string_view text, Number* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

arrow::Status Malformed() {
  return base::InvalidArgument("this is no upload grant: expected the URL that GetWriteAccessGrant answered, unchanged");
}

// Fields may not hold a '.', except the last one, the key.
std::optional<UploadGrant> ParseFields(std::string_view text) {
  std::array<std::string_view, kFields> fields;
  for (size_t i = 0; i + 1 < kFields; ++i) {
    const size_t end = text.find('.');
    if (end == std::string_view::npos) return std::nullopt;
    fields[i] = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  UploadGrant grant;
  const size_t kind = fields[0].size() == 1 ? kKinds.find(fields[0]) : std::string_view::npos;
  if (kind == std::string_view::npos) return std::nullopt;
  grant.kind = static_cast<GrantKind>(kind);
  uint64_t size = 0;
  if (!fields[2].empty()) {
    if (!Parse(fields[2], &size)) return std::nullopt;
    grant.size_bytes = size;
  }
  grant.upload_id = std::string(fields[3]);
  grant.key = std::string(text);
  const bool numbers =
      Parse(fields[1], &grant.expires_at_ns) && Parse(fields[4], &grant.part_size_bytes) && Parse(fields[5], &grant.part_number);
  return numbers && CheckUploadKey(grant.key).ok() ? std::optional(grant) : std::nullopt;
}

arrow::Status CheckKeyPart(std::string_view part) {
  if (part.empty()) return base::InvalidArgument("invalid object key: the parts between '/' must not be empty");
  if (part.front() == '.' || part.back() == '.') {
    return base::InvalidArgument("invalid object key: the part \"{}\" starts or ends with '.'", part);
  }
  const bool plain = std::all_of(part.begin(), part.end(), [](char c) { return IsAlnum(c) || c == '.' || c == '-' || c == '_'; });
  if (plain) return arrow::Status::OK();
  return base::InvalidArgument(
      "invalid object key: the part \"{}\" has a character other than ASCII letters, digits, '.', '-' and '_'", part);
}

}  // namespace

std::string SignGrant(const UploadGrant& grant, std::string_view secret) {
  const std::string size = grant.size_bytes ? fmt::format("{}", *grant.size_bytes) : std::string();
  const std::string fields = fmt::format("{}.{}.{}.{}.{}.{}.{}", kKinds[static_cast<size_t>(grant.kind)], grant.expires_at_ns,
                                         size, grant.upload_id, grant.part_size_bytes, grant.part_number, grant.key);
  return MacOf(fields, secret) + "." + fields;
}

arrow::Result<UploadGrant> VerifyGrant(std::string_view text, std::string_view secret, int64_t now_ns) {
  if (text.size() <= kMacDigits || text[kMacDigits] != '.') return Malformed();
  const std::string_view mac = text.substr(0, kMacDigits);
  const std::string_view fields = text.substr(kMacDigits + 1);
  const auto grant = ParseFields(fields);
  if (!grant) return Malformed();
  const std::string expected = MacOf(fields, secret);
  if (CRYPTO_memcmp(mac.data(), expected.data(), kMacDigits) != 0) {
    return base::PermissionDenied("the signature of the upload grant for '{}' is not this server's: ask for a new grant",
                                  grant->key);
  }
  if (now_ns >= grant->expires_at_ns) {
    return base::PermissionDenied("the upload grant for '{}' has expired: ask for a new one", grant->key);
  }
  return *grant;
}

arrow::Status CheckUploadKey(std::string_view key) {
  if (key.empty()) return base::InvalidArgument("invalid object key: it must not be empty");
  if (key.size() > kKeyBytesMax) {
    return base::InvalidArgument("invalid object key: it has {} bytes, at most {} are allowed", key.size(), kKeyBytesMax);
  }
  while (true) {
    const size_t slash = key.find('/');
    ARROW_RETURN_NOT_OK(CheckKeyPart(key.substr(0, slash)));
    if (slash == std::string_view::npos) return arrow::Status::OK();
    key.remove_prefix(slash + 1);
  }
}

}  // namespace mutoscope::catalog
