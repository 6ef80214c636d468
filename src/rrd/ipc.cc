#include "rrd/ipc.h"

#include "arrow/io/memory.h"
#include "arrow/ipc/dictionary.h"
#include "arrow/ipc/options.h"
#include "arrow/ipc/reader.h"
#include "arrow/memory_pool.h"
#include "base/status.h"

namespace mutoscope::rrd {
namespace {

// Gives nothing: a batch that is read in place needs nothing.
class NoPool final : public arrow::MemoryPool {
 public:
  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    if (size == 0) return arrow::default_memory_pool()->Allocate(size, alignment, out);
    return base::DataLoss("an Arrow batch wants {} bytes of its own: compressed or misaligned buffers are not read", size);
  }
  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** memory) override {
    if (old_size == 0 && new_size == 0) return arrow::Status::OK();
    return Allocate(new_size, alignment, memory);
  }
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override {
    arrow::default_memory_pool()->Free(buffer, size, alignment);
  }
  int64_t bytes_allocated() const override { return 0; }
  int64_t total_bytes_allocated() const override { return 0; }
  int64_t num_allocations() const override { return 0; }
  int64_t max_memory() const override { return 0; }
  std::string backend_name() const override { return "none"; }
};

arrow::ipc::IpcReadOptions InPlaceOptions() {
  static NoPool pool;  // outlives every buffer
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = &pool;
  options.use_threads = false;
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  return options;
}

arrow::Status NotArrow(const arrow::Status& status) { return base::DataLoss("Arrow IPC does not parse: {}", status.message()); }

}  // namespace

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ReadBatch(std::shared_ptr<arrow::Buffer> ipc) {
  auto stream = std::make_shared<arrow::io::BufferReader>(std::move(ipc));
  const auto reader = arrow::ipc::RecordBatchStreamReader::Open(stream, InPlaceOptions());
  if (!reader.ok()) return NotArrow(reader.status());
  std::shared_ptr<arrow::RecordBatch> batch;
  if (auto status = (*reader)->ReadNext(&batch); !status.ok()) return NotArrow(status);
  if (batch == nullptr) return base::DataLoss("Arrow IPC holds no batch");
  if (auto status = batch->ValidateFull(); !status.ok()) return NotArrow(status);
  return batch;
}

arrow::Result<std::shared_ptr<arrow::Schema>> ReadSchema(std::shared_ptr<arrow::Buffer> ipc) {
  arrow::io::BufferReader stream(std::move(ipc));
  arrow::ipc::DictionaryMemo dictionaries;
  auto schema = arrow::ipc::ReadSchema(&stream, &dictionaries);
  if (!schema.ok()) return NotArrow(schema.status());
  return schema;
}

}  // namespace mutoscope::rrd
