// Arrow arrays in a form that Parquet can hold, and back (docs/formats/tables.md).
//
// Parquet has no views, unions, runs, intervals, empty structs, dictionaries of anything but text. Such arrays are stored as
// others that hold the same values; with the type that the user gave the column they come back as what they were.
//
// Thread-safety: all functions are pure.
#pragma once

#include <memory>
#include <vector>

#include "arrow/array.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"

namespace mutoscope::tables {

// What columns of a type are stored as: the type itself where Parquet keeps it. UNIMPLEMENTED naming a type that cannot be
// stored.
arrow::Result<std::shared_ptr<arrow::DataType>> StorageType(const std::shared_ptr<arrow::DataType>& type);
// Of all columns, without metadata; all nullable, since the rules of the table are checked before.
arrow::Result<std::shared_ptr<arrow::Schema>> StorageSchema(const arrow::Schema& schema);

// The values in their storage type.
arrow::Result<std::shared_ptr<arrow::Array>> ToStorage(const std::shared_ptr<arrow::Array>& values);
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToStorage(const arrow::RecordBatch& batch);

// `stored` as `type`. IndexError if the values of one array do not fit into the index of a dictionary or run type: take fewer
// rows.
arrow::Result<std::shared_ptr<arrow::Array>> FromStorage(const std::shared_ptr<arrow::Array>& stored,
                                                         const std::shared_ptr<arrow::DataType>& type);
// Usually one batch; more where FromStorage() asks for fewer rows.
arrow::Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> FromStorage(const std::shared_ptr<arrow::RecordBatch>& stored,
                                                                            const std::shared_ptr<arrow::Schema>& schema);

}  // namespace mutoscope::tables
