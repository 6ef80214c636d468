#include "chunk/schema_memo.h"

#include <algorithm>
#include <string_view>

#include "chunk/ipc_read.h"

namespace mutoscope::chunk {

arrow::Result<std::shared_ptr<arrow::Schema>> SchemaMemo::Get(const std::shared_ptr<arrow::Buffer>& stream,
                                                              const MessageFrame& frame, base::Tuid chunk_id) {
  const auto size = static_cast<uint64_t>(stream->size());
  if (frame.metadata_offset > size || frame.metadata_length > size - frame.metadata_offset)
    return ReadStoredSchema(stream, frame);
  std::string key(reinterpret_cast<const char*>(stream->data()) + frame.metadata_offset, frame.metadata_length);
  const std::string id = chunk_id.text();
  const size_t at = key.find(id);
  if (at == std::string::npos || key.find(id, at + 1) != std::string::npos) return ReadStoredSchema(stream, frame);
  std::fill_n(key.begin() + static_cast<ptrdiff_t>(at), id.size(), '\0');
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = schemas_.find(key); known != schemas_.end()) return known->second;
  }
  ARROW_ASSIGN_OR_RAISE(auto schema, ReadStoredSchema(stream, frame));
  const std::lock_guard lock(mutex_);
  if (schemas_.size() >= kSchemasMax) schemas_.clear();
  schemas_.emplace(std::move(key), schema);
  return schema;
}

}  // namespace mutoscope::chunk
