#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/target.h"
#include "storage/source_policy.h"

namespace mutoscope::cli {
namespace {

constexpr std::chrono::nanoseconds kRegistrationTimeout = std::chrono::hours(24);

struct RegisterOptions {
  Target target;
  std::string dataset;
  std::vector<std::string> paths;
  std::string layer;
  std::string on_duplicate = "error";
  bool json = false;
};

OnDuplicate OnDuplicateOf(const std::string& text) {
  return text == "skip" ? OnDuplicate::kSkip : text == "replace" ? OnDuplicate::kReplace : OnDuplicate::kError;
}

std::vector<Source> SourcesOf(const RegisterOptions& options) {
  std::vector<Source> sources;
  for (const auto& path : options.paths) {
    Source source;
    if (!options.layer.empty()) source.layer = options.layer;
    std::error_code error;
    source.prefix = std::filesystem::is_directory(path, error);
    source.url =
        path.find("://") != std::string::npos ? path : storage::FileUri(std::filesystem::absolute(path).lexically_normal());
    sources.push_back(std::move(source));
  }
  return sources;
}

const char* NameOf(TaskState::Status status) {
  if (status == TaskState::Status::kPending) return "pending";
  return status == TaskState::Status::kSuccess ? "success" : "failed";
}

arrow::Result<bool> Register(const RegisterOptions& options) {
  Target target = options.target;
  for (const auto& path : options.paths) {
    std::error_code error;
    if (std::filesystem::exists(path, error))
      target.allow_paths.push_back(path);  // with --data, the user at the shell is the operator
  }
  ARROW_ASSIGN_OR_RAISE(const auto catalog, target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*catalog, options.dataset));
  ARROW_ASSIGN_OR_RAISE(const auto registered, dataset->Register(SourcesOf(options), OnDuplicateOf(options.on_duplicate)));
  std::vector<std::string> tasks;
  for (const auto& row : registered) tasks.push_back(row.task_id);
  ARROW_ASSIGN_OR_RAISE(const auto states, catalog->WaitForTasks(tasks, kRegistrationTimeout));
  Json json = Json::array();
  std::vector<std::vector<std::string>> rows;
  size_t failed = 0;
  for (size_t i = 0; i < registered.size(); ++i) {
    const auto& row = registered[i];
    const auto& [id, state, message] = states[i];
    failed += state == TaskState::Status::kSuccess ? 0 : 1;
    json.push_back(
        {{"segment", row.segment_id}, {"layer", row.layer}, {"url", row.url}, {"status", NameOf(state)}, {"message", message}});
    rows.push_back({row.segment_id, row.layer, NameOf(state), message.empty() ? row.url : message});
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
  ARROW_ASSIGN_OR_RAISE(const auto catalog, options.target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*catalog, options.dataset));
  ARROW_ASSIGN_OR_RAISE(const auto dropped, dataset->Unregister(options.segments, options.layers));
  ARROW_ASSIGN_OR_RAISE(const auto left, TotalsOf(*dataset));
  if (options.json) {
    PrintJson({{"dropped", dropped.size()}, {"left", left.layers}});
  } else {
    fmt::print("unregistered {} layers from '{}', {} are left; the files were not touched\n", dropped.size(), options.dataset,
               left.layers);
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
