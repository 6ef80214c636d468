// The catalog a command works on: a running server by URL, or a data directory that no server has open.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/table.h"
#include "mutoscope/catalog.h"

namespace CLI {
class App;
}

namespace mutoscope::cli {

// --url and --data of every command that works on a catalog.
struct Target {
  std::string url;
  std::string data;
  // Data directory: what may be registered (the command names the paths itself).
  std::vector<std::string> allow_paths;

  void AddOptions(CLI::App& app);

  // UNAVAILABLE naming the URL if no server answers; FAILED_PRECONDITION if another process has the data directory open.
  arrow::Result<std::shared_ptr<Catalog>> Open() const;
};

// The dataset of that name, or with that id (32 hex digits), hidden or not. NOT_FOUND.
arrow::Result<std::shared_ptr<Dataset>> FindDataset(const Catalog& catalog, const std::string& name_or_id);

// What commands say of a dataset's size.
struct Totals {
  size_t segments = 0;
  int64_t layers = 0;
  uint64_t chunks = 0, bytes = 0;
};
arrow::Result<Totals> TotalsOf(const Dataset& dataset);

}  // namespace mutoscope::cli
