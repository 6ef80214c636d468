// What a client may upload, as a text that only this catalog can make: "<64 hex digits of HMAC-SHA256>.<fields>". Nothing is
// stored for a grant; it stays good over a restart, because the secret is in the database. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/result.h"

namespace mutoscope::catalog {

enum class GrantKind { kObject, kMultipart, kPart };

struct UploadGrant {
  GrantKind kind = GrantKind::kObject;
  int64_t expires_at_ns = 0;
  std::string key;
  std::optional<uint64_t> size_bytes;  // of the whole object, if the client said it
  // Multipart only.
  std::string upload_id;         // names its directory
  uint64_t part_size_bytes = 0;  // of all parts but the last, which may be shorter
  uint32_t part_number = 0;      // kPart: from 1

  friend bool operator==(const UploadGrant&, const UploadGrant&) = default;
};

std::string SignGrant(const UploadGrant& grant, std::string_view secret);
// INVALID_ARGUMENT if it is no grant, PERMISSION_DENIED if it was signed by somebody else or has expired.
arrow::Result<UploadGrant> VerifyGrant(std::string_view text, std::string_view secret, int64_t now_ns);

// The key of an uploaded object: 1 to 255 bytes; parts between '/' of ASCII letters, digits and `. - _`, none empty, none with a
// '.' at either end. INVALID_ARGUMENT saying which rule is broken.
arrow::Status CheckUploadKey(std::string_view key);

}  // namespace mutoscope::catalog
