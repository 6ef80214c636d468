// Where queries are answered: by the engine of this process, or by a server.
#pragma once

#include <memory>
#include <string>

#include "arrow/result.h"
#include "mutoscope/query.h"

namespace mutoscope::native {

// As the functions of mutoscope::Dataset; `dataset` is an entry id of 32 hex digits. Thread-safe.
class Queries {
 public:
  virtual ~Queries() = default;
  virtual arrow::Result<std::shared_ptr<arrow::Schema>> Schema(const std::string& dataset, const Request& request) const = 0;
  virtual arrow::Result<std::shared_ptr<QueryReader>> Run(const std::string& dataset, const Request& request) const = 0;
  virtual arrow::Result<std::string> Explain(const std::string& dataset, const Request& request, bool run) const = 0;
  virtual arrow::Result<std::shared_ptr<arrow::Array>> Cell(const std::string& dataset, const CellRequest& request) const = 0;
};

}  // namespace mutoscope::native
