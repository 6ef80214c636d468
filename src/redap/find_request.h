// QueryDataset and FindChunks requests as query::FindRequest: the rules of redap.md §4.2.
#pragma once

#include "arrow/result.h"
#include "query/find.h"
#include "rerun/v1alpha1/cloud.pb.h"

namespace mutoscope::redap {

// INVALID_ARGUMENT for a missing or contradictory part, UNIMPLEMENTED for FILL_MODE_EARLIEST_AT.
arrow::Result<query::FindRequest> ParseFindChunks(const rerun::cloud::v1alpha1::FindChunksRequest& request);
arrow::Result<query::FindRequest> ParseQueryDataset(const rerun::cloud::v1alpha1::QueryDatasetRequest& request);

}  // namespace mutoscope::redap
