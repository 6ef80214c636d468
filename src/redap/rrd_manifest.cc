#include "arrow/util/key_value_metadata.h"
#include "base/status.h"
#include "chunk/metadata.h"
#include "chunk/migrate.h"
#include "query/segment_manifest.h"
#include "redap/handlers.h"

namespace mutoscope::redap {
namespace {

constexpr int64_t kRowsPerMessage = 16384;

}  // namespace

arrow::Result<Generator<cloud::GetRrdManifestResponse>> GetRrdManifest(const Call& call,
                                                                       const cloud::GetRrdManifestRequest& request) {
  if (!request.has_segment_id() || !request.segment_id().has_id())
    return base::InvalidArgument("GetRrdManifest: the segment id is missing");
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, SnapshotOf(call));
  const auto& segment = request.segment_id().id();
  ARROW_ASSIGN_OR_RAISE(auto manifest, query::MakeSegmentManifest(call.engine.catalog, *snapshot, segment));

  const auto schema = manifest.schema->WithMetadata(
      arrow::key_value_metadata({std::string(chunk::kVersionKey)}, {std::string(chunk::kCurrentSorbetText)}));
  std::vector<cloud::GetRrdManifestResponse> responses;
  int64_t next = 0;
  do {
    auto* part = responses.emplace_back().mutable_rrd_manifest();
    auto* store = part->mutable_store_id();
    store->set_kind(manifest.store_kind == rrd::StoreKind::kBlueprint ? common::STORE_KIND_BLUEPRINT
                                                                      : common::STORE_KIND_RECORDING);
    store->set_recording_id(segment);
    store->mutable_application_id()->set_id("none");
    ARROW_ASSIGN_OR_RAISE(*part->mutable_sorbet_schema(), ToProto(*schema));
    part->set_sorbet_schema_sha256(manifest.schema_sha256.data(), manifest.schema_sha256.size());
    ARROW_ASSIGN_OR_RAISE(*part->mutable_data(), ToProto(*manifest.chunks->Slice(next, kRowsPerMessage)));
    next += kRowsPerMessage;
  } while (next < manifest.chunks->num_rows());
  return Each(std::move(responses));
}

}  // namespace mutoscope::redap
