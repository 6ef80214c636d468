// What takes the bytes of one object or part.
#include <xxhash.h>

#include <utility>

#include "base/status.h"
#include "catalog/upload_state.h"
#include "storage/new_file.h"

namespace mutoscope::catalog {
namespace {

using storage::NewFile;

struct HashDeleter {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

class Body final : public UploadBody {
 public:
  Body(std::shared_ptr<UploadState> state, UploadGrant grant, std::unique_ptr<NewFile> file, uint64_t reserved)
      : state_(std::move(state)),
        grant_(std::move(grant)),
        file_(std::move(file)),
        reserved_(reserved),
        hash_(XXH3_createState()) {
    XXH3_128bits_reset(hash_.get());
  }
  ~Body() override {
    file_.reset();
    state_->quota.Give(reserved_);
  }

  arrow::Status Write(std::span<const uint8_t> bytes) override {
    const uint64_t size = file_->size() + bytes.size();
    if (const auto max = BytesMax(); max && size > *max) {
      return base::Error(base::Code::kOutOfRange,
                         fmt::format("the upload of '{}' is longer than the {} bytes that were granted", grant_.key, *max));
    }
    if (size > reserved_) {
      ARROW_RETURN_NOT_OK(state_->quota.Take(size - reserved_));
      reserved_ = size;
    }
    if (grant_.kind == GrantKind::kPart) XXH3_128bits_update(hash_.get(), bytes.data(), bytes.size());
    return file_->Write(bytes);
  }

  arrow::Result<std::string> Finish() override {
    ARROW_RETURN_NOT_OK(file_->Sync());
    if (grant_.kind == GrantKind::kPart) return FinishPart();
    if (grant_.size_bytes && file_->size() != *grant_.size_bytes) {
      return base::InvalidArgument("the upload of '{}' has {} bytes, {} were granted", grant_.key, file_->size(),
                                   *grant_.size_bytes);
    }
    ARROW_RETURN_NOT_OK(file_->Publish(state_->files.ObjectPath(grant_.key), NewFile::IfExists::kFail));
    return std::string();
  }

 private:
  std::optional<uint64_t> BytesMax() const {
    return grant_.kind == GrantKind::kPart ? std::optional(grant_.part_size_bytes) : grant_.size_bytes;
  }

  arrow::Result<std::string> FinishPart() {
    const XXH128_hash_t digest = XXH3_128bits_digest(hash_.get());
    const std::string etag = fmt::format("{:016x}{:016x}", digest.high64, digest.low64);
    const std::string path = state_->files.PartPath(grant_.upload_id, grant_.part_number, etag);
    std::lock_guard lock(state_->parts_mutex);
    ARROW_RETURN_NOT_OK(state_->CheckAlive(grant_.upload_id, grant_.key));
    const std::vector<PartFile> before = state_->files.ListParts(grant_.upload_id);
    ARROW_RETURN_NOT_OK(file_->Publish(path, NewFile::IfExists::kReplace));
    reserved_ -= file_->size();  // they are the upload's now
    for (const PartFile& part : before) {
      if (part.number != grant_.part_number) continue;
      if (part.path != path) std::remove(part.path.c_str());
      state_->quota.Give(part.bytes);
    }
    return etag;
  }

  const std::shared_ptr<UploadState> state_;
  const UploadGrant grant_;
  std::unique_ptr<NewFile> file_;
  uint64_t reserved_;  // of the quota
  std::unique_ptr<XXH3_state_t, HashDeleter> hash_;
};

arrow::Status CheckLength(const UploadGrant& grant, uint64_t length) {
  if (grant.kind == GrantKind::kPart && length > grant.part_size_bytes) {
    return base::Error(base::Code::kOutOfRange, fmt::format("part {} of '{}' has {} bytes, {} is the size of a part",
                                                            grant.part_number, grant.key, length, grant.part_size_bytes));
  }
  if (grant.kind == GrantKind::kObject && grant.size_bytes && length != *grant.size_bytes) {
    return base::InvalidArgument("the upload of '{}' has {} bytes, {} were granted", grant.key, length, *grant.size_bytes);
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<UploadBody>> MakeUploadBody(std::shared_ptr<UploadState> state, UploadGrant grant,
                                                          std::optional<uint64_t> content_length) {
  const uint64_t announced = content_length.value_or(0);
  if (content_length) ARROW_RETURN_NOT_OK(CheckLength(grant, announced));
  if (announced > state->quota.bytes_max()) {
    return base::Error(base::Code::kOutOfRange, fmt::format("the upload of '{}' has {} bytes: --upload-quota allows {} at a time",
                                                            grant.key, announced, state->quota.bytes_max()));
  }
  if (grant.kind == GrantKind::kObject) {
    ARROW_RETURN_NOT_OK(state->files.CheckFree(grant.key));
  } else {
    std::lock_guard lock(state->parts_mutex);
    ARROW_RETURN_NOT_OK(state->CheckAlive(grant.upload_id, grant.key));
  }
  arrow::Result<std::string> temporary =
      grant.kind == GrantKind::kObject ? state->files.NewObjectTemporary() : state->files.NewPartTemporary(grant.upload_id);
  ARROW_RETURN_NOT_OK(temporary.status());
  ARROW_ASSIGN_OR_RAISE(auto file, NewFile::Create(*temporary));
  ARROW_RETURN_NOT_OK(state->quota.Take(announced));
  return std::make_unique<Body>(std::move(state), std::move(grant), std::move(file), announced);
}

}  // namespace mutoscope::catalog
