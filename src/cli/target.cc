#include "cli/target.h"

#include <CLI/CLI.hpp>
#include <set>

#include "base/status.h"
#include "mutoscope/client.h"
#include "native/engine_host.h"
#include "native/redap_calls.h"

namespace mutoscope::cli {
namespace {

constexpr const char* kDefaultUrl = "rerun+http://127.0.0.1:51234";

}  // namespace

void Target::AddOptions(CLI::App& app) {
  auto* url_option =
      app.add_option("--url", url, "Running server, rerun+http://HOST:PORT (default " + std::string(kDefaultUrl) + ")");
  app.add_option("--data", data, "Data directory that no server has open")->excludes(url_option);
}

arrow::Result<std::shared_ptr<Catalog>> Target::Open() const {
  if (data.empty()) {
    auto catalog = Client::Connect(url.empty() ? kDefaultUrl : url);
    if (!catalog.ok() && base::CodeOf(catalog.status()) == base::Code::kUnavailable) {
      return base::Unavailable("{}, or name a data directory by --data", catalog.status().message());
    }
    return catalog;
  }
  native::HostOptions options;
  options.catalog.data_directory = data;
  options.catalog.allow_paths = allow_paths;
  options.catalog.index_rows = false;  // a short command does not begin what a server or a long program finishes
  ARROW_ASSIGN_OR_RAISE(auto host, native::EngineHost::Open(options));
  return native::EmbeddedCatalog(std::move(host));
}

arrow::Result<std::shared_ptr<Dataset>> FindDataset(const Catalog& catalog, const std::string& name_or_id) {
  ARROW_ASSIGN_OR_RAISE(const auto entries, catalog.Entries(/*include_hidden=*/true));
  for (const auto& entry : entries) {
    if (entry.name == name_or_id || entry.id == name_or_id) return catalog.GetDatasetById(entry.id);
  }
  return base::NotFound("dataset '{}' does not exist; `mutoscope dataset list` shows those that do", name_or_id);
}

arrow::Result<Totals> TotalsOf(const Dataset& dataset) {
  ARROW_ASSIGN_OR_RAISE(const auto manifest, dataset.Manifest());
  Totals totals;
  totals.layers = manifest->num_rows();
  std::set<std::string> segments;
  for (int64_t row = 0; row < manifest->num_rows(); ++row) {
    segments.insert(native::CellText(*manifest, "rerun_segment_id", row));
    totals.chunks += native::CellNumber(*manifest, "rerun_num_chunks", row);
    totals.bytes += native::CellNumber(*manifest, "rerun_size_bytes", row);
  }
  totals.segments = segments.size();
  return totals;
}

}  // namespace mutoscope::cli
