#include "query/known_rows.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <span>

#include "arrow/builder.h"
#include "arrow/compute/api.h"
#include "base/status.h"

namespace mutoscope::query {
namespace {

// Neighbouring rows of one segment.
struct Stretch {
  uint32_t segment = 0;
  int64_t begin = 0;
  int64_t end = 0;
};

class Reader final : public QueryReader {
 public:
  Reader(std::shared_ptr<const Plan> plan, std::shared_ptr<const KnownRows> rows, std::shared_ptr<Counters> counters,
         const BatchLimits& limits)
      : plan_(std::move(plan)),
        known_(std::move(rows)),
        counters_(std::move(counters)),
        limits_(limits),
        rows_left_(plan_->limit.value_or(std::numeric_limits<int64_t>::max())) {
    Stopwatch watch(counters_->plan_ns);
    for (const auto& condition : plan_->predicate.conditions) {
      if (condition.stage != Stage::kSegment) conditions_.push_back(&condition);
    }
    if (!plan_->columns->components.empty()) FindStretches();
    counters_->segments += static_cast<int64_t>(plan_->segments.size());
  }

  std::shared_ptr<arrow::Schema> schema() const override { return plan_->schema; }
  Statistics statistics() const override { return counters_->Read(); }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = nullptr;
    while (rows_left_ > 0 && next_ < stretches_.size()) {
      if (closed_) return base::Cancelled("the query was closed");
      Stopwatch watch(counters_->index_ns);
      ARROW_ASSIGN_OR_RAISE(auto batch, NextBatch());
      if (batch->num_rows() == 0) continue;
      if (batch->num_rows() > rows_left_) batch = batch->Slice(0, rows_left_);
      rows_left_ -= batch->num_rows();
      counters_->rows += batch->num_rows();
      *out = std::move(batch);
      break;
    }
    return arrow::Status::OK();
  }

 private:
  std::span<const int64_t> values() const {
    return {reinterpret_cast<const int64_t*>(known_->values->data()),
            static_cast<size_t>(known_->values->size()) / sizeof(int64_t)};
  }

  void Add(Stretch stretch) {
    if (stretch.begin < stretch.end) stretches_.push_back(stretch);
  }

  void FindStretches() {
    for (const uint32_t segment : plan_->segments) {
      const int64_t begin = known_->begins[segment];
      const int64_t end = known_->begins[segment + 1];
      if (plan_->predicate.index.all()) {
        Add({segment, begin, end});
        continue;
      }
      const auto own = values().subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
      for (const auto& range : plan_->predicate.index.ranges()) {
        const auto [first, last] = RowsIn(own, range);
        Add({segment, begin + static_cast<int64_t>(first), begin + static_cast<int64_t>(last)});
      }
    }
  }

  // Takes stretches until the batch is full.
  std::vector<Stretch> TakeStretches() {
    std::vector<Stretch> taken;
    int64_t rows = 0;
    while (next_ < stretches_.size() && rows < limits_.rows_max) {
      Stretch& stretch = stretches_[next_];
      const int64_t count = std::min(stretch.end - stretch.begin, limits_.rows_max - rows);
      taken.push_back({stretch.segment, stretch.begin, stretch.begin + count});
      stretch.begin += count;
      rows += count;
      if (stretch.begin == stretch.end) ++next_;
    }
    return taken;
  }

  arrow::Result<std::shared_ptr<arrow::Array>> SegmentIds(const std::vector<Stretch>& stretches) const {
    arrow::StringBuilder builder;
    for (const auto& stretch : stretches) {
      const std::string& id = plan_->snapshot->segments[stretch.segment].id;
      const int64_t count = stretch.end - stretch.begin;
      ARROW_RETURN_NOT_OK(builder.Reserve(count));
      ARROW_RETURN_NOT_OK(builder.ReserveData(count * static_cast<int64_t>(id.size())));
      for (int64_t i = 0; i < count; ++i) builder.UnsafeAppend(id);
    }
    return builder.Finish();
  }

  // Without a copy where the stretches follow each other.
  arrow::Result<std::shared_ptr<arrow::Array>> IndexValues(const std::vector<Stretch>& stretches, int64_t rows) const {
    const auto type = chunk::ArrowTypeOf(plan_->columns->timeline().kind);
    const bool contiguous = stretches.back().end - stretches.front().begin == rows;
    std::shared_ptr<arrow::Buffer> buffer;
    if (contiguous) {
      buffer =
          arrow::SliceBuffer(known_->values, stretches.front().begin * int64_t{sizeof(int64_t)}, rows * int64_t{sizeof(int64_t)});
    } else {
      std::vector<int64_t> copy;
      copy.reserve(static_cast<size_t>(rows));
      for (const auto& stretch : stretches)
        copy.insert(copy.end(), values().begin() + stretch.begin, values().begin() + stretch.end);
      buffer = arrow::Buffer::FromVector(std::move(copy));
    }
    return arrow::MakeArray(arrow::ArrayData::Make(type, rows, {nullptr, std::move(buffer)}, 0));
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> NextBatch() {
    const auto stretches = TakeStretches();
    int64_t rows = 0;
    for (const auto& stretch : stretches) rows += stretch.end - stretch.begin;
    counters_->rows_considered += rows;
    std::shared_ptr<arrow::Array> ids, times;
    const auto array_of = [&](Operand::Kind kind) -> arrow::Result<std::shared_ptr<arrow::Array>> {
      auto& array = kind == Operand::Kind::kSegmentId ? ids : times;
      if (array == nullptr) {
        ARROW_ASSIGN_OR_RAISE(array, kind == Operand::Kind::kSegmentId ? SegmentIds(stretches) : IndexValues(stretches, rows));
      }
      return array;
    };
    std::vector<bool> keep;
    for (const auto* condition : conditions_) {
      std::vector<arrow::Datum> operands;
      for (const auto& operand : condition->operands) {
        ARROW_ASSIGN_OR_RAISE(auto array, array_of(operand.kind));
        operands.emplace_back(std::move(array));
      }
      ARROW_ASSIGN_OR_RAISE(const auto passes, Evaluate(*condition, std::move(operands), rows));
      if (keep.empty()) keep.assign(static_cast<size_t>(rows), true);
      for (size_t i = 0; i < keep.size(); ++i) keep[i] = keep[i] && passes[i];
    }
    arrow::ArrayVector arrays;
    for (const auto& column : plan_->projection) {
      ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), array_of(column.kind));
    }
    if (keep.empty()) return arrow::RecordBatch::Make(plan_->schema, rows, std::move(arrays));
    const auto kept = std::ranges::count(keep, true);
    if (arrays.empty()) return arrow::RecordBatch::Make(plan_->schema, kept, std::move(arrays));
    arrow::BooleanBuilder mask;
    ARROW_RETURN_NOT_OK(mask.AppendValues(keep));
    ARROW_ASSIGN_OR_RAISE(const auto flags, mask.Finish());
    auto batch = arrow::RecordBatch::Make(plan_->schema, rows, std::move(arrays));
    ARROW_ASSIGN_OR_RAISE(const auto filtered, arrow::compute::Filter(batch, flags));
    return filtered.record_batch();
  }

  const std::shared_ptr<const Plan> plan_;
  const std::shared_ptr<const KnownRows> known_;
  const std::shared_ptr<Counters> counters_;
  const BatchLimits limits_;
  std::vector<const Condition*> conditions_;
  std::vector<Stretch> stretches_;
  size_t next_ = 0;
  int64_t rows_left_;
  std::atomic<bool> closed_ = false;
};

}  // namespace

std::shared_ptr<QueryReader> MakeKnownRowsReader(std::shared_ptr<const Plan> plan, std::shared_ptr<const KnownRows> rows,
                                                 std::shared_ptr<Counters> counters, const BatchLimits& limits) {
  return std::make_shared<Reader>(std::move(plan), std::move(rows), std::move(counters), limits);
}

}  // namespace mutoscope::query
