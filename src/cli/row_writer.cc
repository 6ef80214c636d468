#include "cli/row_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "arrow/io/file.h"
#include "arrow/io/stdio.h"
#include "arrow/ipc/writer.h"
#include "base/status.h"
#include "cli/cell_json.h"
#include "parquet/arrow/writer.h"

namespace mutoscope::cli {
namespace {

using arrow::io::OutputStream;

constexpr int64_t kTableBlockRows = 1000;  // rows whose columns are aligned with each other

// A file beside `path` that takes its name when it is complete.
class Output {
 public:
  static arrow::Result<std::unique_ptr<Output>> Open(const std::string& path) {
    auto output = std::unique_ptr<Output>(new Output(path));
    if (path.empty()) {
      output->stream_ = std::make_shared<arrow::io::StdoutStream>();
      return output;
    }
    auto file = arrow::io::FileOutputStream::Open(output->part_);
    if (!file.ok()) return base::FailedPrecondition("--output '{}': {}", path, file.status().message());
    output->stream_ = *file;
    return output;
  }
  ~Output() {
    if (done_ || path_.empty()) return;
    (void)stream_->Close();
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }
  const std::shared_ptr<OutputStream>& stream() const { return stream_; }
  arrow::Status Text(std::string_view text) { return stream_->Write(text.data(), static_cast<int64_t>(text.size())); }
  arrow::Status Finish() {
    done_ = true;
    if (path_.empty()) return stream_->Flush();
    ARROW_RETURN_NOT_OK(stream_->Close());
    std::error_code error;
    std::filesystem::rename(part_, path_, error);
    return error ? base::FailedPrecondition("--output '{}': {}", path_, error.message()) : arrow::Status::OK();
  }

 private:
  explicit Output(const std::string& path) : path_(path), part_(path + ".part") {}
  const std::string path_, part_;
  std::shared_ptr<OutputStream> stream_;
  bool done_ = false;
};

class TableWriter final : public RowWriter {
 public:
  TableWriter(std::unique_ptr<Output> output, const arrow::Schema& schema) : output_(std::move(output)) {
    lines_.push_back(schema.field_names());
  }
  arrow::Status Write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      auto& line = lines_.emplace_back();
      for (const auto& column : batch.columns()) line.push_back(CellSummary(*column, row));
      if (static_cast<int64_t>(lines_.size()) > kTableBlockRows) ARROW_RETURN_NOT_OK(Print());
    }
    rows_ += batch.num_rows();
    return arrow::Status::OK();
  }
  arrow::Status Finish() override {
    ARROW_RETURN_NOT_OK(Print());
    ARROW_RETURN_NOT_OK(output_->Text(fmt::format("({} rows)\n", rows_)));
    return output_->Finish();
  }

 private:
  arrow::Status Print() {
    for (const auto& line : lines_) {
      widths_.resize(line.size());
      for (size_t i = 0; i < line.size(); ++i) widths_[i] = std::max(widths_[i], line[i].size());
    }
    for (const auto& line : lines_) {
      std::string text;
      for (size_t i = 0; i < line.size(); ++i) {
        text += i + 1 == line.size() ? line[i] : fmt::format("{:<{}}  ", line[i], widths_[i]);
      }
      ARROW_RETURN_NOT_OK(output_->Text(text + "\n"));
    }
    lines_.clear();
    return arrow::Status::OK();
  }

  std::unique_ptr<Output> output_;
  std::vector<std::vector<std::string>> lines_;
  std::vector<size_t> widths_;
  int64_t rows_ = 0;
};

std::string JsonText(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// RFC 4180; null is nothing, lists and structs are JSON.
std::string CsvCell(const Json& json) {
  if (json.is_null()) return "";
  const std::string text = json.is_string() ? json.get<std::string>() : JsonText(json);
  if (text.find_first_of(",\"\r\n") == std::string::npos && !text.empty()) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

class CsvWriter final : public RowWriter {
 public:
  static arrow::Result<std::unique_ptr<RowWriter>> Open(std::unique_ptr<Output> output, const arrow::Schema& schema) {
    std::string header;
    for (const auto& name : schema.field_names()) header += (header.empty() ? "" : ",") + CsvCell(name);
    ARROW_RETURN_NOT_OK(output->Text(header + "\r\n"));
    return std::make_unique<CsvWriter>(std::move(output));
  }
  explicit CsvWriter(std::unique_ptr<Output> output) : output_(std::move(output)) {}
  arrow::Status Write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      std::string line;
      for (int i = 0; i < batch.num_columns(); ++i) line += (i > 0 ? "," : "") + CsvCell(CellJson(*batch.column(i), row));
      ARROW_RETURN_NOT_OK(output_->Text(line + "\r\n"));
    }
    return arrow::Status::OK();
  }
  arrow::Status Finish() override { return output_->Finish(); }

 private:
  std::unique_ptr<Output> output_;
};

// An array of objects, one a line: one JSON document that can be read line by line too.
class JsonWriter final : public RowWriter {
 public:
  explicit JsonWriter(std::unique_ptr<Output> output) : output_(std::move(output)) {}
  arrow::Status Write(const arrow::RecordBatch& batch) override {
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      Json object = Json::object();
      for (int i = 0; i < batch.num_columns(); ++i) object[batch.schema()->field(i)->name()] = CellJson(*batch.column(i), row);
      ARROW_RETURN_NOT_OK(output_->Text((first_ ? "[\n" : ",\n") + JsonText(object)));
      first_ = false;
    }
    return arrow::Status::OK();
  }
  arrow::Status Finish() override {
    ARROW_RETURN_NOT_OK(output_->Text(first_ ? "[]\n" : "\n]\n"));
    return output_->Finish();
  }

 private:
  std::unique_ptr<Output> output_;
  bool first_ = true;
};

// An IPC stream on standard output, an IPC file in a file.
class ArrowWriter final : public RowWriter {
 public:
  ArrowWriter(std::unique_ptr<Output> output, std::shared_ptr<arrow::ipc::RecordBatchWriter> writer)
      : output_(std::move(output)), writer_(std::move(writer)) {}
  arrow::Status Write(const arrow::RecordBatch& batch) override { return writer_->WriteRecordBatch(batch); }
  arrow::Status Finish() override {
    ARROW_RETURN_NOT_OK(writer_->Close());
    return output_->Finish();
  }

 private:
  std::unique_ptr<Output> output_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

class ParquetWriter final : public RowWriter {
 public:
  ParquetWriter(std::unique_ptr<Output> output, std::unique_ptr<parquet::arrow::FileWriter> writer)
      : output_(std::move(output)), writer_(std::move(writer)) {}
  arrow::Status Write(const arrow::RecordBatch& batch) override { return writer_->WriteRecordBatch(batch); }
  arrow::Status Finish() override {
    ARROW_RETURN_NOT_OK(writer_->Close());
    return output_->Finish();
  }

 private:
  std::unique_ptr<Output> output_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace

arrow::Result<std::unique_ptr<RowWriter>> RowWriter::Make(const std::string& format, const std::string& path,
                                                          const std::shared_ptr<arrow::Schema>& schema) {
  const bool binary = format == "parquet" || format == "arrow";
  if (path.empty() && format == "parquet") return base::InvalidArgument("--format parquet needs --output FILE");
  if (path.empty() && binary && isatty(STDOUT_FILENO) != 0) {
    return base::InvalidArgument("--format {} is not for a terminal: name a file by --output, or pipe it", format);
  }
  ARROW_ASSIGN_OR_RAISE(auto output, Output::Open(path));
  if (format == "csv") return CsvWriter::Open(std::move(output), *schema);
  if (format == "json") return std::make_unique<JsonWriter>(std::move(output));
  if (format == "arrow") {
    std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
    const auto& stream = output->stream();
    ARROW_ASSIGN_OR_RAISE(
        writer, path.empty() ? arrow::ipc::MakeStreamWriter(stream, schema) : arrow::ipc::MakeFileWriter(stream, schema));
    return std::make_unique<ArrowWriter>(std::move(output), std::move(writer));
  }
  if (format == "parquet") {
    const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    ARROW_ASSIGN_OR_RAISE(auto writer,
                          parquet::arrow::FileWriter::Open(
                              *schema, arrow::default_memory_pool(), output->stream(),
                              parquet::WriterProperties::Builder().compression(parquet::Compression::ZSTD)->build(), properties));
    return std::make_unique<ParquetWriter>(std::move(output), std::move(writer));
  }
  return std::make_unique<TableWriter>(std::move(output), *schema);
}

}  // namespace mutoscope::cli
