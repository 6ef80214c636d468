// One function a method (redap.md §1.2). Each translates the request, calls the engine, and encodes the answer.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include "redap/call.h"
#include "redap/convert.h"
#include "redap/reactors.h"

namespace mutoscope::redap {

// entries.cc
arrow::Status Version(const Call& call, const cloud::VersionRequest& request, cloud::VersionResponse* response);
arrow::Status WhoAmI(const Call& call, const cloud::WhoAmIRequest& request, cloud::WhoAmIResponse* response);
arrow::Status FindEntries(const Call& call, const cloud::FindEntriesRequest& request, cloud::FindEntriesResponse* response);
arrow::Status CreateDatasetEntry(const Call& call, const cloud::CreateDatasetEntryRequest& request,
                                 cloud::CreateDatasetEntryResponse* response);
arrow::Status ReadDatasetEntry(const Call& call, const cloud::ReadDatasetEntryRequest& request,
                               cloud::ReadDatasetEntryResponse* response);
arrow::Status UpdateDatasetEntry(const Call& call, const cloud::UpdateDatasetEntryRequest& request,
                                 cloud::UpdateDatasetEntryResponse* response);
arrow::Status UpdateEntry(const Call& call, const cloud::UpdateEntryRequest& request, cloud::UpdateEntryResponse* response);
arrow::Status DeleteEntry(const Call& call, const cloud::DeleteEntryRequest& request, cloud::DeleteEntryResponse* response);

// events.cc
arrow::Result<Generator<cloud::WatchEventsResponse>> WatchEvents(const Call& call, const cloud::WatchEventsRequest& request);

// assets.cc
arrow::Result<Generator<cloud::GetAssetsForSegmentResponse>> GetAssetsForSegment(
    const Call& call, const cloud::GetAssetsForSegmentRequest& request);

// properties.cc
arrow::Result<Generator<cloud::GetSegmentPropertiesResponse>> GetSegmentProperties(
    const Call& call, const cloud::GetSegmentPropertiesRequest& request);
arrow::Status SetSegmentProperties(const Call& call, const cloud::SetSegmentPropertiesRequest& request,
                                   cloud::SetSegmentPropertiesResponse* response);
arrow::Status DeleteSegmentProperties(const Call& call, const cloud::DeleteSegmentPropertiesRequest& request,
                                      cloud::DeleteSegmentPropertiesResponse* response);

// maintenance.cc
arrow::Status DoMaintenance(const Call& call, const cloud::DoMaintenanceRequest& request, cloud::DoMaintenanceResponse* response);
arrow::Status DoGlobalMaintenance(const Call& call, const cloud::DoGlobalMaintenanceRequest& request,
                                  cloud::DoGlobalMaintenanceResponse* response);

// bandwidth.cc
arrow::Result<Generator<cloud::DoBandwidthTestResponse>> DoBandwidthTest(const Call& call,
                                                                         const cloud::DoBandwidthTestRequest& request);

// uploads.cc
arrow::Status GetWriteAccessGrant(const Call& call, const cloud::GetWriteAccessGrantRequest& request,
                                  cloud::GetWriteAccessGrantResponse* response);
arrow::Status GetMultipartUploadPartGrants(const Call& call, const cloud::GetMultipartUploadPartGrantsRequest& request,
                                           cloud::GetMultipartUploadPartGrantsResponse* response);
arrow::Status CompleteMultipartUpload(const Call& call, const cloud::CompleteMultipartUploadRequest& request,
                                      cloud::CompleteMultipartUploadResponse* response);
arrow::Status AbortMultipartUpload(const Call& call, const cloud::AbortMultipartUploadRequest& request,
                                   cloud::AbortMultipartUploadResponse* response);

// write_chunks.cc
arrow::Result<std::unique_ptr<Consumer<cloud::WriteChunksRequest, cloud::WriteChunksResponse>>> WriteChunks(const Call& call);

// tables.cc and table_rows.cc
arrow::Status CreateTableEntry(const Call& call, const cloud::CreateTableEntryRequest& request,
                               cloud::CreateTableEntryResponse* response);
arrow::Status RegisterTable(const Call& call, const cloud::RegisterTableRequest& request, cloud::RegisterTableResponse* response);
arrow::Status UpdateTableEntry(const Call& call, const cloud::UpdateTableEntryRequest& request,
                               cloud::UpdateTableEntryResponse* response);
arrow::Result<std::unique_ptr<Consumer<cloud::WriteTableRequest, cloud::WriteTableResponse>>> WriteTable(const Call& call);
arrow::Status ReadTableEntry(const Call& call, const cloud::ReadTableEntryRequest& request,
                             cloud::ReadTableEntryResponse* response);
arrow::Status GetTableSchema(const Call& call, const cloud::GetTableSchemaRequest& request,
                             cloud::GetTableSchemaResponse* response);
arrow::Result<Generator<cloud::ScanTableResponse>> ScanTable(const Call& call, const cloud::ScanTableRequest& request);

// registration.cc
arrow::Status RegisterWithDataset(const Call& call, const cloud::RegisterWithDatasetRequest& request,
                                  cloud::RegisterWithDatasetResponse* response);
arrow::Result<Generator<cloud::UnregisterFromDatasetResponse>> UnregisterFromDataset(
    const Call& call, const cloud::UnregisterFromDatasetRequest& request);

// tasks.cc
arrow::Status CancelTasks(const Call& call, const cloud::CancelTasksRequest& request, cloud::CancelTasksResponse* response);
arrow::Status QueryTasks(const Call& call, const cloud::QueryTasksRequest& request, cloud::QueryTasksResponse* response);
arrow::Result<Generator<cloud::QueryTasksOnCompletionResponse>> QueryTasksOnCompletion(
    const Call& call, const cloud::QueryTasksOnCompletionRequest& request);

// segment_table.cc
arrow::Status GetSegmentTableSchema(const Call& call, const cloud::GetSegmentTableSchemaRequest& request,
                                    cloud::GetSegmentTableSchemaResponse* response);
arrow::Result<Generator<cloud::ScanSegmentTableResponse>> ScanSegmentTable(const Call& call,
                                                                           const cloud::ScanSegmentTableRequest& request);
arrow::Status GetDatasetManifestSchema(const Call& call, const cloud::GetDatasetManifestSchemaRequest& request,
                                       cloud::GetDatasetManifestSchemaResponse* response);
arrow::Result<Generator<cloud::ScanDatasetManifestResponse>> ScanDatasetManifest(
    const Call& call, const cloud::ScanDatasetManifestRequest& request);

// schemas.cc
arrow::Status GetDatasetSchema(const Call& call, const cloud::GetDatasetSchemaRequest& request,
                               cloud::GetDatasetSchemaResponse* response);
arrow::Result<Generator<cloud::GetSchemasResponse>> GetSchemas(const Call& call, const cloud::GetSchemasRequest& request);

// find_chunks.cc
arrow::Result<Generator<cloud::QueryDatasetResponse>> QueryDataset(const Call& call, const cloud::QueryDatasetRequest& request);
arrow::Result<Generator<cloud::FindChunksResponse>> FindChunks(const Call& call, const cloud::FindChunksRequest& request);

// fetch_chunks.cc: answers are FetchChunksResponse messages as raw bytes, payload not copied
arrow::Result<Generator<grpc::ByteBuffer>> FetchChunks(const Call& call, const cloud::FetchChunksRequest& request);

// rrd_manifest.cc
arrow::Result<Generator<cloud::GetRrdManifestResponse>> GetRrdManifest(const Call& call,
                                                                       const cloud::GetRrdManifestRequest& request);

}  // namespace mutoscope::redap
