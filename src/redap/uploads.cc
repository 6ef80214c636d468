#include "catalog/uploads.h"

#include <algorithm>
#include <numeric>

#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr const char* kUploadPath = "/upload/";  // net::HttpRoute of native/upload_route.h
constexpr uint64_t kFirstPartsMax = 16;          // that come with the grant; GetMultipartUploadPartGrants gives more
constexpr int kPartsOfOneCallMax = 1000;

// Single requests are streamed to the disk, however long: parts are for clients that want nothing else.
arrow::Result<bool> WantsMultipart(const cloud::GetWriteAccessGrantRequest& request) {
  const auto& methods = request.supported_upload_methods();
  const auto accepts = [&](cloud::UploadMethod method) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  };
  if (methods.empty() || accepts(cloud::UPLOAD_METHOD_SINGLE_REQUEST)) return false;
  if (accepts(cloud::UPLOAD_METHOD_MULTIPART)) return true;
  return base::FailedPrecondition(
      "write access to '{}': the client accepts none of the upload methods of this server, a single request and multipart",
      request.key());
}

arrow::Status CheckSigning(int signing) {
  if (signing == cloud::URL_SIGNING_UNSIGNED) return base::Unimplemented("unsigned upload requests are not implemented");
  if (cloud::UrlSigning_IsValid(signing)) return arrow::Status::OK();
  return base::InvalidArgument("write access: {} is no value of UrlSigning", signing);
}

void SetPut(const std::string& grant, bool only_if_absent, cloud::HttpRequest* request) {
  request->set_method("PUT");
  request->set_url(kUploadPath + grant);
  request->set_same_origin(true);
  if (!only_if_absent) return;
  auto* header = request->add_headers();
  header->set_name("if-none-match");
  header->set_value("*");
}

// The numbers of the parts whose grants come with the upload's.
std::vector<uint32_t> FirstParts(const cloud::GetWriteAccessGrantRequest& request, uint64_t part_size_bytes) {
  const uint64_t needed =
      request.has_size_bytes() ? (request.size_bytes() + part_size_bytes - 1) / part_size_bytes : kFirstPartsMax;
  std::vector<uint32_t> numbers(static_cast<size_t>(std::clamp<uint64_t>(needed, 1, kFirstPartsMax)));
  std::iota(numbers.begin(), numbers.end(), 1u);
  return numbers;
}

}  // namespace

arrow::Status GetWriteAccessGrant(const Call& call, const cloud::GetWriteAccessGrantRequest& request,
                                  cloud::GetWriteAccessGrantResponse* response) {
  if (request.has_location()) return base::InvalidArgument("write access: explicit storage locations are not supported");
  ARROW_RETURN_NOT_OK(CheckSigning(request.signing()));
  ARROW_ASSIGN_OR_RAISE(const bool multipart, WantsMultipart(request));
  catalog::Uploads& uploads = call.engine.catalog.uploads();
  const auto size = request.has_size_bytes() ? std::optional<uint64_t>(request.size_bytes()) : std::nullopt;
  ARROW_ASSIGN_OR_RAISE(const catalog::UploadOffer offer, uploads.Offer({request.key(), size, multipart}));
  response->set_storage_url(offer.storage_url);
  auto* grant = response->mutable_grant();
  grant->mutable_expires_at()->set_seconds(offer.expires_at_ns / 1'000'000'000);
  grant->mutable_expires_at()->set_nanos(static_cast<int>(offer.expires_at_ns % 1'000'000'000));
  grant->set_signing(cloud::URL_SIGNING_SIGNED);
  if (!multipart) {
    SetPut(offer.grant, true, grant->mutable_http_request());
    return arrow::Status::OK();
  }
  auto* parts = grant->mutable_multipart_request();
  parts->set_upload_token(offer.grant);
  parts->set_part_size_bytes(offer.part_size_bytes);
  ARROW_ASSIGN_OR_RAISE(const auto grants, uploads.PartGrants(offer.grant, FirstParts(request, offer.part_size_bytes)));
  for (const std::string& part : grants) SetPut(part, false, parts->add_part_requests());
  return arrow::Status::OK();
}

arrow::Status GetMultipartUploadPartGrants(const Call& call, const cloud::GetMultipartUploadPartGrantsRequest& request,
                                           cloud::GetMultipartUploadPartGrantsResponse* response) {
  if (request.part_numbers_size() > kPartsOfOneCallMax) {
    return base::InvalidArgument("part grants: {} parts are named, at most {} at a time", request.part_numbers_size(),
                                 kPartsOfOneCallMax);
  }
  const std::vector<uint32_t> numbers(request.part_numbers().begin(), request.part_numbers().end());
  ARROW_ASSIGN_OR_RAISE(const auto grants, call.engine.catalog.uploads().PartGrants(request.upload_token(), numbers));
  for (const std::string& grant : grants) SetPut(grant, false, response->add_requests());
  return arrow::Status::OK();
}

arrow::Status CompleteMultipartUpload(const Call& call, const cloud::CompleteMultipartUploadRequest& request,
                                      cloud::CompleteMultipartUploadResponse*) {
  std::vector<catalog::UploadedPart> parts;
  for (const auto& part : request.parts()) parts.push_back({part.part_number(), part.etag()});
  return call.engine.catalog.uploads().Complete(request.upload_token(), parts);
}

arrow::Status AbortMultipartUpload(const Call& call, const cloud::AbortMultipartUploadRequest& request,
                                   cloud::AbortMultipartUploadResponse*) {
  return call.engine.catalog.uploads().Abort(request.upload_token());
}

}  // namespace mutoscope::redap
