// Parallel loops over the catalog's thread pool.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <latch>

namespace mutoscope::catalog {

// Calls function(0) … function(count - 1), each once, on up to `workers` threads of the pool; returns when all are done.
// `function` must not throw, and must not wait for the pool.
template <typename Function>
void ParallelFor(boost::asio::thread_pool& pool, size_t workers, size_t count, const Function& function) {
  const size_t tasks = std::min(workers, count);
  std::atomic<size_t> next = 0;
  std::latch done(static_cast<std::ptrdiff_t>(tasks));
  for (size_t task = 0; task < tasks; ++task) {
    boost::asio::post(pool, [&] {
      for (size_t i = next++; i < count; i = next++) function(i);
      done.count_down();
    });
  }
  done.wait();
}

}  // namespace mutoscope::catalog
