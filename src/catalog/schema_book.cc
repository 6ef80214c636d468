#include "catalog/schema_book.h"

#include <openssl/sha.h>

#include <algorithm>

#include "arrow/buffer.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "base/status.h"
#include "base/tuid.h"
#include "chunk/schema_merge.h"

namespace mutoscope::catalog {
namespace {

constexpr const char* kDatasetName = "the dataset";

arrow::Result<std::shared_ptr<arrow::Schema>> MergeAll(const std::vector<KnownSchema>& known) {
  std::vector<chunk::NamedSchema> schemas;
  for (const KnownSchema& one : known) schemas.push_back({kDatasetName, one.schema});
  return chunk::MergeSchemas(schemas);
}

}  // namespace

arrow::Result<SchemaBook> SchemaBook::Make(std::vector<KnownSchema> known) {
  SchemaBook book;
  ARROW_ASSIGN_OR_RAISE(book.merged_, MergeAll(known));
  book.known_ = std::move(known);
  return book;
}

const KnownSchema* SchemaBook::FindHash(const SchemaHash& sha256) const {
  const auto found = std::ranges::find(known_, sha256, &KnownSchema::sha256);
  return found == known_.end() ? nullptr : &*found;
}

arrow::Result<std::shared_ptr<arrow::Schema>> SchemaBook::MergedWith(const std::string& name,
                                                                     const std::shared_ptr<arrow::Schema>& schema,
                                                                     long long* other) const {
  *other = 0;
  auto merged = chunk::MergeSchemas({{kDatasetName, merged_}, {name, schema}});
  if (merged.ok()) return merged;
  for (const KnownSchema& one : known_) {
    if (!chunk::MergeSchemas({{kDatasetName, one.schema}, {name, schema}}).ok()) {
      *other = one.id;
      break;
    }
  }
  return merged;
}

void SchemaBook::Add(KnownSchema known, std::shared_ptr<arrow::Schema> merged) {
  known_.push_back(std::move(known));
  merged_ = std::move(merged);
}

void SchemaBook::Retain(long long id) {
  const auto found = std::ranges::find(known_, id, &KnownSchema::id);
  if (found != known_.end()) ++found->layers;
}

bool SchemaBook::Release(long long id) {
  const auto found = std::ranges::find(known_, id, &KnownSchema::id);
  if (found == known_.end() || --found->layers > 0) return false;
  known_.erase(found);
  // A part of a union that merged merges again.
  if (auto merged = MergeAll(known_); merged.ok()) merged_ = merged.MoveValueUnsafe();
  return true;
}

arrow::Result<std::string> EncodeSchema(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::ipc::SerializeSchema(schema));
  return buffer->ToString();
}

arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(const std::string& bytes) {
  arrow::io::BufferReader reader(std::make_shared<arrow::Buffer>(bytes));
  arrow::ipc::DictionaryMemo dictionaries;
  return arrow::ipc::ReadSchema(&reader, &dictionaries);
}

SchemaHash Sha256(const std::string& bytes) {
  SchemaHash hash;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return hash;
}

std::string HexOf(const SchemaHash& hash) {
  std::string hex;
  for (const uint8_t byte : hash) hex += fmt::format("{:02x}", byte);
  return hex;
}

arrow::Result<SchemaHash> HashOfHex(const std::string& hex) {
  SchemaHash hash;
  ARROW_ASSIGN_OR_RAISE(const auto high, base::Tuid::Parse(hex.substr(0, 32)));
  ARROW_ASSIGN_OR_RAISE(const auto low, base::Tuid::Parse(hex.size() > 32 ? hex.substr(32) : ""));
  std::ranges::copy(high.bytes(), hash.begin());
  std::ranges::copy(low.bytes(), hash.begin() + 16);
  return hash;
}

}  // namespace mutoscope::catalog
