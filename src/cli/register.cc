#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/status.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "redap/convert.h"
#include "storage/source_policy.h"

namespace mutoscope::cli {
namespace {

namespace common = rerun::common::v1alpha1;

struct RegisterOptions {
  Target target;
  std::string dataset;
  std::vector<std::string> paths;
  std::string layer;
  std::string on_duplicate = "error";
  bool json = false;
};

arrow::Result<cloud::RegisterWithDatasetRequest> MakeRequest(const RegisterOptions& options) {
  cloud::RegisterWithDatasetRequest request;
  request.set_on_duplicate(options.on_duplicate == "skip"      ? common::IF_DUPLICATE_BEHAVIOR_SKIP
                           : options.on_duplicate == "replace" ? common::IF_DUPLICATE_BEHAVIOR_OVERWRITE
                                                               : common::IF_DUPLICATE_BEHAVIOR_ERROR);
  for (const auto& path : options.paths) {
    auto* source = request.add_data_sources();
    source->set_typ(cloud::DATA_SOURCE_KIND_RRD);
    if (!options.layer.empty()) source->set_layer(options.layer);
    std::error_code error;
    source->set_prefix(std::filesystem::is_directory(path, error));
    source->set_storage_url(
        path.find("://") != std::string::npos ? path : storage::FileUri(std::filesystem::absolute(path).lexically_normal()));
  }
  return request;
}

arrow::Result<bool> Register(const RegisterOptions& options) {
  Target target = options.target;
  for (const auto& path : options.paths) {
    std::error_code error;
    if (std::filesystem::exists(path, error))
      target.allow_paths.push_back(path);  // with --data, the user at the shell is the operator
  }
  ARROW_ASSIGN_OR_RAISE(const auto connection, Connection::Open(target));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*connection, options.dataset));
  ARROW_ASSIGN_OR_RAISE(const auto request, MakeRequest(options));
  ARROW_ASSIGN_OR_RAISE(const auto registered, RegisterAndWait(*connection, dataset.details().id(), request));
  Json json = Json::array();
  std::vector<std::vector<std::string>> rows;
  size_t failed = 0;
  for (const auto& row : registered) {
    failed += row.status == "success" ? 0 : 1;
    json.push_back(
        {{"segment", row.segment_id}, {"layer", row.layer}, {"url", row.url}, {"status", row.status}, {"message", row.message}});
    rows.push_back({row.segment_id, row.layer, row.status, row.message.empty() ? row.url : row.message});
  }
  options.json ? PrintJson(json) : PrintTable({"SEGMENT", "LAYER", "STATUS", "SOURCE"}, rows);
  if (failed > 0) fmt::print(stderr, "mutoscope: {} of {} recordings were not registered\n", failed, registered.size());
  return failed == 0;
}

struct UnregisterOptions {
  Target target;
  std::string dataset;
  std::vector<std::string> segments, layers;
  bool json = false;
};

arrow::Status Unregister(const UnregisterOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const auto connection, Connection::Open(options.target));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*connection, options.dataset));
  const auto& id = dataset.details().id();
  ARROW_ASSIGN_OR_RAISE(const auto before, DatasetManifest(*connection, id));
  cloud::UnregisterFromDatasetRequest request;
  for (const auto& segment : options.segments) request.add_segments_to_drop()->set_id(segment);
  for (const auto& layer : options.layers) request.add_layers_to_drop(layer);
  const auto context = ContextFor(id);
  const auto reader = connection->stub().UnregisterFromDataset(context.get(), request);
  cloud::UnregisterFromDatasetResponse response;
  while (reader->Read(&response)) continue;
  ARROW_RETURN_NOT_OK(FromGrpc(reader->Finish()));
  ARROW_ASSIGN_OR_RAISE(const auto after, DatasetManifest(*connection, id));
  const int64_t dropped = std::max<int64_t>(0, before->num_rows() - after->num_rows());
  if (options.json) {
    PrintJson({{"dropped", dropped}, {"left", after->num_rows()}});
  } else {
    fmt::print("unregistered {} layers from '{}', {} are left; the files were not touched\n", dropped, options.dataset,
               after->num_rows());
  }
  return arrow::Status::OK();
}

}  // namespace

void AddRegister(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<RegisterOptions>();
  auto* command = app.add_subcommand("register", "Register recordings with a dataset");
  command->footer(
      "A directory stands for all .rrd files in it. Exits with 1 if any recording was not registered.\n\n"
      "Examples:\n  mutoscope register robots /data/robots /data/extra.rrd\n  mutoscope register robots labels.rrd --layer "
      "labels --on-duplicate replace");
  options->target.AddOptions(*command);
  command->add_option("DATASET", options->dataset, "Name of the dataset")->required();
  command->add_option("PATH", options->paths, "Recordings, or directories of recordings, as the server sees them")->required();
  command->add_option("--layer", options->layer, "Layer name (default base)");
  command->add_option("--on-duplicate", options->on_duplicate, "If a segment has that layer already")
      ->check(CLI::IsMember({"error", "skip", "replace"}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, exit_code] {
    const auto all_registered = Register(*options);
    *exit_code = !all_registered.ok() ? PrintError(all_registered.status()) : *all_registered ? kExitOk : kExitFailed;
  });
}

void AddUnregister(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<UnregisterOptions>();
  auto* command = app.add_subcommand("unregister", "Drop segments or layers from a dataset; files are not touched");
  command->footer(
      "With segments and layers: those layers of those segments. One of the two is needed.\n\n"
      "Example:\n  mutoscope unregister robots --segment run_17");
  options->target.AddOptions(*command);
  command->add_option("DATASET", options->dataset, "Name of the dataset")->required();
  command->add_option("--segment", options->segments, "Segment id (repeatable)");
  command->add_option("--layer", options->layers, "Layer name (repeatable)");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, exit_code] {
    const auto status = Unregister(*options);
    *exit_code = status.ok() ? kExitOk : PrintError(status);
  });
}

}  // namespace mutoscope::cli
