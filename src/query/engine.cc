#include "query/engine.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <thread>

#include "base/status.h"
#include "catalog/parallel.h"
#include "query/engine_state.h"

namespace mutoscope::query {
namespace {

constexpr size_t kColumnsKept = 256;
constexpr size_t kKnownRowsKept = 64;
constexpr uint64_t kBatchBytesMax = 8 << 20;
constexpr uint64_t kUnitReadyBytesMax = 16 << 20;

size_t ThreadsOf(int threads) {
  return threads > 0 ? static_cast<size_t>(threads) : std::max<size_t>(1, std::thread::hardware_concurrency());
}

// Of the memory of a query, each unit at work may hold a share: what is ready and what is being made.
StreamOptions StreamOptionsOf(const EngineOptions& options) {
  StreamOptions stream;
  stream.units_ahead_max = ThreadsOf(options.threads);
  const uint64_t share = options.query_memory_bytes_max / (1 + stream.units_ahead_max);
  stream.batch.bytes_max = std::min(kBatchBytesMax, std::max<uint64_t>(1, share / 4));
  stream.unit_bytes_ready_max = std::min(kUnitReadyBytesMax, std::max<uint64_t>(1, share / 4));
  return stream;
}

std::string KeyOf(const catalog::DatasetSnapshot& snapshot, const std::string& rest) {
  return fmt::format("{} {} {}", snapshot.dataset.entry.id.text(), snapshot.revision, rest);
}

// A query of all rows, for FindRows.
Request AllRowsOf(const Request& request) {
  Request all;
  all.index = request.index;
  return all;
}

}  // namespace

Engine::State::State(const catalog::Catalog& of, const EngineOptions& options)
    : catalog(of),
      threads(ThreadsOf(options.threads)),
      known_rows_bytes_max(options.cache_bytes_max / 4),
      stream(StreamOptionsOf(options)),
      chunks(options.cache_bytes_max - options.cache_bytes_max / 4),
      columns(kColumnsKept, UINT64_MAX),
      known_rows(kKnownRowsKept, options.cache_bytes_max / 4),
      pool(threads) {
  RegisterFunctions();
}

arrow::Result<std::shared_ptr<const QueryColumns>> Engine::State::ColumnsOf(const catalog::DatasetSnapshot& snapshot,
                                                                            const Request& request) {
  const std::string key = KeyOf(snapshot, ColumnsKey(request));
  if (auto known = columns.Find(key)) return known;
  ARROW_ASSIGN_OR_RAISE(auto made, MakeColumns(snapshot, request));
  columns.Add(key, made, 0);
  return made;
}

arrow::Result<std::shared_ptr<const KnownRows>> Engine::State::RowsOf(const Plan& plan, const Request& request,
                                                                      Counters& counters) {
  const bool as_logged = request.index_values == nullptr && !request.segment_index_values;
  if (!plan.index_only || !as_logged) return nullptr;
  const std::string key = KeyOf(*plan.snapshot, ColumnsKey(request));
  if (auto known = known_rows.Find(key)) return known;
  // All rows are wanted, so finding them is no more work than answering.
  if (!plan.all_segments || !plan.predicate.index.all() || plan.limit || plan.fill) return nullptr;
  ARROW_ASSIGN_OR_RAISE(auto found, FindRows(plan, request, counters));
  if (found != nullptr) known_rows.Add(key, found, found->bytes());
  return found;
}

arrow::Result<std::shared_ptr<const KnownRows>> Engine::State::FindRows(const Plan& plan, const Request& request,
                                                                        Counters& counters) {
  Plan all;
  all.snapshot = plan.snapshot;
  all.columns = plan.columns;
  all.all_segments = true;
  all.segments.resize(plan.snapshot->segments.size());
  std::iota(all.segments.begin(), all.segments.end(), 0u);
  {
    Stopwatch watch(counters.plan_ns);
    ARROW_RETURN_NOT_OK(AddWindows(AllRowsOf(request), &all));
  }
  uint64_t rows = 0;
  for (const auto& window : all.windows) rows += window.rows_estimate;
  if (rows > known_rows_bytes_max / sizeof(int64_t)) return nullptr;

  std::vector<std::vector<int64_t>> found(all.windows.size());
  std::vector<arrow::Status> statuses(all.unit_begins.size());
  catalog::ParallelFor(pool, threads, all.unit_begins.size(), [&](size_t unit) {
    Stopwatch watch(counters.index_ns);
    ChunkSource source(catalog, *all.snapshot, chunks, counters);
    const size_t end = unit + 1 < all.unit_begins.size() ? all.unit_begins[unit + 1] : all.windows.size();
    for (size_t i = all.unit_begins[unit]; i < end && statuses[unit].ok(); ++i) {
      SegmentScan scan(*all.snapshot, *all.columns, {}, source);
      statuses[unit] = scan.Open(all.windows[i]);
      found[i].assign(scan.values().begin(), scan.values().end());
    }
  });
  for (const auto& status : statuses) ARROW_RETURN_NOT_OK(status);

  auto known = std::make_shared<KnownRows>();
  known->begins.assign(plan.snapshot->segments.size() + 1, 0);
  for (size_t i = 0; i < found.size(); ++i) known->begins[all.windows[i].segment + 1] += static_cast<int64_t>(found[i].size());
  std::partial_sum(known->begins.begin(), known->begins.end(), known->begins.begin());
  ARROW_ASSIGN_OR_RAISE(auto values, arrow::AllocateBuffer(known->begins.back() * int64_t{sizeof(int64_t)}));
  uint8_t* out = values->mutable_data();
  for (const auto& part : found) {
    if (!part.empty()) std::memcpy(out, part.data(), part.size() * sizeof(int64_t));
    out += part.size() * sizeof(int64_t);
  }
  known->values = std::move(values);
  return known;
}

Engine::Engine(const catalog::Catalog& catalog, const EngineOptions& options)
    : state_(std::make_shared<State>(catalog, options)) {}
Engine::~Engine() = default;

arrow::Result<std::shared_ptr<arrow::Schema>> Engine::Schema(const catalog::EntryId& dataset, const Request& request) const {
  ARROW_ASSIGN_OR_RAISE(auto snapshot, state_->catalog.Snapshot(dataset));
  ARROW_ASSIGN_OR_RAISE(auto columns, state_->ColumnsOf(*snapshot, request));
  if (!request.columns && request.filter.Equals(arrow::compute::literal(true))) return columns->schema;
  ARROW_ASSIGN_OR_RAISE(const auto plan, MakePlan(std::move(snapshot), std::move(columns), request));
  return plan.schema;
}

arrow::Result<std::shared_ptr<QueryReader>> Engine::Run(const catalog::EntryId& dataset, const Request& request) const {
  auto counters = std::make_shared<Counters>();
  auto plan = std::make_shared<Plan>();
  {
    Stopwatch watch(counters->plan_ns);
    ARROW_ASSIGN_OR_RAISE(auto snapshot, state_->catalog.Snapshot(dataset));
    ARROW_ASSIGN_OR_RAISE(auto columns, state_->ColumnsOf(*snapshot, request));
    ARROW_ASSIGN_OR_RAISE(*plan, MakePlan(std::move(snapshot), std::move(columns), request));
  }
  ARROW_ASSIGN_OR_RAISE(auto known, state_->RowsOf(*plan, request, *counters));
  if (known != nullptr) return MakeKnownRowsReader(std::move(plan), std::move(known), std::move(counters), state_->stream.batch);
  {
    Stopwatch watch(counters->plan_ns);
    ARROW_RETURN_NOT_OK(AddWindows(request, plan.get()));
  }
  return MakeStream(std::move(plan), std::move(counters), state_->catalog, state_->chunks, state_->pool, state_->stream, state_);
}

arrow::Result<std::string> Engine::Explain(const catalog::EntryId& dataset, const Request& request, bool run) const {
  ARROW_ASSIGN_OR_RAISE(auto snapshot, state_->catalog.Snapshot(dataset));
  ARROW_ASSIGN_OR_RAISE(auto columns, state_->ColumnsOf(*snapshot, request));
  ARROW_ASSIGN_OR_RAISE(auto plan, MakePlan(std::move(snapshot), std::move(columns), request));
  ARROW_RETURN_NOT_OK(AddWindows(request, &plan));
  std::string text = Describe(plan, request);
  if (!run) return text;
  ARROW_ASSIGN_OR_RAISE(const auto reader, Run(dataset, request));
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) break;
  }
  const Statistics actual = reader->statistics();
  const auto milliseconds = [](int64_t ns) { return static_cast<double>(ns) / 1e6; };
  text += fmt::format("  actual: {} rows of {} considered, {} segments, {} chunks\n", actual.rows, actual.rows_considered,
                      actual.segments, actual.chunks);
  text += fmt::format("  read: {} bytes; {} cells verbatim, {} chunks decoded to {} bytes, {} columns from the cache\n",
                      actual.bytes_read, actual.cells_verbatim, actual.chunks_decoded, actual.bytes_decoded, actual.cache_hits);
  text += fmt::format("  time over all threads: plan {:.3f} ms, index {:.3f} ms, filter {:.3f} ms, payload {:.3f} ms\n",
                      milliseconds(actual.plan_ns), milliseconds(actual.index_ns), milliseconds(actual.filter_ns),
                      milliseconds(actual.payload_ns));
  return text;
}

}  // namespace mutoscope::query
