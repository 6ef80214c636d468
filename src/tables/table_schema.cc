#include "tables/table_schema.h"

#include <algorithm>
#include <unordered_set>

#include "arrow/array/util.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/util/key_value_metadata.h"
#include "base/status.h"
#include "tables/storage_form.h"

namespace mutoscope::tables {
namespace {

constexpr const char* kIndexMark = "rerun:is_table_index";

std::string NamesOf(const arrow::Schema& schema) {
  constexpr int kNamesMax = 20;
  std::string names;
  for (int i = 0; i < std::min(schema.num_fields(), kNamesMax); ++i)
    names += (i > 0 ? ", '" : "'") + schema.field(i)->name() + "'";
  return schema.num_fields() > kNamesMax ? names + ", ..." : names;
}

bool HasMetadata(const arrow::Field& field) { return field.HasMetadata() && field.metadata()->size() > 0; }

}  // namespace

arrow::Result<std::string> EncodeSchema(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, std::make_shared<arrow::Schema>(schema)));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto bytes, sink->Finish());
  return bytes->ToString();
}

arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(const std::string& ipc) {
  // Arrow wants it aligned, which the bytes of a message need not be.
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> copy, arrow::AllocateBuffer(static_cast<int64_t>(ipc.size())));
  std::copy(ipc.begin(), ipc.end(), copy->mutable_data());
  arrow::io::BufferReader source(copy);
  auto reader = arrow::ipc::RecordBatchStreamReader::Open(&source);
  if (!reader.ok()) return base::InvalidArgument("the schema is no Arrow IPC stream: {}", reader.status().message());
  return (*reader)->schema();
}

arrow::Status CheckSchema(const arrow::Schema& schema) {
  std::unordered_set<std::string> names;
  for (const auto& field : schema.fields()) {
    if (!names.insert(field->name()).second) return base::InvalidArgument("two columns are named '{}'", field->name());
  }
  return StorageSchema(schema).status();
}

std::vector<int> KeyColumns(const arrow::Schema& schema) {
  std::vector<int> keys;
  for (int i = 0; i < schema.num_fields(); ++i) {
    const auto& metadata = schema.field(i)->metadata();
    if (metadata != nullptr && metadata->Get(kIndexMark).ValueOr("") == "true") keys.push_back(i);
  }
  return keys;
}

arrow::Status CheckBatch(const arrow::RecordBatch& batch, const arrow::Schema& schema) {
  std::unordered_set<std::string> names;
  for (int i = 0; i < batch.num_columns(); ++i) {
    const auto& given = *batch.schema()->field(i);
    if (!names.insert(given.name()).second) return base::InvalidArgument("the rows have two columns named '{}'", given.name());
    const auto field = schema.GetFieldByName(given.name());
    if (field == nullptr) {
      return base::InvalidArgument("the table has no column '{}'; it has {}", given.name(), NamesOf(schema));
    }
    if (!given.type()->Equals(*field->type())) {
      return base::InvalidArgument("column '{}': the table holds {}, the rows to write have {}; cast them", given.name(),
                                   field->type()->ToString(), given.type()->ToString());
    }
    if (!field->nullable() && batch.column(i)->ComputeLogicalNullCount() > 0) {
      return base::InvalidArgument("column '{}' is declared without nulls, but {} of the rows to write have none there",
                                   given.name(), batch.column(i)->ComputeLogicalNullCount());
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Conform(const arrow::RecordBatch& batch,
                                                           const std::shared_ptr<arrow::Schema>& schema) {
  ARROW_RETURN_NOT_OK(CheckBatch(batch, *schema));
  arrow::ArrayVector columns;
  for (const auto& field : schema->fields()) {
    if (auto column = batch.GetColumnByName(field->name()); column != nullptr) {
      columns.push_back(std::move(column));
      continue;
    }
    if (!field->nullable() && batch.num_rows() > 0) {
      return base::InvalidArgument("column '{}' is missing: it is declared without nulls", field->name());
    }
    ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), arrow::MakeArrayOfNull(field->type(), batch.num_rows()));
  }
  if (columns.empty() && batch.num_rows() > 0) return base::InvalidArgument("the table has no columns: it cannot hold rows");
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

std::shared_ptr<arrow::Schema> OverwrittenSchema(const arrow::Schema& old, const arrow::Schema& written) {
  arrow::FieldVector fields;
  for (const auto& field : written.fields()) {
    const auto before = old.GetFieldByName(field->name());
    const bool inherits = before != nullptr && !HasMetadata(*field) && before->type()->Equals(*field->type());
    fields.push_back(inherits ? before->WithNullable(field->nullable()) : field);
  }
  const bool has_metadata = written.HasMetadata() && written.metadata()->size() > 0;
  return arrow::schema(std::move(fields), has_metadata ? written.metadata() : old.metadata());
}

}  // namespace mutoscope::tables
