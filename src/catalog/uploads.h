// Objects that clients upload (redap.md §2.4 GetWriteAccessGrant): DIR/uploads/<key>, never replaced once they are there.
//
// An object arrives whole by one HTTP request, or in parts that are put together at the end. Until then its bytes lie under
// DIR/uploads/.pending and count against a quota; they go when the client does, when the upload expires, and at the next start.
//
// Thread-safe. Calls block on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace mutoscope::catalog {

class Database;
struct UploadState;

inline constexpr uint64_t kUploadPartsMax = 10'000;
inline constexpr uint64_t kUploadQuotaBytesDefault = uint64_t{64} << 30;

struct UploadOptions {
  uint64_t quota_bytes_max = kUploadQuotaBytesDefault;  // of all unfinished uploads together
  std::function<int64_t()> now_ns;                      // empty = the system's clock
};

struct UploadRequest {
  std::string key;
  std::optional<uint64_t> size_bytes;
  bool multipart = false;
};

struct UploadOffer {
  std::string storage_url;  // file:// URL that can be registered once the upload is finished
  int64_t expires_at_ns = 0;
  std::string grant;             // for Begin(); multipart: the token for the other calls
  uint64_t part_size_bytes = 0;  // multipart: of all parts but the last
};

struct UploadedPart {
  uint32_t number = 0;  // from 1
  std::string etag;     // as Finish() gave it; empty = whatever there is
};

// The bytes of one object or part. Destroyed without Finish(), nothing of it stays.
class UploadBody {
 public:
  virtual ~UploadBody() = default;
  // OUT_OF_RANGE: more than announced or than a part may have. RESOURCE_EXHAUSTED: quota or disk full.
  virtual arrow::Status Write(std::span<const uint8_t> bytes) = 0;
  // Durable when it returns. A part's ETag; empty for an object. ALREADY_EXISTS if somebody else's object got the key;
  // INVALID_ARGUMENT if it is shorter than announced; NOT_FOUND if the multipart upload is over.
  virtual arrow::Result<std::string> Finish() = 0;
};

class Uploads {
 public:
  // Removes what an earlier run left unfinished and expired. `database` keeps the secret of the grants and outlives this.
  static arrow::Result<std::unique_ptr<Uploads>> Open(const std::string& data_directory, Database& database,
                                                      UploadOptions options);
  ~Uploads();

  // INVALID_ARGUMENT (key), ALREADY_EXISTS, RESOURCE_EXHAUSTED (quota).
  arrow::Result<UploadOffer> Offer(const UploadRequest& request);
  // A grant for each part, in this order. INVALID_ARGUMENT for numbers that are repeated or out of range.
  arrow::Result<std::vector<std::string>> PartGrants(std::string_view token, const std::vector<uint32_t>& numbers);
  // Puts the object together; durable when it returns. INVALID_ARGUMENT if the parts are not 1, 2, 3, ... or sizes are wrong;
  // FAILED_PRECONDITION for a part that is missing or has another ETag; ALREADY_EXISTS. The parts stay if it fails.
  arrow::Status Complete(std::string_view token, const std::vector<UploadedPart>& parts);
  arrow::Status Abort(std::string_view token);

  // For the body of a request with that grant. `content_length` if the client says it. `only_if_absent`: it said that it will not
  // replace an object ("If-None-Match: *"), as it has to for objects. PERMISSION_DENIED if not, or if the grant is not ours or
  // has expired; INVALID_ARGUMENT if it is none or the length is not the granted one; OUT_OF_RANGE if that is too long;
  // ALREADY_EXISTS.
  arrow::Result<std::unique_ptr<UploadBody>> Begin(std::string_view grant, std::optional<uint64_t> content_length,
                                                   bool only_if_absent);

  // Bytes of unfinished uploads.
  uint64_t pending_bytes() const;
  // Removes expired multipart uploads; done every minute, too.
  void RemoveExpired();

 private:
  explicit Uploads(std::shared_ptr<UploadState> state);
  std::shared_ptr<UploadState> state_;
};

}  // namespace mutoscope::catalog
