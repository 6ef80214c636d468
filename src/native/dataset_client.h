// The public dataset as a redap client (native/catalog_client.h).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mutoscope/dataset.h"
#include "native/queries.h"
#include "native/transport.h"

namespace mutoscope::native {

class DatasetClient final : public Dataset {
 public:
  DatasetClient(std::shared_ptr<Transport> transport, std::shared_ptr<const Queries> queries, Entry entry)
      : transport_(std::move(transport)), queries_(std::move(queries)), entry_(std::move(entry)) {}

  const Entry& entry() const override { return entry_; }
  arrow::Result<DatasetDetails> Details() const override;
  arrow::Result<DatasetDetails> SetDetails(const DatasetDetails& details) override;
  arrow::Result<std::shared_ptr<arrow::Schema>> Schema() const override;
  arrow::Result<std::shared_ptr<arrow::Table>> SegmentTable(
      const std::optional<std::vector<std::string>>& columns) const override;
  arrow::Result<std::shared_ptr<arrow::Table>> Manifest() const override;
  arrow::Result<std::vector<Registered>> Register(const std::vector<Source>& sources, OnDuplicate on_duplicate) override;
  arrow::Result<std::vector<Registered>> Unregister(const std::vector<std::string>& segments,
                                                    const std::vector<std::string>& layers) override;

  // dataset_upkeep.cc
  arrow::Result<std::vector<std::string>> AssetsForSegment(const std::string& segment_id) const override;
  arrow::Result<std::vector<SegmentProperties>> GetSegmentProperties(const std::vector<std::string>& segment_ids) const override;
  arrow::Result<uint64_t> SetSegmentProperties(const std::string& segment_id, const arrow::RecordBatch& values,
                                               std::optional<uint64_t> expected_revision) override;
  arrow::Status DeleteSegmentProperties(const std::vector<std::string>& segment_ids) override;
  arrow::Result<std::string> DoMaintenance(const Maintenance& maintenance) override;

  arrow::Result<std::shared_ptr<arrow::Schema>> QuerySchema(const Request& request) const override {
    return queries_->Schema(entry_.id, request);
  }
  arrow::Result<std::shared_ptr<QueryReader>> Query(const Request& request) const override {
    return queries_->Run(entry_.id, request);
  }
  arrow::Result<std::string> Explain(const Request& request, bool run) const override {
    return queries_->Explain(entry_.id, request, run);
  }
  arrow::Result<std::shared_ptr<arrow::Array>> Cell(const CellRequest& request) const override {
    return queries_->Cell(entry_.id, request);
  }

 private:
  arrow::Result<std::vector<Registered>> LayersOf(const std::vector<std::string>& segments,
                                                  const std::vector<std::string>& layers) const;

  std::shared_ptr<Transport> transport_;
  std::shared_ptr<const Queries> queries_;
  Entry entry_;
};

}  // namespace mutoscope::native
