// The engine inside this program: registers recordings in a catalog directory, lists the values of an index, reads one cell.
// usage: embedded DIRECTORY INDEX COLUMN RECORDING…
// for example: embedded /tmp/catalog log_time /camera:EncodedImage:blob robot_000.rrd robot_001.rrd
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "arrow/api.h"
#include "mutoscope/catalog.h"
#include "mutoscope/error.h"

namespace {

using mutoscope::Catalog;
using mutoscope::Dataset;

struct Arguments {
  std::string directory, index, column;
  std::vector<std::string> recordings;
};

// The dataset of that name, made if there is none. Errors are arrow::Status; ErrorCodeOf says which kind.
arrow::Result<std::shared_ptr<Dataset>> GetOrCreate(Catalog& catalog, const std::string& name) {
  auto created = catalog.CreateDataset(name);
  if (mutoscope::ErrorCodeOf(created.status()) == mutoscope::ErrorCode::kAlreadyExists) return catalog.GetDataset(name);
  return created;
}

// Recordings stay where they are: registering makes an index of each, in the background. Those that are registered are skipped.
arrow::Status Register(Catalog& catalog, Dataset& dataset, const std::vector<std::string>& recordings) {
  std::vector<mutoscope::Source> sources;
  for (const auto& recording : recordings) sources.push_back({.url = recording});
  ARROW_ASSIGN_OR_RAISE(const auto registered, dataset.Register(sources, mutoscope::OnDuplicate::kSkip));

  std::vector<std::string> task_ids;
  for (const auto& layer : registered) task_ids.push_back(layer.task_id);
  ARROW_ASSIGN_OR_RAISE(const auto tasks, catalog.WaitForTasks(task_ids, std::chrono::minutes(1)));
  for (const auto& task : tasks) {
    using enum mutoscope::TaskState::Status;
    if (task.status == kFailed) return arrow::Status::Invalid("registration failed: ", task.message);
    if (task.status == kPending) return arrow::Status::IOError("registration has not ended after a minute");
  }
  return arrow::Status::OK();
}

// Reads the index only, batch by batch; its last value, if there is any.
arrow::Result<std::optional<int64_t>> PrintIndex(const Dataset& dataset, const std::string& index) {
  mutoscope::Request request;
  request.index = index;
  request.columns = {{index}};
  ARROW_ASSIGN_OR_RAISE(const auto reader, dataset.Query(request));

  int64_t rows = 0;
  std::optional<int64_t> last;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
    if (!batch) break;  // the end
    if (batch->num_rows() == 0) continue;
    rows += batch->num_rows();
    // Sequences are int64, times are timestamp[ns] or duration[ns]: 64 bits each.
    ARROW_ASSIGN_OR_RAISE(const auto values, batch->column(0)->View(arrow::int64()));
    last = static_cast<const arrow::Int64Array&>(*values).Value(batch->num_rows() - 1);
  }
  std::cout << rows << " rows of " << index << "\n";
  return last;
}

// The value of a component at or before a value of the index. Reads no more than the cell.
arrow::Status PrintCell(const Dataset& dataset, const Arguments& arguments, int64_t at) {
  mutoscope::CellRequest request;
  request.column = arguments.column;
  request.index = arguments.index;
  request.at = at;
  request.latest = true;
  ARROW_ASSIGN_OR_RAISE(const auto cell, dataset.Cell(request));
  std::cout << arguments.column << " at " << at << ": ";
  if (cell->IsNull(0)) {
    std::cout << "nothing\n";
  } else {  // a component is a list: one element, say, for the bytes of one image
    const auto values = static_cast<const arrow::ListArray&>(*cell).value_slice(0);
    std::cout << values->length() << " x " << values->type()->ToString() << "\n";
  }
  return arrow::Status::OK();
}

arrow::Status Run(const Arguments& arguments) {
  // Only recordings below the directory and the paths named here may be registered.
  ARROW_ASSIGN_OR_RAISE(const auto catalog,
                        Catalog::Open({.directory = arguments.directory, .allow_paths = arguments.recordings}));
  ARROW_ASSIGN_OR_RAISE(const auto dataset, GetOrCreate(*catalog, "example"));
  ARROW_RETURN_NOT_OK(Register(*catalog, *dataset, arguments.recordings));

  ARROW_ASSIGN_OR_RAISE(const auto schema, dataset->Schema());
  for (const auto& name : schema->field_names()) std::cout << "column " << name << "\n";

  ARROW_ASSIGN_OR_RAISE(const auto last, PrintIndex(*dataset, arguments.index));
  return last ? PrintCell(*dataset, arguments, *last) : arrow::Status::OK();
}

}  // namespace

int main(int count, char** values) {
  if (count < 5) {
    std::cerr << "usage: " << values[0] << " DIRECTORY INDEX COLUMN RECORDING…\n";
    return 2;
  }
  Arguments arguments{values[1], values[2], values[3], {}};
  for (int i = 4; i < count; ++i) arguments.recordings.push_back(std::filesystem::absolute(values[i]).string());
  const auto status = Run(arguments);
  if (!status.ok()) std::cerr << "embedded: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
