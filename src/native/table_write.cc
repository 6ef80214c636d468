#include "native/table_write.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "arrow/util/byte_size.h"
#include "base/status.h"
#include "redap/convert.h"

namespace mutoscope::native {
namespace {

namespace cloud = rerun::cloud::v1alpha1;

cloud::TableInsertMode ToProto(TableWrite how) {
  switch (how) {
    case TableWrite::kOverwrite:
      return cloud::TABLE_INSERT_MODE_OVERWRITE;
    case TableWrite::kUpsert:
      return cloud::TABLE_INSERT_MODE_REPLACE;
    default:
      return cloud::TABLE_INSERT_MODE_APPEND;
  }
}

// Batches of about kWriteTableMessageBytes.
class Messages {
 public:
  explicit Messages(arrow::RecordBatchReader& rows) : rows_(rows) {}

  // nullptr at the end.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    arrow::RecordBatchVector parts;
    for (int64_t bytes = 0; bytes < kWriteTableMessageBytes;) {
      if (left_ == nullptr) {
        ARROW_ASSIGN_OR_RAISE(left_, rows_.Next());
        if (left_ == nullptr) break;
      }
      ARROW_ASSIGN_OR_RAISE(const int64_t size, arrow::util::ReferencedBufferSize(*left_));
      const int64_t wanted = kWriteTableMessageBytes - bytes;
      if (size <= wanted) {
        bytes += std::max<int64_t>(size, 1);
        parts.push_back(std::exchange(left_, nullptr));
        continue;
      }
      const auto share = static_cast<double>(wanted) / static_cast<double>(size) * static_cast<double>(left_->num_rows());
      int64_t count = std::min(static_cast<int64_t>(share), left_->num_rows());
      if (count == 0) {
        if (!parts.empty()) break;
        count = 1;
      }
      parts.push_back(left_->Slice(0, count));
      left_ = count < left_->num_rows() ? left_->Slice(count) : nullptr;
      break;
    }
    if (parts.empty()) return nullptr;
    return parts.size() == 1 ? parts[0] : arrow::ConcatenateRecordBatches(parts);
  }

 private:
  arrow::RecordBatchReader& rows_;
  std::shared_ptr<arrow::RecordBatch> left_;  // of the batch that was read last
};

}  // namespace

NextRequest WriteTableRequests(arrow::RecordBatchReader& rows, TableWrite how) {
  return [&rows, how, messages = Messages(rows), first = true]() mutable -> arrow::Result<std::optional<std::string>> {
    ARROW_ASSIGN_OR_RAISE(auto batch, messages.Next());
    if (batch == nullptr) {
      if (!first) return std::nullopt;
      ARROW_ASSIGN_OR_RAISE(batch, arrow::RecordBatch::MakeEmpty(rows.schema()));
    }
    first = false;
    cloud::WriteTableRequest request;
    ARROW_ASSIGN_OR_RAISE(*request.mutable_dataframe_part(), redap::ToProto(*batch));
    request.set_insert_mode(ToProto(how));
    return request.SerializeAsString();
  };
}

}  // namespace mutoscope::native
