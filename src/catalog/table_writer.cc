// Tables::Write of tables.h.
#include <spdlog/spdlog.h>

#include "base/status.h"
#include "catalog/state.h"
#include "catalog/table_state.h"
#include "tables/file_writer.h"
#include "tables/merge.h"
#include "tables/table_schema.h"

namespace mutoscope::catalog {

using DataFilePtr = std::shared_ptr<const tables::DataFile>;

class Writer final : public TableWriter {
 public:
  Writer(Tables& tables, std::shared_ptr<TableState> table, WriteMode mode)
      : tables_(tables), table_(std::move(table)), mode_(mode), started_on_(table_->Current()) {}

  arrow::Status Write(const arrow::RecordBatch& batch) override {
    if (schema_ == nullptr) ARROW_RETURN_NOT_OK(Begin(*batch.schema()));
    if (IsMerge() && batch.num_columns() != schema_->num_fields()) {
      return base::InvalidArgument("all rows of one upsert must have the same columns: the first had {}, later ones have {}",
                                   schema_->num_fields(), batch.num_columns());
    }
    ARROW_ASSIGN_OR_RAISE(const auto rows, tables::Conform(batch, schema_));
    if (rows->num_rows() == 0) return arrow::Status::OK();
    if (file_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(file_, tables::FileWriter::Create(tables_.NewPath(table_->id), schema_));
    }
    return file_->Write(*rows);
  }

  arrow::Status Finish() override {
    if (schema_ == nullptr || (file_ == nullptr && mode_ != WriteMode::kOverwrite)) return arrow::Status::OK();  // no rows
    DataFilePtr written;
    if (file_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto info, file_->Finish());
      written = std::make_shared<tables::DataFile>(std::move(info));
    }
    const arrow::Status status = tables_.Commit(*table_, [&](const TableVersion& now) { return ChangeOf(now, written); });
    if (written != nullptr && (!status.ok() || IsMerge())) written->dropped = true;  // merged rows are in other files
    ARROW_RETURN_NOT_OK(status);
    // What was written is there; that many small files are slower to read is no reason to fail the write.
    if (mode_ == WriteMode::kOverwrite) return arrow::Status::OK();
    if (const auto compacted = tables_.Compact(*table_); !compacted.ok()) {
      spdlog::warn("the files of table {} were not put together: {}", table_->id.text(), compacted.message());
    }
    return arrow::Status::OK();
  }

 private:
  bool IsMerge() const { return mode_ == WriteMode::kUpsert || mode_ == WriteMode::kUpdate; }

  // The schema of what is written.
  arrow::Status Begin(const arrow::Schema& first) {
    const auto& table_schema = started_on_->data->schema;
    if (mode_ == WriteMode::kAppend) {
      schema_ = table_schema;
      return arrow::Status::OK();
    }
    if (mode_ == WriteMode::kOverwrite) {
      schema_ = tables::OverwrittenSchema(*table_schema, first);
      return tables::CheckSchema(*schema_);
    }
    ARROW_ASSIGN_OR_RAISE(const auto none, arrow::RecordBatch::MakeEmpty(std::make_shared<arrow::Schema>(first)));
    ARROW_RETURN_NOT_OK(tables::CheckBatch(*none, *table_schema));
    arrow::FieldVector fields;
    for (const auto& field : first.fields()) fields.push_back(table_schema->GetFieldByName(field->name()));
    schema_ = arrow::schema(std::move(fields));
    return tables::CheckMerge(*table_schema, *schema_);
  }

  arrow::Status SameColumnsStill(const TableVersion& now) const {
    if (now.data->schema->Equals(*started_on_->data->schema, /*check_metadata=*/true)) return arrow::Status::OK();
    return base::Error(base::Code::kAborted,
                       "the columns of the table were changed by another write meanwhile: read its schema and write again");
  }

  arrow::Result<Tables::Change> ChangeOf(const TableVersion& now, const DataFilePtr& written) const {
    if (mode_ == WriteMode::kOverwrite) {
      return Tables::Change{written == nullptr ? std::vector<DataFilePtr>() : std::vector{written}, schema_};
    }
    ARROW_RETURN_NOT_OK(SameColumnsStill(now));
    if (mode_ == WriteMode::kAppend) {
      Tables::Change change{now.data->files, nullptr};
      change.files.push_back(written);
      return change;
    }
    ARROW_ASSIGN_OR_RAISE(auto merged, tables::Merge(*now.data, written, schema_, mode_ == WriteMode::kUpsert,
                                                     [&] { return tables_.NewPath(table_->id); }));
    return Tables::Change{std::move(merged.files), nullptr};
  }

  Tables& tables_;
  const std::shared_ptr<TableState> table_;
  const WriteMode mode_;
  const std::shared_ptr<const TableVersion> started_on_;
  std::shared_ptr<arrow::Schema> schema_;  // null before the first batch
  std::unique_ptr<tables::FileWriter> file_;
};

arrow::Result<std::unique_ptr<TableWriter>> Tables::Write(const EntryId& id, WriteMode mode) {
  ARROW_ASSIGN_OR_RAISE(auto table, Find(id));
  return std::make_unique<Writer>(*this, std::move(table), mode);
}

}  // namespace mutoscope::catalog
