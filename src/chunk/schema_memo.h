// Schemas of chunks, parsed once: a recording has thousands of chunks whose schemas differ in nothing but the id of the chunk.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "arrow/buffer.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "base/tuid.h"
#include "chunk/ipc_layout.h"

namespace mutoscope::chunk {

// Thread-safe.
class SchemaMemo {
 public:
  // The schema of a stream whose schema message lies at `frame`, as ReadStoredSchema gives it, but `rerun:id` may be that of
  // another chunk.
  arrow::Result<std::shared_ptr<arrow::Schema>> Get(const std::shared_ptr<arrow::Buffer>& stream, const MessageFrame& frame,
                                                    base::Tuid chunk_id);

 private:
  static constexpr size_t kSchemasMax = 4096;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<arrow::Schema>> schemas_;  // by message without the id
};

}  // namespace mutoscope::chunk
