#include "arrow/io/interfaces.h"
#include "arrow/ipc/options.h"
#include "arrow/ipc/writer.h"
#include "chunk/chunk.h"

namespace mutoscope::chunk {
namespace {

constexpr int64_t kReferenceBytesMin = 512;  // smaller pieces are copied together

// Collects what the IPC writer writes: column buffers by reference, headers and padding as copies.
class BufferCollector : public arrow::io::OutputStream {
 public:
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }

  arrow::Status Write(const void* data, int64_t size) override {
    pending_.append(static_cast<const char*>(data), static_cast<size_t>(size));
    position_ += size;
    return arrow::Status::OK();
  }

  arrow::Status Write(const std::shared_ptr<arrow::Buffer>& data) override {
    if (data->size() < kReferenceBytesMin) return Write(data->data(), data->size());
    Flush_();
    buffers_.push_back(data);
    position_ += data->size();
    return arrow::Status::OK();
  }

  std::vector<std::shared_ptr<arrow::Buffer>> Finish() {
    Flush_();
    return std::move(buffers_);
  }

 private:
  void Flush_() {
    if (!pending_.empty()) buffers_.push_back(arrow::Buffer::FromString(std::move(pending_)));
    pending_.clear();
  }

  std::string pending_;
  std::vector<std::shared_ptr<arrow::Buffer>> buffers_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace

arrow::Result<std::vector<std::shared_ptr<arrow::Buffer>>> EncodeChunk(const Chunk& chunk) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.use_threads = false;
  BufferCollector out;
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(&out, chunk.batch->schema(), options));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*chunk.batch));
  ARROW_RETURN_NOT_OK(writer->Close());
  return out.Finish();
}

}  // namespace mutoscope::chunk
