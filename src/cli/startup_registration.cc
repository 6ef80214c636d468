#include "cli/startup_registration.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "base/status.h"
#include "cli/progress.h"

namespace mutoscope::cli {

StartupRegistration::StartupRegistration(catalog::Catalog& catalog, std::vector<NamedPath> datasets)
    : catalog_(catalog), datasets_(std::move(datasets)), text_("registering\n"), thread_([this] { Run(); }) {}

StartupRegistration::~StartupRegistration() {
  stop_ = true;
  thread_.join();
}

net::Readiness StartupRegistration::readiness() const {
  const std::lock_guard lock(mutex_);
  return {done_, done_ ? "ready\n" : text_};
}

void StartupRegistration::SetText(std::string text) {
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
}

void StartupRegistration::Run() {
  for (const auto& named : datasets_) {
    if (stop_) return;
    if (const auto status = RegisterOne(named); !status.ok()) {
      spdlog::error("dataset '{}': {} was not registered: {}", named.dataset, named.path, status.message());
    }
  }
  done_ = true;
}

arrow::Status StartupRegistration::RegisterOne(const NamedPath& named) {
  auto created = catalog_.CreateDataset(named.dataset);
  if (!created.ok() && base::CodeOf(created.status()) != base::Code::kAlreadyExists) return created.status();
  ARROW_ASSIGN_OR_RAISE(const auto id, catalog_.DatasetIdByName(named.dataset));

  std::error_code error;
  const bool directory = std::filesystem::is_directory(named.path, error);
  Progress progress("registering recordings of '" + named.dataset + "'");
  catalog::Catalog::RegisterOptions options;
  options.skip_known_paths = true;
  options.repeats_fail_alone = true;
  options.progress = [&](size_t done, size_t total) {
    SetText(fmt::format("registering '{}': {} of {} recordings\n", named.dataset, done, total));
    progress.Update(done, total);
  };
  ARROW_ASSIGN_OR_RAISE(const auto registered, catalog_.Register(id, {{named.path, "", directory}}, options));

  std::vector<std::string> tasks;
  for (const auto& row : registered) tasks.push_back(row.task_id);
  const auto states = catalog_.QueryTasks(tasks);
  size_t failed = 0;
  for (size_t i = 0; i < states.size(); ++i) {
    if (states[i].status == catalog::TaskState::Status::kFailed) ++failed;
    if (!states[i].message.empty())
      spdlog::warn("dataset '{}': {}: {}", named.dataset, registered[i].storage_url, states[i].message);
  }
  spdlog::info("dataset '{}': {} new recordings of {} registered, {} failed", named.dataset, registered.size() - failed,
               named.path, failed);
  return arrow::Status::OK();
}

}  // namespace mutoscope::cli
