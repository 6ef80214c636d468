#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "chunk/descriptor.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/target.h"

namespace mutoscope::cli {
namespace {

struct Options {
  Target target;
  std::string name;
  bool json = false;
  bool hidden = false;
};

arrow::Status List(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto catalog, options.target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto entries, catalog->Entries(options.hidden));
  Json json = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : entries) {
    const bool hidden_dataset = entry.kind == EntryKind::kBlueprintDataset || entry.kind == EntryKind::kAssetDataset;
    if (entry.kind != EntryKind::kDataset && !hidden_dataset) continue;
    const auto created = FormatTime(entry.created_at_ns);
    json.push_back({{"name", entry.name}, {"id", entry.id}, {"created_at", created}});
    rows.push_back({entry.name, entry.id, created});
  }
  options.json ? PrintJson(json) : PrintTable({"NAME", "ID", "CREATED"}, rows);
  return arrow::Status::OK();
}

arrow::Status Create(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto catalog, options.target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto dataset, catalog->CreateDataset(options.name));
  const auto& entry = dataset->entry();
  if (options.json) {
    PrintJson({{"name", entry.name}, {"id", entry.id}});
  } else {
    fmt::print("created dataset '{}' {}\n", entry.name, entry.id);
  }
  return arrow::Status::OK();
}

arrow::Status Delete(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto catalog, options.target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*catalog, options.name));
  const auto& entry = dataset->entry();
  ARROW_RETURN_NOT_OK(catalog->DeleteEntry(entry.id));
  if (options.json) {
    PrintJson({{"deleted", entry.name}, {"id", entry.id}});
  } else {
    fmt::print("deleted dataset '{}'; its recordings were not touched\n", entry.name);
  }
  return arrow::Status::OK();
}

arrow::Status Show(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto catalog, options.target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*catalog, options.name));
  const auto& entry = dataset->entry();
  ARROW_ASSIGN_OR_RAISE(const auto totals, TotalsOf(*dataset));
  ARROW_ASSIGN_OR_RAISE(const auto schema, dataset->Schema());
  Json indexes = Json::array(), columns = Json::array();
  for (const auto& field : schema->fields()) {
    const bool is_index = !chunk::MetadataValue(*field, "rerun:index_name").empty();
    if (field->name() == chunk::kRowIdColumn) continue;
    (is_index ? indexes : columns).push_back({{"name", field->name()}, {"type", field->type()->ToString()}});
  }
  if (options.json) {
    PrintJson({{"name", entry.name},
               {"id", entry.id},
               {"segments", totals.segments},
               {"layers", totals.layers},
               {"chunks", totals.chunks},
               {"bytes", totals.bytes},
               {"indexes", indexes},
               {"columns", columns}});
    return arrow::Status::OK();
  }
  fmt::print("dataset   {}\nid        {}\nsegments  {}\nlayers    {}\nchunks    {}\nsize      {}\nindexes\n", entry.name,
             entry.id, totals.segments, totals.layers, totals.chunks, FormatBytes(totals.bytes));
  for (const auto& index : indexes) fmt::print("  {}  {}\n", index["name"].get<std::string>(), index["type"].get<std::string>());
  fmt::print("columns\n");
  for (const auto& column : columns)
    fmt::print("  {}  {}\n", column["name"].get<std::string>(), column["type"].get<std::string>());
  return arrow::Status::OK();
}

using Command = arrow::Status (*)(const Options&);

void Add(CLI::App& group, const char* name, const char* help, const char* footer, bool takes_name, Command command,
         int* exit_code) {
  auto options = std::make_shared<Options>();
  auto* app = group.add_subcommand(name, help);
  app->footer(footer);
  options->target.AddOptions(*app);
  if (takes_name) app->add_option("DATASET", options->name, "Name of the dataset")->required();
  app->add_flag("--json", options->json, "Print JSON");
  if (command == List) app->add_flag("--hidden", options->hidden, "Also the hidden blueprint and asset datasets");
  app->callback([options, command, exit_code] {
    const auto status = command(*options);
    *exit_code = status.ok() ? kExitOk : PrintError(status);
  });
}

}  // namespace

void AddDataset(CLI::App& app, int* exit_code) {
  auto* group = app.add_subcommand("dataset", "List, create, delete, show datasets");
  group->require_subcommand(1);
  group->footer("Example:\n  mutoscope dataset show robots --json");
  Add(*group, "list", "List datasets", "Example:\n  mutoscope dataset list --url rerun+http://127.0.0.1:51234", false, List,
      exit_code);
  Add(*group, "create", "Create an empty dataset", "Example:\n  mutoscope dataset create robots", true, Create, exit_code);
  Add(*group, "delete", "Delete a dataset; recordings stay where they are", "Example:\n  mutoscope dataset delete robots", true,
      Delete, exit_code);
  Add(*group, "show", "Sizes, indexes and columns of a dataset", "Example:\n  mutoscope dataset show robots", true, Show,
      exit_code);
}

}  // namespace mutoscope::cli
