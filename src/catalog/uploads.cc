#include "catalog/uploads.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/status.h"
#include "base/time.h"
#include "catalog/upload_state.h"
#include "storage/new_file.h"
#include "storage/source_policy.h"

namespace mutoscope::catalog {
namespace {

constexpr int64_t kGrantLifeNs = std::chrono::nanoseconds(std::chrono::minutes(15)).count();
constexpr int64_t kMultipartLifeNs = std::chrono::nanoseconds(std::chrono::hours(24)).count();
constexpr std::chrono::minutes kSweepInterval{1};
constexpr uint64_t kPartBytesMin = 64 << 20;
constexpr uint64_t kPartBytesStep = 1 << 20;
constexpr size_t kSecretBytes = 32;

// Large enough that an object of the announced size fits into kUploadPartsMax parts.
uint64_t PartSizeFor(std::optional<uint64_t> size_bytes) {
  const uint64_t needed = size_bytes.value_or(0) / kUploadPartsMax + 1;
  return std::max(kPartBytesMin, (needed + kPartBytesStep - 1) / kPartBytesStep * kPartBytesStep);
}

std::string ReadOrMakeSecret(soci::session& sql) {
  std::string secret;
  sql << "SELECT value FROM secrets WHERE name = 'uploads'", soci::into(secret);
  if (!secret.empty()) return secret;
  std::array<unsigned char, kSecretBytes> bytes = {};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  for (const unsigned char byte : bytes) secret += fmt::format("{:02x}", byte);
  sql << "INSERT INTO secrets (name, value) VALUES ('uploads', :value)", soci::use(secret);
  return secret;
}

// The files of the parts that a client names.
arrow::Result<std::vector<PartFile>> ChooseParts(const UploadGrant& upload, std::vector<PartFile> there,
                                                 const std::vector<UploadedPart>& parts) {
  if (parts.empty()) return base::InvalidArgument("complete the upload of '{}': no parts are named", upload.key);
  std::vector<PartFile> chosen;
  for (const UploadedPart& part : parts) {
    if (part.number != chosen.size() + 1) {
      return base::InvalidArgument("complete the upload of '{}': part {} comes where part {} is expected", upload.key,
                                   part.number, chosen.size() + 1);
    }
    const PartFile* found = nullptr;
    bool exists = false;
    for (const PartFile& file : there) {
      if (file.number != part.number) continue;
      exists = true;
      if (part.etag.empty() || file.etag == part.etag || '"' + file.etag + '"' == part.etag) found = &file;
    }
    if (found == nullptr) {
      return base::FailedPrecondition("complete the upload of '{}': part {} {}", upload.key, part.number,
                                      exists ? "has another ETag than the one named" : "was not uploaded");
    }
    chosen.push_back(*found);
  }
  return chosen;
}

arrow::Status CheckSizes(const UploadGrant& upload, const std::vector<PartFile>& parts) {
  uint64_t size = 0;
  for (const PartFile& part : parts) {
    size += part.bytes;
    if (&part != &parts.back() && part.bytes != upload.part_size_bytes) {
      return base::InvalidArgument("complete the upload of '{}': part {} has {} bytes, all but the last must have {}", upload.key,
                                   part.number, part.bytes, upload.part_size_bytes);
    }
  }
  if (upload.size_bytes && size != *upload.size_bytes) {
    return base::InvalidArgument("complete the upload of '{}': its parts have {} bytes, {} were granted", upload.key, size,
                                 *upload.size_bytes);
  }
  return arrow::Status::OK();
}

arrow::Status PutTogether(const UploadFiles& files, const std::string& key, const std::vector<PartFile>& parts) {
  ARROW_ASSIGN_OR_RAISE(const std::string temporary, files.NewObjectTemporary());
  ARROW_ASSIGN_OR_RAISE(const auto object, storage::NewFile::Create(temporary));
  for (const PartFile& part : parts) ARROW_RETURN_NOT_OK(object->AppendFile(part.path));
  return object->Publish(files.ObjectPath(key), storage::NewFile::IfExists::kFail);
}

void Sweep(UploadState& state) {
  std::unique_lock lock(state.parts_mutex);
  while (!state.stopped.wait_for(lock, kSweepInterval, [&] { return state.stopping; })) {
    lock.unlock();
    state.RemoveExpired();
    lock.lock();
  }
}

void StartSweeper(UploadState& state) {
  std::lock_guard lock(state.parts_mutex);
  if (!state.sweeper.joinable() && !state.stopping) state.sweeper = std::thread([&state] { Sweep(state); });
}

}  // namespace

arrow::Status UploadQuota::Take(uint64_t bytes) {
  uint64_t used = used_;
  do {
    if (bytes > bytes_max_ || used > bytes_max_ - bytes) {
      return base::ResourceExhausted(
          "unfinished uploads would take more than the {} bytes of --upload-quota ({} are in use): try again later", bytes_max_,
          used);
    }
  } while (!used_.compare_exchange_weak(used, used + bytes));
  return arrow::Status::OK();
}

int64_t UploadState::Now() const { return options.now_ns ? options.now_ns() : base::NowNs(); }

arrow::Result<std::string> UploadState::Secret() {
  std::lock_guard lock(secret_mutex);
  if (secret.empty()) {
    ARROW_ASSIGN_OR_RAISE(secret,
                          database.Write([](soci::session& sql) { return arrow::Result<std::string>(ReadOrMakeSecret(sql)); }));
  }
  return secret;
}

arrow::Result<UploadGrant> UploadState::Verify(std::string_view grant, GrantKind kind) {
  ARROW_ASSIGN_OR_RAISE(const std::string key, Secret());
  ARROW_ASSIGN_OR_RAISE(UploadGrant verified, VerifyGrant(grant, key, Now()));
  if (verified.kind == kind) return verified;
  return base::InvalidArgument("this grant is for another call: expected {}",
                               kind == GrantKind::kMultipart ? "the token of a multipart upload" : "the URL of a request");
}

arrow::Status UploadState::CheckAlive(const std::string& upload_id, const std::string& key) const {
  if (completing.contains(upload_id)) return base::FailedPrecondition("the upload of '{}' is being completed", key);
  if (files.HasUpload(upload_id)) return arrow::Status::OK();
  return base::NotFound("the multipart upload of '{}' is over: it was completed, aborted, or has expired", key);
}

void UploadState::Drop(const std::string& upload_id) {
  uint64_t bytes = 0;
  for (const PartFile& part : files.ListParts(upload_id)) bytes += part.bytes;
  files.RemoveUpload(upload_id);
  quota.Give(bytes);
}

void UploadState::RemoveExpired() {
  std::lock_guard lock(parts_mutex);
  for (const std::string& id : files.ListUploads()) {
    if (UploadFiles::ExpiryOf(id) <= Now() && !completing.contains(id)) Drop(id);
  }
}

Uploads::Uploads(std::shared_ptr<UploadState> state) : state_(std::move(state)) {}

Uploads::~Uploads() {
  {
    std::lock_guard lock(state_->parts_mutex);
    state_->stopping = true;
  }
  state_->stopped.notify_all();
  if (state_->sweeper.joinable()) state_->sweeper.join();
}

arrow::Result<std::unique_ptr<Uploads>> Uploads::Open(const std::string& data_directory, Database& database,
                                                      UploadOptions options) {
  ARROW_ASSIGN_OR_RAISE(auto files, UploadFiles::Of(data_directory));
  auto state = std::make_shared<UploadState>(std::move(files), database, std::move(options));
  state->files.RemoveTorn();
  const std::vector<std::string> left = state->files.ListUploads();
  for (const std::string& id : left) {
    for (const PartFile& part : state->files.ListParts(id)) state->quota.TakeAlways(part.bytes);
  }
  state->RemoveExpired();
  if (!left.empty()) StartSweeper(*state);
  return std::unique_ptr<Uploads>(new Uploads(std::move(state)));
}

arrow::Result<UploadOffer> Uploads::Offer(const UploadRequest& request) {
  ARROW_RETURN_NOT_OK(CheckUploadKey(request.key));
  ARROW_RETURN_NOT_OK(state_->files.CheckFree(request.key));
  if (request.size_bytes.value_or(0) > state_->quota.bytes_max()) {
    return base::ResourceExhausted("the upload of '{}' has {} bytes: --upload-quota allows {}", request.key, *request.size_bytes,
                                   state_->quota.bytes_max());
  }
  ARROW_ASSIGN_OR_RAISE(const std::string secret, state_->Secret());
  UploadGrant grant;
  grant.kind = request.multipart ? GrantKind::kMultipart : GrantKind::kObject;
  grant.expires_at_ns = state_->Now() + (request.multipart ? kMultipartLifeNs : kGrantLifeNs);
  grant.key = request.key;
  grant.size_bytes = request.size_bytes;
  if (request.multipart) {
    grant.part_size_bytes = PartSizeFor(request.size_bytes);
    ARROW_ASSIGN_OR_RAISE(grant.upload_id, state_->files.MakeUpload(grant.expires_at_ns));
    StartSweeper(*state_);
  }
  return UploadOffer{storage::FileUri(state_->files.ObjectPath(request.key)), grant.expires_at_ns, SignGrant(grant, secret),
                     grant.part_size_bytes};
}

arrow::Result<std::vector<std::string>> Uploads::PartGrants(std::string_view token, const std::vector<uint32_t>& numbers) {
  ARROW_ASSIGN_OR_RAISE(UploadGrant grant, state_->Verify(token, GrantKind::kMultipart));
  ARROW_ASSIGN_OR_RAISE(const std::string secret, state_->Secret());
  {
    std::lock_guard lock(state_->parts_mutex);
    ARROW_RETURN_NOT_OK(state_->CheckAlive(grant.upload_id, grant.key));
  }
  std::unordered_set<uint32_t> seen;
  std::vector<std::string> grants;
  grant.kind = GrantKind::kPart;
  for (const uint32_t number : numbers) {
    if (number < 1 || number > kUploadPartsMax || !seen.insert(number).second) {
      return base::InvalidArgument("part grants for '{}': part number {} is {}; expected distinct numbers from 1 to {}",
                                   grant.key, number, seen.contains(number) ? "repeated" : "out of range", kUploadPartsMax);
    }
    grant.part_number = number;
    grants.push_back(SignGrant(grant, secret));
  }
  return grants;
}

arrow::Status Uploads::Complete(std::string_view token, const std::vector<UploadedPart>& parts) {
  ARROW_ASSIGN_OR_RAISE(const UploadGrant grant, state_->Verify(token, GrantKind::kMultipart));
  std::vector<PartFile> there;
  {
    std::lock_guard lock(state_->parts_mutex);
    ARROW_RETURN_NOT_OK(state_->CheckAlive(grant.upload_id, grant.key));
    there = state_->files.ListParts(grant.upload_id);
    state_->completing.insert(grant.upload_id);
  }
  const arrow::Status done = [&]() -> arrow::Status {
    ARROW_RETURN_NOT_OK(state_->files.CheckFree(grant.key));
    ARROW_ASSIGN_OR_RAISE(const auto chosen, ChooseParts(grant, there, parts));
    ARROW_RETURN_NOT_OK(CheckSizes(grant, chosen));
    return PutTogether(state_->files, grant.key, chosen);
  }();
  std::lock_guard lock(state_->parts_mutex);
  state_->completing.erase(grant.upload_id);
  if (done.ok()) state_->Drop(grant.upload_id);
  return done;
}

arrow::Status Uploads::Abort(std::string_view token) {
  ARROW_ASSIGN_OR_RAISE(const UploadGrant grant, state_->Verify(token, GrantKind::kMultipart));
  std::lock_guard lock(state_->parts_mutex);
  ARROW_RETURN_NOT_OK(state_->CheckAlive(grant.upload_id, grant.key));
  state_->Drop(grant.upload_id);
  return arrow::Status::OK();
}

arrow::Result<std::unique_ptr<UploadBody>> Uploads::Begin(std::string_view grant, std::optional<uint64_t> content_length,
                                                          bool only_if_absent) {
  ARROW_ASSIGN_OR_RAISE(const std::string secret, state_->Secret());
  ARROW_ASSIGN_OR_RAISE(UploadGrant verified, VerifyGrant(grant, secret, state_->Now()));
  if (verified.kind == GrantKind::kMultipart) {
    return base::InvalidArgument("this is the token of a multipart upload, not the URL of one of its parts");
  }
  if (verified.kind == GrantKind::kObject && !only_if_absent) {
    return base::PermissionDenied("the upload of '{}' needs the header If-None-Match: *, as the grant says", verified.key);
  }
  return MakeUploadBody(state_, std::move(verified), content_length);
}

uint64_t Uploads::pending_bytes() const { return state_->quota.used(); }

void Uploads::RemoveExpired() { state_->RemoveExpired(); }

}  // namespace mutoscope::catalog
