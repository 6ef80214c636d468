// Between protobuf messages and our values.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "catalog/entry.h"
#include "rerun/v1alpha1/cloud.pb.h"
#include "rerun/v1alpha1/common.pb.h"
#include "rerun/v1alpha1/log_msg.pb.h"

namespace mutoscope::redap {

namespace cloud = rerun::cloud::v1alpha1;
namespace common = rerun::common::v1alpha1;
namespace log_msg = rerun::log_msg::v1alpha1;

common::Tuid ToProto(const base::Tuid& id);
common::EntryId EntryIdToProto(const catalog::EntryId& id);
arrow::Result<catalog::EntryId> FromProto(const common::EntryId& id);  // INVALID_ARGUMENT if incomplete
google::protobuf::Timestamp TimestampToProto(int64_t ns);

cloud::EntryDetails ToProto(const catalog::Entry& entry);
cloud::DatasetDetails ToProto(const catalog::DatasetDetails& details);
cloud::DatasetEntry ToProto(const catalog::Dataset& dataset);
arrow::Result<catalog::DatasetDetails> FromProto(const cloud::DatasetDetails& details);

// redap.md §3.1: Arrow IPC stream of exactly one batch, LZ4 block where that is smaller.
arrow::Result<common::DataframePart> ToProto(const arrow::RecordBatch& batch);
arrow::Result<std::shared_ptr<arrow::RecordBatch>> FromProto(const common::DataframePart& part);
// IPC stream with the schema message only.
arrow::Result<common::Schema> ToProto(const arrow::Schema& schema);

}  // namespace mutoscope::redap
