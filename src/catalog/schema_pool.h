// One copy of equal schemas while many files are read: most recordings of a dataset have the same.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "arrow/type.h"
#include "catalog/schema_book.h"

namespace mutoscope::catalog {

// Thread-safe.
class SchemaPool {
 public:
  // The first schema that came with that hash if it equals this one, else `schema` itself.
  std::shared_ptr<arrow::Schema> Share(const SchemaHash& sha256, std::shared_ptr<arrow::Schema> schema) {
    std::shared_ptr<arrow::Schema> first;
    {
      std::lock_guard lock(mutex_);
      first = by_hash_.try_emplace(sha256, schema).first->second;
    }
    return first == schema || first->Equals(*schema, /*check_metadata=*/true) ? first : schema;
  }

 private:
  std::mutex mutex_;
  std::map<SchemaHash, std::shared_ptr<arrow::Schema>> by_hash_;
};

}  // namespace mutoscope::catalog
