#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <set>

#include "base/status.h"
#include "chunk/descriptor.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace mutoscope::cli {
namespace {

struct Options {
  Target target;
  std::string name;
  bool json = false;
  bool hidden = false;
};

int64_t Nanoseconds(const google::protobuf::Timestamp& time) { return time.seconds() * 1'000'000'000 + time.nanos(); }

arrow::Status List(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, Connection::Open(options.target));
  ARROW_ASSIGN_OR_RAISE(const auto datasets, ListDatasets(*connection, options.hidden));
  Json json = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& dataset : datasets) {
    const auto created = FormatTime(Nanoseconds(dataset.created_at()));
    json.push_back({{"name", dataset.name()}, {"id", IdText(dataset.id())}, {"created_at", created}});
    rows.push_back({dataset.name(), IdText(dataset.id()), created});
  }
  options.json ? PrintJson(json) : PrintTable({"NAME", "ID", "CREATED"}, rows);
  return arrow::Status::OK();
}

arrow::Status Create(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, Connection::Open(options.target));
  cloud::CreateDatasetEntryRequest request;
  request.set_name(options.name);
  cloud::CreateDatasetEntryResponse response;
  grpc::ClientContext context;
  ARROW_RETURN_NOT_OK(FromGrpc(connection->stub().CreateDatasetEntry(&context, request, &response)));
  const auto& details = response.dataset().details();
  if (options.json) {
    PrintJson({{"name", details.name()}, {"id", IdText(details.id())}});
  } else {
    fmt::print("created dataset '{}' {}\n", details.name(), IdText(details.id()));
  }
  return arrow::Status::OK();
}

arrow::Status Delete(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, Connection::Open(options.target));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*connection, options.name));
  cloud::DeleteEntryRequest request;
  *request.mutable_id() = dataset.details().id();
  cloud::DeleteEntryResponse response;
  const auto context = ContextFor(dataset.details().id());
  ARROW_RETURN_NOT_OK(FromGrpc(connection->stub().DeleteEntry(context.get(), request, &response)));
  if (options.json) {
    PrintJson({{"deleted", dataset.details().name()}, {"id", IdText(dataset.details().id())}});
  } else {
    fmt::print("deleted dataset '{}'; its recordings were not touched\n", dataset.details().name());
  }
  return arrow::Status::OK();
}

arrow::Status Show(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, Connection::Open(options.target));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*connection, options.name));
  const auto& id = dataset.details().id();
  ARROW_ASSIGN_OR_RAISE(const auto manifest, DatasetManifest(*connection, id));
  ARROW_ASSIGN_OR_RAISE(const auto schema, DatasetSchema(*connection, id));
  std::set<std::string> segments;
  uint64_t chunks = 0, bytes = 0;
  for (int64_t row = 0; row < manifest->num_rows(); ++row) {
    segments.insert(CellText(*manifest, "rerun_segment_id", row));
    chunks += CellNumber(*manifest, "rerun_num_chunks", row);
    bytes += CellNumber(*manifest, "rerun_size_bytes", row);
  }
  Json indexes = Json::array(), columns = Json::array();
  for (const auto& field : schema->fields()) {
    const bool is_index = !chunk::MetadataValue(*field, "rerun:index_name").empty();
    if (field->name() == chunk::kRowIdColumn) continue;
    (is_index ? indexes : columns).push_back({{"name", field->name()}, {"type", field->type()->ToString()}});
  }
  if (options.json) {
    PrintJson({{"name", dataset.details().name()},
               {"id", IdText(id)},
               {"segments", segments.size()},
               {"layers", manifest->num_rows()},
               {"chunks", chunks},
               {"bytes", bytes},
               {"indexes", indexes},
               {"columns", columns}});
    return arrow::Status::OK();
  }
  fmt::print("dataset   {}\nid        {}\nsegments  {}\nlayers    {}\nchunks    {}\nsize      {}\nindexes\n",
             dataset.details().name(), IdText(id), segments.size(), manifest->num_rows(), chunks, FormatBytes(bytes));
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
