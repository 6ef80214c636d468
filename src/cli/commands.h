// One function a command: declares its options on `app` and, when it is chosen, sets `*exit_code`.
#pragma once

namespace CLI {
class App;
}

namespace mutoscope::cli {

void AddServe(CLI::App& app, int* exit_code);
void AddDataset(CLI::App& app, int* exit_code);
void AddRegister(CLI::App& app, int* exit_code);
void AddUnregister(CLI::App& app, int* exit_code);
void AddQuery(CLI::App& app, int* exit_code);
void AddStatus(CLI::App& app, int* exit_code);
void AddRrd(CLI::App& app, int* exit_code);

}  // namespace mutoscope::cli
