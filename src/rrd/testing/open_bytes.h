// A string as an open recording file. For tests only.
#pragma once

#include <memory>
#include <string>

#include "rrd/recording.h"
#include "storage/file.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::rrd::testing {

class FileOfBytes {
 public:
  explicit FileOfBytes(const std::string& bytes) : file_(storage::File::Open(dir_.Write("test.rrd", bytes)).ValueOrDie()) {}
  const storage::File& operator*() const { return *file_; }

 private:
  storage::testing::TempDir dir_;
  std::shared_ptr<const storage::File> file_;
};

inline arrow::Result<Recording> Read(const std::string& bytes) { return ReadRecording(*FileOfBytes(bytes)); }

}  // namespace mutoscope::rrd::testing
