#include "native/engine_queries.h"

#include "base/tuid.h"

namespace mutoscope::native {
namespace {

// A reader that keeps the data directory open: users may drop the catalog before it.
class HostedReader final : public QueryReader {
 public:
  HostedReader(std::shared_ptr<EngineHost> host, std::shared_ptr<QueryReader> reader)
      : host_(std::move(host)), reader_(std::move(reader)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override { return reader_->ReadNext(batch); }
  arrow::Status Close() override { return reader_->Close(); }
  Statistics statistics() const override { return reader_->statistics(); }

 private:
  std::shared_ptr<EngineHost> host_;  // outlives the reader
  std::shared_ptr<QueryReader> reader_;
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::Schema>> EngineQueries::Schema(const std::string& dataset, const Request& request) const {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  ARROW_ASSIGN_OR_RAISE(const auto id, base::Tuid::Parse(dataset));
  return host_->engine().Schema(id, request);
}

arrow::Result<std::shared_ptr<QueryReader>> EngineQueries::Run(const std::string& dataset, const Request& request) const {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  ARROW_ASSIGN_OR_RAISE(const auto id, base::Tuid::Parse(dataset));
  ARROW_ASSIGN_OR_RAISE(auto reader, host_->engine().Run(id, request));
  return std::make_shared<HostedReader>(host_, std::move(reader));
}

arrow::Result<std::string> EngineQueries::Explain(const std::string& dataset, const Request& request, bool run) const {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  ARROW_ASSIGN_OR_RAISE(const auto id, base::Tuid::Parse(dataset));
  return host_->engine().Explain(id, request, run);
}

arrow::Result<std::shared_ptr<arrow::Array>> EngineQueries::Cell(const std::string& dataset, const CellRequest& request) const {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  ARROW_ASSIGN_OR_RAISE(const auto id, base::Tuid::Parse(dataset));
  return host_->engine().Cell(id, request);
}

}  // namespace mutoscope::native
