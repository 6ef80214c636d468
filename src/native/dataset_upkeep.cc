// Assets, properties and maintenance of a dataset.
#include "native/dataset_client.h"
#include "native/entries.h"
#include "native/redap_calls.h"

namespace mutoscope::native {

arrow::Result<std::vector<std::string>> DatasetClient::AssetsForSegment(const std::string& segment_id) const {
  cloud::GetAssetsForSegmentRequest request;
  request.mutable_segment_id()->set_id(segment_id);
  std::vector<std::string> assets;
  const auto take = [&](const cloud::GetAssetsForSegmentResponse& response) {
    for (const auto& asset : response.asset_segment_ids()) assets.push_back(asset.id());
    return arrow::Status::OK();
  };
  ARROW_RETURN_NOT_OK(
      CallStream<cloud::GetAssetsForSegmentResponse>(*transport_, kGetAssetsForSegment, EntryHeader(entry_.id), request, take));
  return assets;
}

arrow::Result<std::vector<SegmentProperties>> DatasetClient::GetSegmentProperties(
    const std::vector<std::string>& segment_ids) const {
  cloud::GetSegmentPropertiesRequest request;
  for (const auto& segment : segment_ids) request.add_segment_ids()->set_id(segment);
  std::vector<SegmentProperties> properties;
  const auto take = [&](const cloud::GetSegmentPropertiesResponse& response) -> arrow::Status {
    for (const auto& segment : response.segments()) {
      ARROW_ASSIGN_OR_RAISE(auto values, redap::FromProto(segment.properties()));
      properties.push_back({segment.segment_id().id(), std::move(values), segment.revision()});
    }
    return arrow::Status::OK();
  };
  ARROW_RETURN_NOT_OK(
      CallStream<cloud::GetSegmentPropertiesResponse>(*transport_, kGetSegmentProperties, EntryHeader(entry_.id), request, take));
  return properties;
}

arrow::Result<uint64_t> DatasetClient::SetSegmentProperties(const std::string& segment_id, const arrow::RecordBatch& values,
                                                            std::optional<uint64_t> expected_revision) {
  cloud::SetSegmentPropertiesRequest request;
  request.mutable_segment_id()->set_id(segment_id);
  ARROW_ASSIGN_OR_RAISE(*request.mutable_properties(), redap::ToProto(values));
  if (expected_revision) request.set_expected_revision(*expected_revision);
  ARROW_ASSIGN_OR_RAISE(const auto response, CallUnary<cloud::SetSegmentPropertiesResponse>(*transport_, kSetSegmentProperties,
                                                                                            EntryHeader(entry_.id), request));
  return response.revision();
}

arrow::Status DatasetClient::DeleteSegmentProperties(const std::vector<std::string>& segment_ids) {
  cloud::DeleteSegmentPropertiesRequest request;
  for (const auto& segment : segment_ids) request.add_segments()->mutable_segment_id()->set_id(segment);
  return CallUnary<cloud::DeleteSegmentPropertiesResponse>(*transport_, kDeleteSegmentProperties, EntryHeader(entry_.id), request)
      .status();
}

arrow::Result<std::string> DatasetClient::DoMaintenance(const Maintenance& maintenance) {
  cloud::DoMaintenanceRequest request;
  request.set_optimize_indexes(maintenance.optimize_indexes);
  request.set_retrain_indexes(maintenance.retrain_indexes);
  request.set_compact_fragments(maintenance.compact_fragments);
  request.set_unsafe_allow_recent_cleanup(maintenance.unsafe_allow_recent_cleanup);
  if (maintenance.cleanup_before_ns) {
    *request.mutable_cleanup_before() = redap::TimestampToProto(*maintenance.cleanup_before_ns);
  }
  ARROW_ASSIGN_OR_RAISE(const auto response,
                        CallUnary<cloud::DoMaintenanceResponse>(*transport_, kDoMaintenance, EntryHeader(entry_.id), request));
  return response.report();
}

}  // namespace mutoscope::native
