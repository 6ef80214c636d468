// Findings of one file: as many as a person reads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rrd/recording.h"

namespace mutoscope::rrd {

inline constexpr size_t kFindingsMax = 100;

class Findings {
 public:
  void Add(uint64_t offset, std::string what) {
    if (found_.size() < kFindingsMax) {
      found_.push_back({offset, std::move(what)});
    } else {
      ++left_out_;
    }
  }

  std::vector<Finding> Take() && {
    if (left_out_ > 0) found_.back().what += " (" + std::to_string(left_out_) + " more findings are left out)";
    return std::move(found_);
  }

 private:
  std::vector<Finding> found_;
  uint64_t left_out_ = 0;
};

}  // namespace mutoscope::rrd
