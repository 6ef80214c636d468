// Queries in this process.
#pragma once

#include <memory>
#include <utility>

#include "native/engine_host.h"
#include "native/queries.h"

namespace mutoscope::native {

class EngineQueries final : public Queries {
 public:
  explicit EngineQueries(std::shared_ptr<EngineHost> host) : host_(std::move(host)) {}
  arrow::Result<std::shared_ptr<arrow::Schema>> Schema(const std::string& dataset, const Request& request) const override;
  arrow::Result<std::shared_ptr<QueryReader>> Run(const std::string& dataset, const Request& request) const override;
  arrow::Result<std::string> Explain(const std::string& dataset, const Request& request, bool run) const override;
  arrow::Result<std::shared_ptr<arrow::Array>> Cell(const std::string& dataset, const CellRequest& request) const override;

 private:
  std::shared_ptr<EngineHost> host_;
};

}  // namespace mutoscope::native
