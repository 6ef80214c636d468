#include "tables/file_reader.h"

#include <algorithm>

#include "arrow/io/interfaces.h"
#include "base/status.h"
#include "parquet/arrow/reader.h"
#include "parquet/arrow/schema.h"
#include "parquet/file_reader.h"
#include "parquet/metadata.h"
#include "parquet/properties.h"

namespace mutoscope::tables {
namespace {

constexpr int64_t kBatchBytes = 4 << 20;  // aimed at, by the size of the pages
constexpr int64_t kBatchRowsMax = 8192;   // pages of equal values are small, their rows need not be

// storage::File for Arrow.
class Source final : public arrow::io::RandomAccessFile {
 public:
  explicit Source(std::shared_ptr<const storage::File> file) : file_(std::move(file)) {}
  arrow::Result<int64_t> GetSize() override { return static_cast<int64_t>(file_->size()); }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    const int64_t length = LengthAt(position, bytes);
    ARROW_RETURN_NOT_OK(
        file_->ReadAt(static_cast<uint64_t>(position), {static_cast<uint8_t*>(out), static_cast<size_t>(length)}));
    return length;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    return file_->Read(static_cast<uint64_t>(position), static_cast<uint64_t>(LengthAt(position, bytes)));
  }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t length, ReadAt(position_, bytes, out));
    position_ += length;
    return length;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, bytes));
    position_ += buffer->size();
    return buffer;
  }
  arrow::Status Seek(int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

 private:
  int64_t LengthAt(int64_t position, int64_t bytes) const {
    return std::clamp<int64_t>(static_cast<int64_t>(file_->size()) - position, 0, bytes);
  }

  const std::shared_ptr<const storage::File> file_;
  int64_t position_ = 0;
  bool closed_ = false;
};

arrow::Status CheckIdentity(const DataFile::Info& expected, const storage::File& found) {
  if (expected.ours) {
    // A restored backup has other times.
    if (expected.identity.size == found.size()) return arrow::Status::OK();
    return base::DataLoss("'{}' has {} bytes, but {} were written: restore it from a backup", expected.path, found.size(),
                          expected.identity.size);
  }
  if (expected.identity == found.identity()) return arrow::Status::OK();
  return base::FailedPrecondition(
      "'{}' has changed since it was registered as (part of) a table: delete the table and register it again", expected.path);
}

void CollectLeaves(const parquet::arrow::SchemaField& field, std::vector<int>* leaves) {
  if (field.is_leaf()) leaves->push_back(field.column_index);
  for (const auto& child : field.children) CollectLeaves(child, leaves);
}

}  // namespace

FileReader::FileReader(std::shared_ptr<const DataFile> file) : file_(std::move(file)) {}
FileReader::~FileReader() = default;

arrow::Status FileReader::Annotate(const arrow::Status& status) const {
  const auto code = base::CodeOf(status);
  if (status.ok() || status.IsOutOfMemory() || code == base::Code::kDataLoss || code == base::Code::kNotFound ||
      code == base::Code::kPermissionDenied || code == base::Code::kResourceExhausted) {
    return status;
  }
  return base::DataLoss("'{}' cannot be read as Parquet: {}", file_->info.path, status.message());
}

arrow::Result<std::unique_ptr<FileReader>> FileReader::Open(std::shared_ptr<const DataFile> file) {
  ARROW_ASSIGN_OR_RAISE(const auto opened, storage::File::Open(file->info.path));
  ARROW_RETURN_NOT_OK(CheckIdentity(file->info, *opened));
  auto reader = std::unique_ptr<FileReader>(new FileReader(std::move(file)));
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(reader->Annotate(builder.Open(std::make_shared<Source>(opened))));
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);  // would hold whole row groups
  builder.properties(properties);
  ARROW_RETURN_NOT_OK(reader->Annotate(builder.Build(&reader->reader_)));
  ARROW_RETURN_NOT_OK(reader->Annotate(reader->reader_->GetSchema(&reader->schema_)));
  return reader;
}

int64_t FileReader::rows() const { return reader_->parquet_reader()->metadata()->num_rows(); }

arrow::Status FileReader::Start(const std::vector<int>& columns) {
  leaves_.clear();
  arrow::FieldVector fields;
  for (const int column : columns) {
    fields.push_back(schema_->field(column));
    CollectLeaves(reader_->manifest().schema_fields.at(static_cast<size_t>(column)), &leaves_);
  }
  batch_schema_ = arrow::schema(std::move(fields));
  next_row_group_ = 0;
  batches_.reset();
  return arrow::Status::OK();
}

arrow::Status FileReader::StartRowGroup(int row_group) {
  const auto group = reader_->parquet_reader()->metadata()->RowGroup(row_group);
  int64_t bytes = 0;
  for (const int leaf : leaves_) bytes += group->ColumnChunk(leaf)->total_uncompressed_size();
  const int64_t bytes_per_row = bytes / std::max<int64_t>(group->num_rows(), 1);
  reader_->set_batch_size(std::clamp<int64_t>(kBatchBytes / std::max<int64_t>(bytes_per_row, 1), 1, kBatchRowsMax));
  ARROW_ASSIGN_OR_RAISE(batches_, reader_->GetRecordBatchReader({row_group}, leaves_));
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> FileReader::Next() {
  for (;;) {
    if (batches_ != nullptr) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(Annotate(batches_->ReadNext(&batch)));
      if (batch != nullptr) return batch;
      batches_.reset();
    }
    const auto metadata = reader_->parquet_reader()->metadata();
    if (next_row_group_ == metadata->num_row_groups()) return nullptr;
    const int row_group = next_row_group_++;
    if (leaves_.empty())
      return arrow::RecordBatch::Make(batch_schema_, metadata->RowGroup(row_group)->num_rows(), arrow::ArrayVector{});
    ARROW_RETURN_NOT_OK(Annotate(StartRowGroup(row_group)));
  }
}

}  // namespace mutoscope::tables
