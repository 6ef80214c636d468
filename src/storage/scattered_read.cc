#include "storage/scattered_read.h"

namespace mutoscope::storage {
namespace {

constexpr uint64_t kGapBytesMax = 256;   // read along rather than stepped over by another call
constexpr size_t kPiecesMax = 512;       // of one call; the kernel takes 1024
constexpr uint64_t kBytesMax = 4 << 20;  // of one call

}  // namespace

arrow::Status ScatteredRead::Add(uint64_t offset, std::span<uint8_t> out) {
  if (out.empty()) return arrow::Status::OK();
  const bool follows = !pieces_.empty() && offset >= end_ && offset - end_ <= kGapBytesMax && pieces_.size() + 2 <= kPiecesMax &&
                       end_ - begin_ < kBytesMax;
  if (!follows) {
    ARROW_RETURN_NOT_OK(Flush());
    begin_ = end_ = offset;
  }
  if (offset > end_) {
    gap_.resize(kGapBytesMax);
    pieces_.push_back(std::span(gap_).first(offset - end_));
  }
  pieces_.push_back(out);
  end_ = offset + out.size();
  return arrow::Status::OK();
}

arrow::Status ScatteredRead::Flush() {
  if (pieces_.empty()) return arrow::Status::OK();
  const auto status = file_.ReadPieces(begin_, pieces_);
  pieces_.clear();
  return status;
}

}  // namespace mutoscope::storage
