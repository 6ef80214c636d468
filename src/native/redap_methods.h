// Names of the redap calls that a catalog makes.
#pragma once

namespace mutoscope::native {

#define MUTOSCOPE_REDAP_METHOD(Name) inline constexpr char k##Name[] = "/rerun.cloud.v1alpha1.RerunCloudService/" #Name;
MUTOSCOPE_REDAP_METHOD(Version)
MUTOSCOPE_REDAP_METHOD(FindEntries)
MUTOSCOPE_REDAP_METHOD(CreateDatasetEntry)
MUTOSCOPE_REDAP_METHOD(ReadDatasetEntry)
MUTOSCOPE_REDAP_METHOD(UpdateEntry)
MUTOSCOPE_REDAP_METHOD(DeleteEntry)
MUTOSCOPE_REDAP_METHOD(GetDatasetSchema)
MUTOSCOPE_REDAP_METHOD(RegisterWithDataset)
MUTOSCOPE_REDAP_METHOD(ScanSegmentTable)
MUTOSCOPE_REDAP_METHOD(ScanDatasetManifest)
MUTOSCOPE_REDAP_METHOD(UnregisterFromDataset)
MUTOSCOPE_REDAP_METHOD(QueryTasks)
MUTOSCOPE_REDAP_METHOD(QueryTasksOnCompletion)
MUTOSCOPE_REDAP_METHOD(CancelTasks)
MUTOSCOPE_REDAP_METHOD(UpdateDatasetEntry)
MUTOSCOPE_REDAP_METHOD(GetAssetsForSegment)
MUTOSCOPE_REDAP_METHOD(GetSegmentProperties)
MUTOSCOPE_REDAP_METHOD(SetSegmentProperties)
MUTOSCOPE_REDAP_METHOD(DeleteSegmentProperties)
MUTOSCOPE_REDAP_METHOD(CreateTableEntry)
MUTOSCOPE_REDAP_METHOD(RegisterTable)
MUTOSCOPE_REDAP_METHOD(ReadTableEntry)
MUTOSCOPE_REDAP_METHOD(UpdateTableEntry)
MUTOSCOPE_REDAP_METHOD(GetTableSchema)
MUTOSCOPE_REDAP_METHOD(ScanTable)
MUTOSCOPE_REDAP_METHOD(WriteTable)
MUTOSCOPE_REDAP_METHOD(GetWriteAccessGrant)
MUTOSCOPE_REDAP_METHOD(DoMaintenance)
MUTOSCOPE_REDAP_METHOD(DoGlobalMaintenance)
MUTOSCOPE_REDAP_METHOD(DoBandwidthTest)
#undef MUTOSCOPE_REDAP_METHOD

inline constexpr char kEntryIdHeader[] = "x-rerun-entry-id";

}  // namespace mutoscope::native
