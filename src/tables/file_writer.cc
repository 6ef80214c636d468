#include "tables/file_writer.h"

#include <algorithm>

#include "arrow/table.h"
#include "arrow/util/base64.h"
#include "arrow/util/byte_size.h"
#include "arrow/util/key_value_metadata.h"
#include "base/status.h"
#include "parquet/arrow/writer.h"
#include "parquet/properties.h"
#include "tables/storage_form.h"
#include "tables/table_schema.h"

namespace mutoscope::tables {
namespace {

constexpr int64_t kRowGroupRows = 1 << 20;

std::shared_ptr<parquet::WriterProperties> Properties() {
  return parquet::WriterProperties::Builder()
      .version(parquet::ParquetVersion::PARQUET_2_6)
      ->compression(parquet::Compression::ZSTD)
      ->max_row_group_length(kRowGroupRows)
      ->build();
}

// Parquet's writer trusts the types of parts to be what the type of the whole says.
bool PartsAgree(const arrow::ArrayData& data) {
  if (data.child_data.size() != static_cast<size_t>(data.type->num_fields())) return false;
  for (size_t i = 0; i < data.child_data.size(); ++i) {
    const auto& child = *data.child_data[i];
    if (!child.type->Equals(*data.type->field(static_cast<int>(i))->type()) || !PartsAgree(child)) return false;
  }
  return true;
}

arrow::Status CheckStored(const arrow::RecordBatch& batch, const arrow::Schema& schema) {
  if (!batch.schema()->Equals(schema)) return base::Internal("rows to store have other columns than their file");
  for (const auto& column : batch.columns()) {
    if (!PartsAgree(*column->data())) return base::Internal("parts of a value disagree with {}", column->type()->ToString());
  }
  return arrow::Status::OK();
}

}  // namespace

FileWriter::FileWriter(std::string path, std::shared_ptr<arrow::Schema> stored_schema,
                       std::shared_ptr<storage::DurableStream> stream)
    : path_(std::move(path)), stored_schema_(std::move(stored_schema)), stream_(std::move(stream)) {}

FileWriter::~FileWriter() = default;

arrow::Result<std::unique_ptr<FileWriter>> FileWriter::Create(const std::string& path,
                                                              const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_ASSIGN_OR_RAISE(auto stored, StorageSchema(*schema));
  ARROW_ASSIGN_OR_RAISE(const std::string ipc, EncodeSchema(*schema));
  ARROW_ASSIGN_OR_RAISE(auto stream, storage::DurableStream::Create(path));
  auto writer = std::unique_ptr<FileWriter>(new FileWriter(path, stored, stream));
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->set_use_threads(false)->build();
  ARROW_ASSIGN_OR_RAISE(writer->writer_, parquet::arrow::FileWriter::Open(*stored, arrow::default_memory_pool(), stream,
                                                                          Properties(), arrow_properties));
  // For whoever finds the file without its catalog: the columns as the user had them.
  ARROW_RETURN_NOT_OK(writer->writer_->AddKeyValueMetadata(
      arrow::key_value_metadata({"mutoscope:table_version", "mutoscope:table_schema"}, {"1", arrow::util::base64_encode(ipc)})));
  return writer;
}

arrow::Status FileWriter::Write(const arrow::RecordBatch& batch) {
  ARROW_ASSIGN_OR_RAISE(const auto stored, ToStorage(batch));
  return WriteStored(stored);
}

arrow::Status FileWriter::WriteStored(const std::shared_ptr<arrow::RecordBatch>& batch) {
  ARROW_RETURN_NOT_OK(CheckStored(*batch, *stored_schema_));
  int64_t done = 0;
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, arrow::util::ReferencedBufferSize(*batch));
  while (done < batch->num_rows()) {
    // Pieces of about the size that a row group has room for.
    const int64_t rows_left = batch->num_rows() - done;
    const double bytes_per_row = static_cast<double>(bytes) / static_cast<double>(batch->num_rows());
    const int64_t room = std::max<int64_t>(kRowGroupBytes - pending_bytes_, 1);
    const auto fitting = static_cast<int64_t>(static_cast<double>(room) / std::max(bytes_per_row, 1.0));
    const int64_t rows = std::min({rows_left, std::max<int64_t>(fitting, 1), kRowGroupRows - pending_rows_});
    pending_.push_back(batch->Slice(done, rows));
    pending_rows_ += rows;
    pending_bytes_ += static_cast<int64_t>(bytes_per_row * static_cast<double>(rows));
    done += rows;
    if (pending_bytes_ >= kRowGroupBytes || pending_rows_ >= kRowGroupRows || rows < rows_left) ARROW_RETURN_NOT_OK(Flush());
  }
  rows_ += batch->num_rows();
  return arrow::Status::OK();
}

arrow::Status FileWriter::Flush() {
  if (pending_rows_ == 0) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto table, arrow::Table::FromRecordBatches(stored_schema_, std::move(pending_)));
  pending_.clear();
  ARROW_RETURN_NOT_OK(writer_->WriteTable(*table, pending_rows_));
  pending_rows_ = pending_bytes_ = 0;
  return arrow::Status::OK();
}

arrow::Result<DataFile::Info> FileWriter::Finish() {
  ARROW_RETURN_NOT_OK(Flush());
  ARROW_RETURN_NOT_OK(writer_->Close());
  ARROW_RETURN_NOT_OK(stream_->Commit());
  ARROW_ASSIGN_OR_RAISE(const auto identity, storage::Identify(path_));
  return DataFile::Info{path_, true, identity, rows_, 0};
}

}  // namespace mutoscope::tables
