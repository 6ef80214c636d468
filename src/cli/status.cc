#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/target.h"

namespace mutoscope::cli {
namespace {

struct Options {
  Target target;
  bool json = false;
};

arrow::Status Status(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto catalog, options.target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto version, catalog->Version());
  ARROW_ASSIGN_OR_RAISE(const auto entries, catalog->Entries());
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : entries) {
    if (entry.kind != EntryKind::kDataset) continue;
    ARROW_ASSIGN_OR_RAISE(const auto dataset, catalog->GetDatasetById(entry.id));
    ARROW_ASSIGN_OR_RAISE(const auto totals, TotalsOf(*dataset));
    list.push_back({{"name", entry.name},
                    {"segments", totals.segments},
                    {"layers", totals.layers},
                    {"chunks", totals.chunks},
                    {"bytes", totals.bytes}});
    rows.push_back({entry.name, std::to_string(totals.segments), std::to_string(totals.layers), std::to_string(totals.chunks),
                    FormatBytes(totals.bytes)});
  }
  if (options.json) {
    PrintJson({{"version", version.version}, {"datasets", list}});
  } else {
    fmt::print("{}, {} datasets\n", version.version, rows.size());
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
