// A server's datasets: lists them, then reads the rows of one from a value of an index on, in two ways.
// usage: remote URL DATASET INDEX FROM
// for example: remote rerun+http://127.0.0.1:51234 robots log_time "2026-01-01 12:00:05"
#include <iostream>
#include <string>

#include "arrow/api.h"
#include "arrow/dataset/scanner.h"
#include "mutoscope/client.h"

namespace {

namespace compute = arrow::compute;
using mutoscope::Dataset;

struct Arguments {
  std::string url, dataset, index, from;
};

// INDEX >= FROM. The text becomes a value of the index's type: a number, or a date and time.
arrow::Result<compute::Expression> FilterOf(const Dataset& dataset, const Arguments& arguments) {
  ARROW_ASSIGN_OR_RAISE(const auto schema, dataset.Schema());
  const auto field = schema->GetFieldByName(arguments.index);
  if (!field) return arrow::Status::KeyError("dataset '", arguments.dataset, "' has no index '", arguments.index, "'");
  ARROW_ASSIGN_OR_RAISE(const auto from, arrow::Scalar::Parse(field->type(), arguments.from));
  return compute::greater_equal(compute::field_ref(arguments.index), compute::literal(from));
}

// A query is a value; the server runs all of it and sends the rows that are left.
arrow::Status PrintTable(const Dataset& dataset, const mutoscope::Request& request) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, dataset.Query(request));
  ARROW_ASSIGN_OR_RAISE(const auto table, reader->ToTable());
  std::cout << "query: " << table->num_rows() << " rows\n";
  for (const auto& name : table->ColumnNames()) std::cout << name << " " << table->GetColumnByName(name)->ToString() << "\n";
  return arrow::Status::OK();
}

// An arrow::dataset::Dataset fits whatever scans those; the filter and the columns of a scan reach the server too.
arrow::Status PrintScan(const std::shared_ptr<const Dataset>& dataset, const Arguments& arguments,
                        const compute::Expression& filter) {
  mutoscope::Request request;
  request.index = arguments.index;
  ARROW_ASSIGN_OR_RAISE(const auto rows, mutoscope::ToArrowDataset(dataset, request));
  ARROW_ASSIGN_OR_RAISE(const auto scan, rows->NewScan());
  ARROW_RETURN_NOT_OK(scan->Filter(filter));
  ARROW_RETURN_NOT_OK(scan->Project({arguments.index}));
  ARROW_ASSIGN_OR_RAISE(const auto scanner, scan->Finish());
  ARROW_ASSIGN_OR_RAISE(const auto count, scanner->CountRows());
  ARROW_ASSIGN_OR_RAISE(const auto table, scanner->ToTable());
  std::cout << "scan: " << count << " rows counted, " << table->num_rows() << " read\n";
  return arrow::Status::OK();
}

arrow::Status Run(const Arguments& arguments) {
  ARROW_ASSIGN_OR_RAISE(const auto catalog, mutoscope::Client::Connect(arguments.url));
  ARROW_ASSIGN_OR_RAISE(const auto version, catalog->Version());
  std::cout << "server: " << version.version << "\n";
  ARROW_ASSIGN_OR_RAISE(const auto entries, catalog->Entries());
  for (const auto& entry : entries) std::cout << "dataset " << entry.name << "\n";

  ARROW_ASSIGN_OR_RAISE(const auto dataset, catalog->GetDataset(arguments.dataset));
  ARROW_ASSIGN_OR_RAISE(const auto filter, FilterOf(*dataset, arguments));
  mutoscope::Request request;
  request.index = arguments.index;
  request.columns = {{mutoscope::kSegmentIdColumn, arguments.index}};
  request.filter = filter;
  ARROW_RETURN_NOT_OK(PrintTable(*dataset, request));
  return PrintScan(dataset, arguments, filter);
}

}  // namespace

int main(int count, char** values) {
  if (count != 5) {
    std::cerr << "usage: " << values[0] << " URL DATASET INDEX FROM\n";
    return 2;
  }
  const auto status = Run({values[1], values[2], values[3], values[4]});
  if (!status.ok()) std::cerr << "remote: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
