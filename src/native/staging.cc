// Files that a client gives to the catalog.
#include "native/catalog_client.h"
#include "native/entries.h"
#include "native/redap_calls.h"

namespace mutoscope::native {
namespace {

arrow::Result<HttpUpload> UploadOf(const cloud::AccessGrant& grant, const std::string& key) {
  if (!grant.has_http_request()) {
    return base::Unimplemented("the server wants '{}' in several parts, which this client cannot do", key);
  }
  const auto& request = grant.http_request();
  HttpUpload upload{request.method(), request.url(), request.same_origin(), {}};
  for (const auto& header : request.headers()) upload.headers.emplace_back(header.name(), header.value());
  return upload;
}

}  // namespace

arrow::Result<std::string> CatalogClient::Stage(const std::string& key, arrow::io::RandomAccessFile& content) {
  cloud::GetWriteAccessGrantRequest request;
  request.set_key(key);
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, content.GetSize());
  request.set_size_bytes(static_cast<uint64_t>(bytes));
  request.add_supported_upload_methods(cloud::UPLOAD_METHOD_SINGLE_REQUEST);
  request.set_signing(cloud::URL_SIGNING_SIGNED);
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::GetWriteAccessGrantResponse>(*transport_, kGetWriteAccessGrant, {}, request));
  ARROW_ASSIGN_OR_RAISE(const auto upload, UploadOf(response.grant(), key));
  const auto uploaded = transport_->Upload(upload, content);
  if (!uploaded.ok()) return base::WithContext(uploaded, "upload of '" + key + "'");
  return response.storage_url();
}

}  // namespace mutoscope::native
