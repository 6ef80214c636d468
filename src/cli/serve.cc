#include <pthread.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/status.h"
#include "catalog/catalog.h"
#include "cli/commands.h"
#include "cli/log.h"
#include "cli/output.h"
#include "cli/startup_registration.h"
#include "net/server.h"
#include "redap/service.h"

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
  uint64_t piece_bytes_min = query::FindOptions{}.piece_bytes_min;
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

std::string CatalogMetrics(const catalog::CatalogStats& stats) {
  std::string text;
  const auto add = [&](const char* name, const char* type, const char* help, uint64_t value) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
  };
  const auto gauge = [&](const char* name, const char* help, uint64_t value) { add(name, "gauge", help, value); };
  const auto counter = [&](const char* name, const char* help, uint64_t value) { add(name, "counter", help, value); };
  gauge("mutoscope_datasets", "Datasets in the catalog.", stats.datasets);
  gauge("mutoscope_layers", "Registered layers.", stats.layers);
  gauge("mutoscope_chunks", "Chunks of the datasets that are loaded.", stats.chunks);
  gauge("mutoscope_tasks_pending", "Registrations under way.", stats.tasks_pending);
  gauge("mutoscope_layers_without_rows_index", "Layers whose rows are not indexed yet.", stats.layers_without_rows);
  gauge("mutoscope_index_resident_bytes", "Memory of the loaded dataset indexes.", stats.index_bytes_resident);
  gauge("mutoscope_recordings_open", "Recording files kept open.", stats.files.open_files);
  counter("mutoscope_recordings_cache_hits_total", "Times that a needed recording file was open.", stats.files.hits);
  counter("mutoscope_recordings_cache_misses_total", "Times that a needed recording file had to be opened.", stats.files.misses);
  return text;
}

arrow::Status Serve(const Options& options) {
  SetUpLog(options.log_format == "json" ? LogFormat::kJson : LogFormat::kText, options.log_level);
  ARROW_ASSIGN_OR_RAISE(const auto endpoint, ParseListen(options.listen));
  ARROW_ASSIGN_OR_RAISE(const auto datasets, ParseDatasets(options.datasets));
  const sigset_t signals = SetUpSignals();

  catalog::CatalogOptions catalog_options{options.data, options.allow_paths, 0, true};
  for (const auto& named : datasets) catalog_options.allow_paths.push_back(named.path);
  ARROW_ASSIGN_OR_RAISE(const auto catalog, catalog::Catalog::Open(catalog_options));
  const auto service = redap::MakeService({*catalog, MUTOSCOPE_VERSION, {options.piece_bytes_min}});

  StartupRegistration registration(*catalog, datasets);
  net::ServerOptions server_options;
  server_options.host = endpoint.host;
  server_options.port = endpoint.port;
  server_options.cors_allow_origins = options.cors_allow_origins;
  server_options.server_version = "mutoscope/" MUTOSCOPE_VERSION;
  server_options.version_text = "mutoscope " MUTOSCOPE_VERSION "\n";
  server_options.readiness = [&] { return registration.readiness(); };
  server_options.extra_metrics = [&] { return CatalogMetrics(catalog->Stats()); };
  server_options.services = {service.get()};
  ARROW_ASSIGN_OR_RAISE(const auto server, net::Server::Start(std::move(server_options)));

  const bool v6 = endpoint.host.find(':') != std::string::npos;
  std::cout << fmt::format("mutoscope ready on rerun+http://{}{}{}:{}", v6 ? "[" : "", endpoint.host, v6 ? "]" : "",
                           server->port())
            << std::endl;

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
  command->add_option("--cors-allow-origin", options->cors_allow_origins,
                      "Browser origins besides localhost and rerun.io, with * (repeatable)");
  command->add_option("--log-format", options->log_format, "Logs on stderr")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_option("--log-level", options->log_level, "Least severe log level")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  command->add_option("--piece-bytes-min", options->piece_bytes_min, "Chunks from this size on may be delivered in part")
      ->capture_default_str();
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
