#include "query/stream.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>

#include "base/status.h"

namespace mutoscope::query {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

class Stream final : public QueryReader, public std::enable_shared_from_this<Stream> {
 public:
  Stream(std::shared_ptr<const Plan> plan, std::shared_ptr<Counters> counters, const catalog::Catalog& catalog, ChunkCache& cache,
         boost::asio::thread_pool& pool, const StreamOptions& options)
      : plan_(std::move(plan)),
        counters_(std::move(counters)),
        catalog_(catalog),
        cache_(cache),
        pool_(pool),
        options_(options),
        rows_left_(plan_->limit.value_or(std::numeric_limits<int64_t>::max())) {}

  std::shared_ptr<arrow::Schema> schema() const override { return plan_->schema; }
  Statistics statistics() const override { return counters_->Read(); }

  arrow::Status Close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
    return arrow::Status::OK();
  }

  // After Close(): until no worker uses the catalog or the cache any more.
  void WaitForWorkers() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return workers_ == 0; });
  }

  arrow::Status ReadNext(Batch* out) override {
    *out = nullptr;
    std::unique_lock lock(mutex_);
    while (rows_left_ > 0 && !ended_) {
      if (closed_) return base::Cancelled("the query was closed");
      StartUnits();
      if (active_.empty()) break;
      const auto unit = active_.front();
      if (!unit->ready.empty()) {
        *out = Take(*unit);
        return arrow::Status::OK();
      }
      if (unit->done) {
        const arrow::Status status = unit->status;
        active_.pop_front();
        if (!status.ok()) {
          closed_ = true;
          return status;
        }
        continue;
      }
      if (unit->running) {
        changed_.wait(lock);
        continue;
      }
      Produce(*unit, lock);
    }
    ended_ = true;
    closed_ = true;  // stops what is still being worked on
    return arrow::Status::OK();
  }

 private:
  struct Unit {
    std::unique_ptr<UnitBatches> batches;
    std::deque<std::pair<Batch, uint64_t>> ready;
    uint64_t ready_bytes = 0;
    bool running = false;  // some thread works on it
    bool done = false;
    arrow::Status status;
  };

  void StartUnits() {
    const size_t ahead = plan_->limit ? std::min<size_t>(1, options_.units_ahead_max) : options_.units_ahead_max;
    while (next_unit_ < plan_->unit_begins.size() && active_.size() < 1 + ahead) {
      auto unit = std::make_shared<Unit>();
      unit->batches = std::make_unique<UnitBatches>(*plan_, next_unit_++, catalog_, cache_, options_.batch, *counters_);
      active_.push_back(unit);
      if (active_.size() > 1) Schedule(unit);
    }
  }

  void Schedule(const std::shared_ptr<Unit>& unit) {
    unit->running = true;
    boost::asio::post(pool_, [self = shared_from_this(), unit] { self->Work(*unit); });
  }

  // In the pool: until enough is ready.
  void Work(Unit& unit) {
    std::unique_lock lock(mutex_);
    ++workers_;
    while (!closed_ && !unit.done && unit.ready_bytes < options_.unit_bytes_ready_max) Produce(unit, lock);
    unit.running = false;
    --workers_;
    changed_.notify_all();
  }

  // One batch. Unlocks meanwhile.
  void Produce(Unit& unit, std::unique_lock<std::mutex>& lock) {
    const bool was_running = unit.running;
    unit.running = true;
    lock.unlock();
    uint64_t bytes = 0;
    auto batch = unit.batches->Next(&bytes);
    lock.lock();
    unit.running = was_running;
    if (!batch.ok() || *batch == nullptr) {
      unit.status = batch.status();
      unit.done = true;
      unit.batches.reset();
    } else {
      unit.ready_bytes += bytes;
      unit.ready.emplace_back(batch.MoveValueUnsafe(), bytes);
    }
    changed_.notify_all();
  }

  Batch Take(Unit& unit) {
    auto [batch, bytes] = std::move(unit.ready.front());
    unit.ready.pop_front();
    unit.ready_bytes -= bytes;
    if (batch->num_rows() > rows_left_) batch = batch->Slice(0, rows_left_);
    rows_left_ -= batch->num_rows();
    counters_->rows += batch->num_rows();
    const bool more_to_come = !unit.done && !unit.running && plan_->unit_begins.size() > 1 && rows_left_ > 0;
    if (more_to_come) Schedule(active_.front());
    return std::move(batch);
  }

  const std::shared_ptr<const Plan> plan_;
  const std::shared_ptr<Counters> counters_;
  const catalog::Catalog& catalog_;
  ChunkCache& cache_;
  boost::asio::thread_pool& pool_;
  const StreamOptions options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Unit>> active_;  // in the order of their batches
  size_t next_unit_ = 0;
  int64_t rows_left_;
  size_t workers_ = 0;
  bool closed_ = false;  // by the caller, by an error or at the end
  bool ended_ = false;   // the last batch was handed out
};

// Ends the query when the last user lets go, although workers still hold the stream.
class Handle final : public QueryReader {
 public:
  Handle(std::shared_ptr<const void> keep, std::shared_ptr<Stream> stream) : keep_(std::move(keep)), stream_(std::move(stream)) {}
  ~Handle() override {
    (void)stream_->Close();
    stream_->WaitForWorkers();
  }
  std::shared_ptr<arrow::Schema> schema() const override { return stream_->schema(); }
  arrow::Status ReadNext(Batch* out) override { return stream_->ReadNext(out); }
  arrow::Status Close() override { return stream_->Close(); }
  Statistics statistics() const override { return stream_->statistics(); }

 private:
  const std::shared_ptr<const void> keep_;
  const std::shared_ptr<Stream> stream_;
};

}  // namespace

std::shared_ptr<QueryReader> MakeStream(std::shared_ptr<const Plan> plan, std::shared_ptr<Counters> counters,
                                        const catalog::Catalog& catalog, ChunkCache& cache, boost::asio::thread_pool& pool,
                                        const StreamOptions& options, std::shared_ptr<const void> keep) {
  return std::make_shared<Handle>(std::move(keep),
                                  std::make_shared<Stream>(std::move(plan), std::move(counters), catalog, cache, pool, options));
}

}  // namespace mutoscope::query
