// Reads what was recorded in this run, then what comes.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "live/recorder.h"
#include "rerun/v1alpha1/log_msg.pb.h"

namespace mutoscope::live {

// A reader's places in the files: it has no queue, and whoever writes does not wait for it. First the announcements of all
// stores, then blueprints, then recordings; within a store the order in which messages came. Not thread-safe; the recorder
// outlives it.
class Reader {
 public:
  // `wake` is called when there may be something new.
  Reader(Recorder& recorder, std::function<void()> wake);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // False if there is nothing new.
  arrow::Result<bool> Next(rerun::log_msg::v1alpha1::LogMsg* message);

 private:
  struct Cursor {
    std::shared_ptr<Store> store;
    std::string path;
    uint64_t generation = 0;  // of the store, when `path` was its file
    uint64_t offset = 0;      // of the next message header
  };

  void FindStores();
  bool HasNews(Cursor& cursor) const;
  Cursor* Choose();
  arrow::Result<bool> Read(Cursor* cursor, rerun::log_msg::v1alpha1::LogMsg* message);
  arrow::Result<std::string_view> Bytes(const Cursor& cursor, uint64_t offset, uint64_t size, uint64_t end);

  Recorder& recorder_;
  uint64_t wakeup_ = 0;
  std::vector<Cursor> cursors_;
  uint64_t last_store_ = 0;  // of which there is a cursor
  size_t current_ = 0;       // the store that is being read
  uint64_t read_here_ = 0;   // bytes of it in a row

  // A piece of one file.
  std::string window_path_;
  uint64_t window_offset_ = 0;
  std::string window_;
};

}  // namespace mutoscope::live
