#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <set>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace mutoscope::cli {
namespace {

struct Options {
  Target target;
  bool json = false;
};

arrow::Status Status(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, Connection::Open(options.target));
  cloud::VersionResponse version;
  grpc::ClientContext context;
  ARROW_RETURN_NOT_OK(FromGrpc(connection->stub().Version(&context, {}, &version)));
  ARROW_ASSIGN_OR_RAISE(const auto datasets, ListDatasets(*connection, false));
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& dataset : datasets) {
    ARROW_ASSIGN_OR_RAISE(const auto manifest, DatasetManifest(*connection, dataset.id()));
    std::set<std::string> segments;
    uint64_t chunks = 0, bytes = 0;
    for (int64_t row = 0; row < manifest->num_rows(); ++row) {
      segments.insert(CellText(*manifest, "rerun_segment_id", row));
      chunks += CellNumber(*manifest, "rerun_num_chunks", row);
      bytes += CellNumber(*manifest, "rerun_size_bytes", row);
    }
    list.push_back({{"name", dataset.name()},
                    {"segments", segments.size()},
                    {"layers", manifest->num_rows()},
                    {"chunks", chunks},
                    {"bytes", bytes}});
    rows.push_back({dataset.name(), std::to_string(segments.size()), std::to_string(manifest->num_rows()), std::to_string(chunks),
                    FormatBytes(bytes)});
  }
  if (options.json) {
    PrintJson({{"version", version.version()}, {"datasets", list}});
  } else {
    fmt::print("{}, {} datasets\n", version.version(), datasets.size());
    if (!rows.empty()) PrintTable({"DATASET", "SEGMENTS", "LAYERS", "CHUNKS", "SIZE"}, rows);
  }
  return arrow::Status::OK();
}

}  // namespace

void AddStatus(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("status", "Version and contents of a server or a data directory");
  command->footer("Examples:\n  mutoscope status\n  mutoscope status --data ./mutoscope-data --json");
  options->target.AddOptions(*command);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, exit_code] {
    const auto status = Status(*options);
    *exit_code = status.ok() ? kExitOk : PrintError(status);
  });
}

}  // namespace mutoscope::cli
