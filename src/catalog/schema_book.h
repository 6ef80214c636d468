// The distinct layer schemas of one dataset and their union, while layers come and go.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::catalog {

using SchemaHash = std::array<uint8_t, 32>;

struct KnownSchema {
  long long id = 0;  // of the `schemas` table
  SchemaHash sha256{};
  std::shared_ptr<arrow::Schema> schema;
  uint64_t layers = 0;  // that have it
};

// Not thread-safe.
class SchemaBook {
 public:
  // INVALID_ARGUMENT if the schemas do not merge.
  static arrow::Result<SchemaBook> Make(std::vector<KnownSchema> known);

  const std::vector<KnownSchema>& known() const { return known_; }
  const KnownSchema* FindHash(const SchemaHash& sha256) const;

  // The union with `schema`. INVALID_ARGUMENT if they conflict; `other` is then the id of a schema that conflicts (0 if none
  // alone does).
  arrow::Result<std::shared_ptr<arrow::Schema>> MergedWith(const std::string& name, const std::shared_ptr<arrow::Schema>& schema,
                                                           long long* other) const;
  // Adds a schema that MergedWith accepted, with the union that it gave.
  void Add(KnownSchema known, std::shared_ptr<arrow::Schema> merged);

  // One more, or one fewer, layer has that schema. A schema without layers is dropped (true) and no longer part of the union.
  void Retain(long long id);
  bool Release(long long id);

  const std::shared_ptr<arrow::Schema>& merged() const { return merged_; }

 private:
  std::vector<KnownSchema> known_;
  std::shared_ptr<arrow::Schema> merged_;
};

// Bytes of the `schemas` table: an Arrow IPC stream without batches.
arrow::Result<std::string> EncodeSchema(const arrow::Schema& schema);
arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(const std::string& bytes);

SchemaHash Sha256(const std::string& bytes);
std::string HexOf(const SchemaHash& hash);
arrow::Result<SchemaHash> HashOfHex(const std::string& hex);

}  // namespace mutoscope::catalog
