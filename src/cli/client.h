// The calls that commands make, as values.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/table.h"
#include "catalog/entry.h"
#include "cli/connection.h"

namespace mutoscope::cli {

namespace cloud = rerun::cloud::v1alpha1;

// The dataset of that name (NOT_FOUND), or with that id (32 hex digits).
arrow::Result<cloud::DatasetEntry> FindDataset(Connection& connection, const std::string& name_or_id);
arrow::Result<std::vector<cloud::EntryDetails>> ListDatasets(Connection& connection, bool hidden);

// A context whose header names the entry.
std::unique_ptr<grpc::ClientContext> ContextFor(const rerun::common::v1alpha1::EntryId& entry);

arrow::Result<std::shared_ptr<arrow::Table>> DatasetManifest(Connection& connection,
                                                             const rerun::common::v1alpha1::EntryId& dataset);
arrow::Result<std::shared_ptr<arrow::Schema>> DatasetSchema(Connection& connection,
                                                            const rerun::common::v1alpha1::EntryId& dataset);

// What registration is reported to users as: one entry a row of the answer.
struct Registered {
  std::string segment_id, layer, url, status, message;
};
arrow::Result<std::vector<Registered>> RegisterAndWait(Connection& connection, const rerun::common::v1alpha1::EntryId& dataset,
                                                       const cloud::RegisterWithDatasetRequest& request);

std::string IdText(const rerun::common::v1alpha1::EntryId& id);
// Text of a string column's cell, empty for null.
std::string CellText(const arrow::Table& table, const std::string& column, int64_t row);
uint64_t CellNumber(const arrow::Table& table, const std::string& column, int64_t row);

}  // namespace mutoscope::cli
