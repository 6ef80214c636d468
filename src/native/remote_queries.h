// Queries on a server, through mutoscope.v1.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "native/queries.h"
#include "native/transport.h"

namespace mutoscope::native {

class RemoteQueries final : public Queries {
 public:
  explicit RemoteQueries(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}
  arrow::Result<std::shared_ptr<arrow::Schema>> Schema(const std::string& dataset, const Request& request) const override;
  arrow::Result<std::shared_ptr<QueryReader>> Run(const std::string& dataset, const Request& request) const override;
  arrow::Result<std::string> Explain(const std::string& dataset, const Request& request, bool run) const override;
  arrow::Result<std::shared_ptr<arrow::Array>> Cell(const std::string& dataset, const CellRequest& request) const override;

 private:
  std::shared_ptr<Transport> transport_;
};

}  // namespace mutoscope::native
