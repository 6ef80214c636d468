#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/row_writer.h"
#include "cli/target.h"
#include "query/where.h"

namespace mutoscope::cli {
namespace {

struct Options {
  Target target;
  std::string dataset;
  std::string index;
  std::vector<std::string> contents, segments, select;
  std::string where;
  bool fill = false;
  std::optional<int64_t> limit;
  std::string format = "table";
  std::string output;
  bool explain = false;
};

arrow::Result<Request> RequestOf(const Options& options, const Dataset& dataset) {
  Request request;
  if (!options.index.empty()) request.index = options.index;
  if (!options.contents.empty()) request.contents = {options.contents};
  if (!options.segments.empty()) request.segments = options.segments;
  request.fill_latest_at = options.fill;
  if (!options.where.empty()) {
    // The condition may name columns that are not selected: those of the whole answer.
    ARROW_ASSIGN_OR_RAISE(const auto schema, dataset.QuerySchema(request));
    ARROW_ASSIGN_OR_RAISE(request.filter, query::ParseWhere(options.where, *schema));
  }
  if (!options.select.empty()) request.columns = options.select;
  request.limit = options.limit;
  return request;
}

arrow::Status Query(const Options& options) {
  ARROW_ASSIGN_OR_RAISE(const auto catalog, options.target.Open());
  ARROW_ASSIGN_OR_RAISE(const auto dataset, FindDataset(*catalog, options.dataset));
  ARROW_ASSIGN_OR_RAISE(const auto request, RequestOf(options, *dataset));
  if (options.explain) {
    ARROW_ASSIGN_OR_RAISE(const auto plan, dataset->Explain(request, /*run=*/true));
    fmt::print("{}{}", plan, plan.ends_with('\n') ? "" : "\n");
    return arrow::Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto reader, dataset->Query(request));
  ARROW_ASSIGN_OR_RAISE(const auto writer, RowWriter::Make(options.format, options.output, reader->schema()));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto batch, reader->Next());
    if (batch == nullptr) return writer->Finish();
    ARROW_RETURN_NOT_OK(writer->Write(*batch));
  }
}

}  // namespace

void AddQuery(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("query", "Print rows of a dataset, or write them to a file");
  command->footer(
      "One row for each index value of each segment, ordered by segment and index; without --index one row a segment with its "
      "static\n"
      "data. --where is a condition as in SQL: columns bare (log_time) or in double quotes, elements of lists by [0], text and "
      "times in\n"
      "single quotes, durations as 1.5s or 20ms; = != < <= > >= AND OR NOT IN BETWEEN IS NULL.\n"
      "table shows cells in short; csv and json hold all values: times in ISO 8601, durations in nanoseconds, bytes in base64.\n"
      "arrow is an Arrow IPC file (a stream on standard output).\n\n"
      "Examples:\n"
      "  mutoscope query robots --index log_time --contents '/arm/**' --where \"log_time >= '2026-01-31T12:00:00'\" --limit 10\n"
      "  mutoscope query robots --index frame --select frame --where '\"/speed:Scalars:scalars\"[0] > 1.5' --format csv\n"
      "  mutoscope query robots --index log_time --format parquet --output robots.parquet\n"
      "  mutoscope query robots --index log_time --where \"rerun_segment_id = 'robot_007'\" --explain");
  const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* help) {
    command->add_option(name, values, help)->allow_extra_args(false);
  };
  options->target.AddOptions(*command);
  command->add_option("DATASET", options->dataset, "Name of the dataset")->required();
  command->add_option("--index", options->index, "Index whose values make the rows; without it, static data");
  repeatable("--contents", options->contents, "Entities: a rule like '/camera/**' or '- /camera/raw' (repeatable)");
  repeatable("--segment", options->segments, "Segment id (repeatable)");
  repeatable("--select", options->select, "Column of the answer (repeatable, in this order)");
  command->add_option("--where", options->where, "Rows to keep");
  command->add_flag("--fill", options->fill, "Fill empty cells with the latest value before them");
  command->add_option("--limit", options->limit, "At most that many rows")->check(CLI::NonNegativeNumber);
  command->add_option("--format", options->format, "Of the output")
      ->check(CLI::IsMember({"table", "csv", "json", "parquet", "arrow"}))
      ->capture_default_str();
  command->add_option("--output", options->output, "File to write instead of standard output");
  command->add_flag("--explain", options->explain, "Run the query, and print its plan with estimates and actual figures instead");
  command->callback([options, exit_code] {
    const auto status = Query(*options);
    *exit_code = status.ok() ? kExitOk : PrintError(status);
  });
}

}  // namespace mutoscope::cli
