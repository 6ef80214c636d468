#include "native/redap_calls.h"

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/scalar.h"

namespace mutoscope::native {

Metadata EntryHeader(const std::string& entry_id) { return {{kEntryIdHeader, entry_id}}; }

arrow::Result<std::shared_ptr<arrow::Buffer>> Join(const Pieces& pieces) {
  if (pieces.size() == 1) return pieces[0];
  if (pieces.empty()) return std::make_shared<arrow::Buffer>(nullptr, 0);
  return arrow::ConcatenateBuffers(pieces);
}

arrow::Result<std::shared_ptr<arrow::Schema>> SchemaFromProto(const rerun::common::v1alpha1::Schema& schema) {
  arrow::io::BufferReader source(arrow::Buffer::FromString(schema.arrow_schema()));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(&source));
  return reader->schema();
}

std::string CellText(const arrow::Table& table, const std::string& column, int64_t row) {
  const auto values = table.GetColumnByName(column);
  if (values == nullptr) return "";
  const auto cell = values->GetScalar(row);
  return cell.ok() && (*cell)->is_valid ? (*cell)->ToString() : "";
}

uint64_t CellNumber(const arrow::Table& table, const std::string& column, int64_t row) {
  const auto values = table.GetColumnByName(column);
  if (values == nullptr || values->type()->id() != arrow::Type::UINT64) return 0;
  const auto cell = values->GetScalar(row);
  return cell.ok() && (*cell)->is_valid ? static_cast<const arrow::UInt64Scalar&>(**cell).value : 0;
}

}  // namespace mutoscope::native
