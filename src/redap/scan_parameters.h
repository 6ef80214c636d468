// ScanParameters of a request (redap.md §2.1), applied to the table that it would be answered with.
#pragma once

#include <memory>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "rerun/v1alpha1/common.pb.h"

namespace mutoscope::redap {

// Filter (query/where.h), then order, then offset and limit, then the columns that are wanted, in that order. INVALID_ARGUMENT
// naming what is wrong: an unknown column (of the columns only if on_missing_columns is ERROR, otherwise it is left out), a
// repeated one, a filter that does not parse, a negative offset or limit. explain_plan and explain_filter are accepted and do
// nothing.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ApplyScanParameters(const rerun::common::v1alpha1::ScanParameters& scan,
                                                                       std::shared_ptr<arrow::RecordBatch> batch);

}  // namespace mutoscope::redap
