// Schemas of tables and what may be written under them. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::tables {

// As Arrow IPC stream: the schema message and the end marker.
arrow::Result<std::string> EncodeSchema(const arrow::Schema& schema);
arrow::Result<std::shared_ptr<arrow::Schema>> DecodeSchema(const std::string& ipc);  // INVALID_ARGUMENT

// INVALID_ARGUMENT for two columns of one name; UNIMPLEMENTED for a type that cannot be stored.
arrow::Status CheckSchema(const arrow::Schema& schema);

// Positions of the columns whose values name a row: those with the field metadata `rerun:is_table_index` = `true`.
std::vector<int> KeyColumns(const arrow::Schema& schema);

// INVALID_ARGUMENT naming a column of the batch that the table does not have or has with another type, and a null in a column
// that has none.
arrow::Status CheckBatch(const arrow::RecordBatch& batch, const arrow::Schema& schema);
// The batch with the columns of the table, in their order; those it lacks are null. Calls CheckBatch(); INVALID_ARGUMENT if it
// lacks one that cannot be null.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> Conform(const arrow::RecordBatch& batch,
                                                           const std::shared_ptr<arrow::Schema>& schema);

// The schema after a table was overwritten with batches of the schema `written`: that one. Columns of the same name and type keep
// their metadata where the writer gave none, and the table keeps its own.
std::shared_ptr<arrow::Schema> OverwrittenSchema(const arrow::Schema& old, const arrow::Schema& written);

}  // namespace mutoscope::tables
