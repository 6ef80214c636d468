#include <pthread.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/startup_registration.h"
#include "native/engine_host.h"
#include "native/running_server.h"
#include "native/url.h"

namespace mutoscope::cli {
namespace {

struct Options {
  std::string data = "mutoscope-data";
  std::string listen = "127.0.0.1:51234";
  std::vector<std::string> datasets;  // NAME=PATH
  std::vector<std::string> allow_paths;
  std::vector<std::string> cors_allow_origins;
  std::string log_format = "text";
  std::string log_level = "info";
  std::string config;
  std::string record_to;
  std::string viewer;  // empty = DATA/viewer
  uint64_t query_memory_bytes = query::EngineOptions{}.query_memory_bytes_max;
  uint64_t cache_memory_bytes = query::EngineOptions{}.cache_bytes_max;
  double register_wait_s = 2.0;
  uint64_t piece_bytes_min = query::FindOptions{}.piece_bytes_min;
  uint64_t upload_quota_bytes = catalog::CatalogOptions{}.upload_quota_bytes_max;
};

struct Endpoint {
  std::string host;
  uint16_t port = 0;
};

arrow::Result<Endpoint> ParseListen(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto error = base::InvalidArgument("--listen '{}': expected HOST:PORT, for example 127.0.0.1:51234 or [::1]:0", text);
  if (colon == std::string::npos || colon + 1 == text.size()) return error;
  Endpoint endpoint;
  endpoint.host = text.substr(0, colon);
  if (endpoint.host.size() > 2 && endpoint.host.front() == '[' && endpoint.host.back() == ']') {
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  }
  if (endpoint.host == "localhost") endpoint.host = "127.0.0.1";
  const auto [end, ec] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), endpoint.port);
  if (ec != std::errc() || end != text.data() + text.size()) return error;
  return endpoint;
}

arrow::Result<std::vector<NamedPath>> ParseDatasets(const std::vector<std::string>& texts) {
  std::vector<NamedPath> datasets;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
      return base::InvalidArgument("--dataset '{}': expected NAME=PATH", text);
    }
    NamedPath named{text.substr(0, equals), text.substr(equals + 1)};
    std::error_code error;
    if (!std::filesystem::exists(named.path, error)) {
      return base::NotFound("--dataset '{}': there is no file or directory '{}'", text, named.path);
    }
    datasets.push_back(std::move(named));
  }
  return datasets;
}

arrow::Status CheckViewer(const std::string& directory) {
  std::error_code error;
  if (directory.empty() || std::filesystem::exists(directory + "/index.html", error)) return arrow::Status::OK();
  return base::NotFound("--viewer '{0}': there is no '{0}/index.html'; `python -m mutoscope.viewer {0}` puts the viewer there",
                        directory);
}

// SIGTERM and SIGINT wait for sigwait in every thread started from here on; those that tell of failed writes are ignored.
sigset_t SetUpSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error to report, not an end
  return signals;
}

// Sets the options that the file names and the command line does not. CLI11 reads files for the top-level command only.
// Throws CLI::ParseError for a key that is no option, a bad value, or a file that cannot be read; main() prints it.
void ApplyConfig(const std::string& path, CLI::App& command) {
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_file(path)) {
    auto* option = item.parents.empty() && item.name != "config" ? command.get_option_no_throw("--" + item.name) : nullptr;
    if (option == nullptr)
      throw CLI::ConfigError(fmt::format("{}: '{}' is no option of `mutoscope serve`", path, item.fullname()));
    if (option->count() > 0) continue;
    for (const auto& value : item.inputs) option->add_result(value);
    option->run_callback();
  }
}

arrow::Status Serve(const Options& options) {
  SetUpLog(options.log_format == "json" ? LogFormat::kJson : LogFormat::kText, options.log_level);
  ARROW_ASSIGN_OR_RAISE(const auto endpoint, ParseListen(options.listen));
  ARROW_ASSIGN_OR_RAISE(const auto datasets, ParseDatasets(options.datasets));
  ARROW_RETURN_NOT_OK(CheckViewer(options.viewer));
  const sigset_t signals = SetUpSignals();

  native::HostOptions host_options;
  host_options.catalog = {options.data, options.allow_paths, 0, true};
  for (const auto& named : datasets) host_options.catalog.allow_paths.push_back(named.path);
  host_options.catalog.upload_quota_bytes_max = options.upload_quota_bytes;
  host_options.engine.query_memory_bytes_max = options.query_memory_bytes;
  host_options.engine.cache_bytes_max = options.cache_memory_bytes;
  host_options.find.piece_bytes_min = options.piece_bytes_min;
  host_options.register_wait = std::chrono::nanoseconds(static_cast<int64_t>(options.register_wait_s * 1e9));
  host_options.log = [](const std::string& line) { spdlog::info(line); };
  host_options.record_to = options.record_to;
  ARROW_ASSIGN_OR_RAISE(const auto host, native::EngineHost::Open(host_options));

  StartupRegistration registration(host->catalog(), datasets);
  net::ServerOptions server_options;
  server_options.host = endpoint.host;
  server_options.port = endpoint.port;
  server_options.cors_allow_origins = options.cors_allow_origins;
  server_options.readiness = [&] { return registration.readiness(); };
  ARROW_ASSIGN_OR_RAISE(const auto server, native::RunningServer::Start(host, std::move(server_options), options.viewer));
  std::cout << "mutoscope ready on " << native::UrlOf(endpoint.host, server->port()) << std::endl;

  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("{}: stopping, running calls get 10 s; a second signal stops at once", strsignal(signal));
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  server->Stop();
  return arrow::Status::OK();
}

}  // namespace

void AddServe(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("serve", "Serve recordings to Rerun SDKs, the Rerun viewer and this program");
  command->footer(
      "Prints `mutoscope ready on rerun+http://HOST:PORT` once it accepts connections. Registrations go on behind it; "
      "GET /readyz answers 503\n"
      "until they are finished. Clients may only name files under --data, a --dataset or an --allow-path.\n\n"
      "Examples:\n"
      "  mutoscope serve --dataset robots=/data/robots\n"
      "  mutoscope serve --data /var/lib/mutoscope --listen 0.0.0.0:51234 --allow-path /data\n"
      "  mutoscope serve --config /etc/mutoscope.toml");
  command->add_option("--data", options->data, "Data directory: catalog and indexes")->capture_default_str();
  command->add_option("--listen", options->listen, "HOST:PORT; port 0 takes a free one")->capture_default_str();
  command->add_option("--dataset", options->datasets, "NAME=PATH: a directory (all .rrd in it) or a file (repeatable)");
  command->add_option("--allow-path", options->allow_paths, "Directory or file that clients may register (repeatable)");
  command->add_option("--record-to", options->record_to,
                      "Dataset that live streams (rr.connect_grpc) are recorded into; made if missing");
  command->add_option("--cors-allow-origin", options->cors_allow_origins,
                      "Browser origins besides localhost and rerun.io, with * (repeatable)");
  command->add_option("--log-format", options->log_format, "Logs on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_option("--log-level", options->log_level, "Least severe log level")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  command->add_option("--query-memory", options->query_memory_bytes, "Memory of one query beside its answer, e.g. 256MB")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command
      ->add_option("--cache-memory", options->cache_memory_bytes,
                   "Memory for decoded data that is kept between queries, e.g. 1GB")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command
      ->add_option("--register-wait", options->register_wait_s,
                   "Seconds that a registration waits for its recordings to be visible before it answers with pending tasks")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command->add_option("--piece-bytes-min", options->piece_bytes_min, "Chunks from this size on may be delivered in part")
      ->capture_default_str();
  command->add_option("--upload-quota", options->upload_quota_bytes, "Disk for unfinished uploads of clients, e.g. 200GB")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command->add_option("--viewer", options->viewer,
                      "Directory with the files of the web viewer, served at /viewer (default: DATA/viewer)");
  command->add_option("--config", options->config, "TOML file with these options, without the dashes; the command line wins");
  command->callback([options, command, exit_code] {
    if (!options->config.empty()) ApplyConfig(options->config, *command);
    const auto status = Serve(*options);
    if (status.ok()) return;
    *exit_code = PrintError(status);
    if (base::CodeOf(status) == base::Code::kInvalidArgument || base::CodeOf(status) == base::Code::kNotFound)
      *exit_code = kExitUsage;
  });
}

}  // namespace mutoscope::cli
