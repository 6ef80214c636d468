#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/output.h"

int main(int argc, char** argv) {
  CLI::App app("mutoscope: any frame of any recording, now. A catalog and query server for Rerun recordings.", "mutoscope");
  app.set_version_flag("--version", "mutoscope " MUTOSCOPE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  mutoscope serve --dataset robots=/data/robots      serve a directory of recordings\n"
      "  mutoscope register robots /data/new.rrd            add a recording to a running server\n"
      "  mutoscope query robots --index log_time --limit 5  print rows\n"
      "  mutoscope rrd info run.rrd                         what is in a recording");
  int exit_code = mutoscope::cli::kExitOk;
  mutoscope::cli::AddServe(app, &exit_code);
  mutoscope::cli::AddDataset(app, &exit_code);
  mutoscope::cli::AddRegister(app, &exit_code);
  mutoscope::cli::AddUnregister(app, &exit_code);
  mutoscope::cli::AddQuery(app, &exit_code);
  mutoscope::cli::AddStatus(app, &exit_code);
  mutoscope::cli::AddRrd(app, &exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? mutoscope::cli::kExitOk : mutoscope::cli::kExitUsage;
  }
  return exit_code;
}
