#include "tables/merge.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "arrow/array/concatenate.h"
#include "arrow/array/util.h"
#include "arrow/util/byte_size.h"
#include "base/status.h"
#include "tables/array_parts.h"
#include "tables/file_writer.h"
#include "tables/row_keys.h"
#include "tables/scan.h"
#include "tables/storage_form.h"
#include "tables/table_schema.h"

namespace mutoscope::tables {
namespace {

using DataFilePtr = std::shared_ptr<const DataFile>;

constexpr int64_t kBlockBytes = 64 << 20;

std::vector<int> AllColumns(const arrow::Schema& schema) {
  std::vector<int> columns(static_cast<size_t>(schema.num_fields()));
  std::iota(columns.begin(), columns.end(), 0);
  return columns;
}

// A staged row that has a key.
struct StagedRow {
  int64_t row = 0;        // in the staged file
  bool repeated = false;  // another has the same key
};

class Merger {
 public:
  Merger(const TableData& table, DataFilePtr staged, std::shared_ptr<arrow::Schema> staged_schema, bool insert,
         const std::function<std::string()>& new_path)
      : schema_(table.schema),
        staged_(std::move(staged)),
        staged_schema_(std::move(staged_schema)),
        insert_(insert),
        new_path_(new_path) {
    merged_.files = table.files;
  }
  ~Merger() {
    if (done_) return;
    for (const auto& file : made_) file->dropped = true;
  }

  arrow::Result<Merged> Run() {
    ARROW_RETURN_NOT_OK(Prepare());
    ARROW_RETURN_NOT_OK(ReadKeys());
    ARROW_RETURN_NOT_OK(UpdateInBlocks());
    if (insert_) ARROW_RETURN_NOT_OK(AddTheRest());
    for (const auto& file : made_) {  // made in one block and made anew in the next
      if (std::find(merged_.files.begin(), merged_.files.end(), file) == merged_.files.end()) file->dropped = true;
    }
    done_ = true;
    return std::move(merged_);
  }

 private:
  arrow::Status Prepare() {
    ARROW_RETURN_NOT_OK(CheckMerge(*schema_, *staged_schema_));
    keys_ = KeyColumns(*schema_);
    for (const auto& field : schema_->fields()) sources_.push_back(staged_schema_->GetFieldIndex(field->name()));
    for (const int key : keys_) staged_keys_.push_back(sources_[static_cast<size_t>(key)]);
    return arrow::Status::OK();
  }

  // The keys of a batch of the staged file, or of the table if it is read by `columns`.
  static arrow::Result<std::vector<std::optional<std::string>>> KeysIn(const arrow::RecordBatch& batch,
                                                                       const std::vector<int>& positions) {
    ARROW_ASSIGN_OR_RAISE(const auto keys, batch.SelectColumns(positions));
    return KeysOf(*keys);
  }

  arrow::Status ReadKeys() {
    ARROW_ASSIGN_OR_RAISE(const auto scan, StoredScan::Open(staged_, *staged_schema_, AllColumns(*staged_schema_)));
    int64_t row = 0;
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, scan->Next());
      if (batch == nullptr) break;
      ARROW_ASSIGN_OR_RAISE(auto keys, KeysIn(*batch, staged_keys_));
      for (auto& key : keys) {
        const int64_t position = row++;
        if (!key) continue;
        const auto [found, added] = rows_.try_emplace(std::move(*key), StagedRow{position, false});
        if (!added) found->second.repeated = true;
      }
    }
    matched_.assign(static_cast<size_t>(row), false);
    return arrow::Status::OK();
  }

  arrow::Status UpdateInBlocks() {
    ARROW_ASSIGN_OR_RAISE(const auto scan, StoredScan::Open(staged_, *staged_schema_, AllColumns(*staged_schema_)));
    arrow::RecordBatchVector block;
    int64_t first = 0, rows = 0, bytes = 0;
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, scan->Next());
      if (batch != nullptr) {
        ARROW_ASSIGN_OR_RAISE(const int64_t batch_bytes, arrow::util::ReferencedBufferSize(*batch));
        block.push_back(batch);
        rows += batch->num_rows();
        bytes += batch_bytes;
      }
      if (!block.empty() && (batch == nullptr || bytes >= kBlockBytes)) {
        ARROW_ASSIGN_OR_RAISE(const auto whole, arrow::ConcatenateRecordBatches(block));
        ARROW_RETURN_NOT_OK(UpdateFrom(*whole, first));
        block.clear();
        first += rows;
        rows = bytes = 0;
      }
      if (batch == nullptr) return arrow::Status::OK();
    }
  }

  arrow::Status UpdateFrom(const arrow::RecordBatch& block, int64_t first) {
    std::vector<DataFilePtr> files;
    for (const auto& file : merged_.files) {
      ARROW_ASSIGN_OR_RAISE(const bool matches, HasMatches(file, block, first));
      if (!matches) {
        files.push_back(file);
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(auto updated, Updated(file, block, first));
      files.push_back(std::move(updated));
    }
    merged_.files = std::move(files);
    return arrow::Status::OK();
  }

  // The row of the block that has this key; -1 if there is none.
  arrow::Result<int64_t> Find(const std::optional<std::string>& key, const arrow::RecordBatch& block, int64_t first) const {
    if (!key) return -1;
    const auto found = rows_.find(*key);
    if (found == rows_.end()) return -1;
    if (found->second.repeated) {
      return base::InvalidArgument("two of the rows to write have the key of one row of the table: which one is meant?");
    }
    const int64_t row = found->second.row - first;
    return row >= 0 && row < block.num_rows() ? row : -1;
  }

  arrow::Result<bool> HasMatches(const DataFilePtr& file, const arrow::RecordBatch& block, int64_t first) const {
    ARROW_ASSIGN_OR_RAISE(const auto scan, StoredScan::Open(file, *schema_, keys_));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, scan->Next());
      if (batch == nullptr) return false;
      ARROW_ASSIGN_OR_RAISE(const auto keys, KeysOf(*batch));
      for (const auto& key : keys) {
        ARROW_ASSIGN_OR_RAISE(const int64_t row, Find(key, block, first));
        if (row >= 0) return true;
      }
    }
  }

  // The file with the values of the block in the rows that match.
  arrow::Result<DataFilePtr> Updated(const DataFilePtr& file, const arrow::RecordBatch& block, int64_t first) {
    ARROW_ASSIGN_OR_RAISE(const auto writer, FileWriter::Create(new_path_(), schema_));
    ARROW_ASSIGN_OR_RAISE(const auto scan, StoredScan::Open(file, *schema_, AllColumns(*schema_)));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, scan->Next());
      if (batch == nullptr) break;
      ARROW_ASSIGN_OR_RAISE(const auto keys, KeysIn(*batch, keys_));
      std::vector<int64_t> order, from_block;  // rows of the old batch, then those of the block
      for (size_t row = 0; row < keys.size(); ++row) {
        ARROW_ASSIGN_OR_RAISE(const int64_t found, Find(keys[row], block, first));
        order.push_back(found < 0 ? static_cast<int64_t>(row) : batch->num_rows() + static_cast<int64_t>(from_block.size()));
        if (found < 0) continue;
        from_block.push_back(found);
        matched_[static_cast<size_t>(first + found)] = true;
      }
      merged_.rows_updated += static_cast<int64_t>(from_block.size());
      ARROW_ASSIGN_OR_RAISE(const auto updated, Mixed(batch, block, from_block, order));
      ARROW_RETURN_NOT_OK(writer->WriteStored(updated));
    }
    return Made(writer.get(), file->info.level);
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Mixed(const std::shared_ptr<arrow::RecordBatch>& batch,
                                                           const arrow::RecordBatch& block,
                                                           const std::vector<int64_t>& from_block,
                                                           const std::vector<int64_t>& order) const {
    if (from_block.empty()) return batch;
    arrow::ArrayVector columns;
    for (int i = 0; i < batch->num_columns(); ++i) {
      const int source = sources_[static_cast<size_t>(i)];
      if (source < 0) {
        columns.push_back(batch->column(i));
        continue;
      }
      ARROW_ASSIGN_OR_RAISE(const auto given, TakeRows(block.column(source), from_block));
      ARROW_ASSIGN_OR_RAISE(const auto both, arrow::Concatenate({batch->column(i), given}));
      ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), TakeRows(both, order));
    }
    return arrow::RecordBatch::Make(batch->schema(), batch->num_rows(), std::move(columns));
  }

  arrow::Status AddTheRest() {
    if (std::find(matched_.begin(), matched_.end(), false) == matched_.end()) return arrow::Status::OK();
    for (size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i] >= 0 || schema_->field(static_cast<int>(i))->nullable()) continue;
      return base::InvalidArgument("rows with new keys lack the column '{}', which is declared without nulls",
                                   schema_->field(static_cast<int>(i))->name());
    }
    ARROW_ASSIGN_OR_RAISE(const auto writer, FileWriter::Create(new_path_(), schema_));
    ARROW_ASSIGN_OR_RAISE(const auto scan, StoredScan::Open(staged_, *staged_schema_, AllColumns(*staged_schema_)));
    ARROW_ASSIGN_OR_RAISE(const auto stored_schema, StorageSchema(*schema_));
    size_t next = 0;
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, scan->Next());
      if (batch == nullptr) break;
      std::vector<int64_t> kept;
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        if (!matched_[next++]) kept.push_back(row);
      }
      arrow::ArrayVector columns;
      for (size_t i = 0; i < sources_.size(); ++i) {
        const auto& type = stored_schema->field(static_cast<int>(i))->type();
        auto column = sources_[i] < 0 ? arrow::MakeArrayOfNull(type, static_cast<int64_t>(kept.size()))
                                      : TakeRows(batch->column(sources_[i]), kept);
        ARROW_ASSIGN_OR_RAISE(columns.emplace_back(), std::move(column));
      }
      ARROW_RETURN_NOT_OK(
          writer->WriteStored(arrow::RecordBatch::Make(stored_schema, static_cast<int64_t>(kept.size()), std::move(columns))));
    }
    merged_.rows_added = writer->rows();
    ARROW_ASSIGN_OR_RAISE(auto file, Made(writer.get(), 0));
    merged_.files.push_back(std::move(file));
    return arrow::Status::OK();
  }

  arrow::Result<DataFilePtr> Made(FileWriter* writer, int level) {
    ARROW_ASSIGN_OR_RAISE(auto info, writer->Finish());
    info.level = level;
    made_.push_back(std::make_shared<DataFile>(std::move(info)));
    return made_.back();
  }

  const std::shared_ptr<arrow::Schema> schema_;
  const DataFilePtr staged_;
  const std::shared_ptr<arrow::Schema> staged_schema_;
  const bool insert_;
  const std::function<std::string()>& new_path_;
  std::vector<int> keys_, staged_keys_;              // positions in the table and in the staged rows
  std::vector<int> sources_;                         // of each column of the table in the staged rows; -1: not staged
  std::unordered_map<std::string, StagedRow> rows_;  // by key
  std::vector<bool> matched_;                        // staged rows that took the place of others
  std::vector<DataFilePtr> made_;
  Merged merged_;
  bool done_ = false;
};

}  // namespace

arrow::Status CheckMerge(const arrow::Schema& table, const arrow::Schema& staged) {
  const auto keys = KeyColumns(table);
  if (keys.empty()) {
    return base::InvalidArgument(
        "the table has no key: give the field of at least one column the metadata 'rerun:is_table_index' = 'true' to update "
        "rows");
  }
  ARROW_RETURN_NOT_OK(CheckKeyTypes(table, keys));
  for (const int key : keys) {
    const std::string& name = table.field(key)->name();
    if (staged.GetFieldIndex(name) < 0) return base::InvalidArgument("the key column '{}' is missing in the rows to write", name);
  }
  return arrow::Status::OK();
}

arrow::Result<Merged> Merge(const TableData& table, const DataFilePtr& staged,
                            const std::shared_ptr<arrow::Schema>& staged_schema, bool insert,
                            const std::function<std::string()>& new_path) {
  return Merger(table, staged, staged_schema, insert, new_path).Run();
}

arrow::Result<DataFile::Info> Concatenate(const arrow::Schema& schema, const std::vector<DataFilePtr>& files,
                                          const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto writer, FileWriter::Create(path, std::make_shared<arrow::Schema>(schema)));
  for (const auto& file : files) {
    ARROW_ASSIGN_OR_RAISE(const auto scan, StoredScan::Open(file, schema, AllColumns(schema)));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto batch, scan->Next());
      if (batch == nullptr) break;
      ARROW_RETURN_NOT_OK(writer->WriteStored(batch));
    }
  }
  return writer->Finish();
}

}  // namespace mutoscope::tables
