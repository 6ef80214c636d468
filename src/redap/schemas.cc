#include <algorithm>
#include <set>

#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr int kSchemaIdsMax = 1024;  // redap.md §2.4 GetSchemasRequest

}  // namespace

arrow::Status GetDatasetSchema(const Call& call, const cloud::GetDatasetSchemaRequest&,
                               cloud::GetDatasetSchemaResponse* response) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  ARROW_ASSIGN_OR_RAISE(*response->mutable_schema(), ToProto(*snapshot->schema));
  return arrow::Status::OK();
}

arrow::Result<Generator<cloud::GetSchemasResponse>> GetSchemas(const Call& call, const cloud::GetSchemasRequest& request) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  if (request.schema_ids_size() > kSchemaIdsMax) {
    return base::InvalidArgument("{} schema ids in one call, at most {} are allowed", request.schema_ids_size(), kSchemaIdsMax);
  }
  std::set<std::string> wanted;
  for (const auto& id : request.schema_ids()) {
    if (id.sha256().size() != 32) return base::InvalidArgument("schema id: {} bytes instead of a SHA-256", id.sha256().size());
    wanted.insert(id.sha256());
  }
  std::vector<cloud::GetSchemasResponse> responses;
  for (const auto& [hash, schema] : snapshot->layer_schemas) {
    const std::string id(reinterpret_cast<const char*>(hash.data()), hash.size());
    if (!wanted.contains(id)) continue;
    auto& response = responses.emplace_back();
    response.mutable_schema_id()->set_sha256(id);
    ARROW_ASSIGN_OR_RAISE(*response.mutable_schema(), ToProto(*schema));
  }
  return Each(std::move(responses));
}

}  // namespace mutoscope::redap
