// The native engine: whole queries run where the data is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "arrow/result.h"
#include "catalog/catalog.h"
#include "mutoscope/query.h"

namespace mutoscope::query {

struct EngineOptions {
  int threads = 0;                                        // 0 = number of cores
  uint64_t query_memory_bytes_max = uint64_t{256} << 20;  // of one query, beside its answer
  uint64_t cache_bytes_max = uint64_t{256} << 20;         // kept between queries
};

// Thread-safe. `catalog` outlives the engine; readers keep what they need of the engine alive, but not the catalog.
class Engine {
 public:
  Engine(const catalog::Catalog& catalog, const EngineOptions& options);
  ~Engine();

  arrow::Result<std::shared_ptr<arrow::Schema>> Schema(const catalog::EntryId& dataset, const Request& request) const;
  arrow::Result<std::shared_ptr<QueryReader>> Run(const catalog::EntryId& dataset, const Request& request) const;
  arrow::Result<std::string> Explain(const catalog::EntryId& dataset, const Request& request, bool run) const;
  arrow::Result<std::shared_ptr<arrow::Array>> Cell(const catalog::EntryId& dataset, const CellRequest& request) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace mutoscope::query
