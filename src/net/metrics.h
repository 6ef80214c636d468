// What /metrics shows: counters and histograms of calls, connections and the process (Prometheus text format 0.0.4).
//
// Thread-safety: all functions may be called at any time from any thread; counting takes no lock once a method is known.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace mutoscope::net {

inline constexpr int kStatusCodes = 17;  // the canonical gRPC codes 0..16

// Upper bounds of the latency histogram, in seconds: from one cached frame to a long scan.
inline constexpr std::array<double, 12> kLatencyBoundsSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                                 0.05,   0.1,   0.5,    1.0,   5.0,  30.0};

// Counters of one gRPC method.
struct MethodMetrics {
  std::array<std::atomic<uint64_t>, kStatusCodes> calls_by_code{};
  std::array<std::atomic<uint64_t>, kLatencyBoundsSeconds.size() + 1> calls_by_latency{};  // the last one: slower than all bounds
  std::atomic<uint64_t> latency_ns{0};
  std::atomic<uint64_t> received_bytes{0};
  std::atomic<uint64_t> sent_bytes{0};
  std::atomic<int64_t> in_flight{0};

  void CountCall(int code, std::chrono::nanoseconds latency);
};

class Metrics {
 public:
  // The counters of `method`, e.g. "rerun.cloud.v1alpha1.RerunCloudService/Version". Never moves, lives as long as this.
  // Callers pass names of registered methods only: every name stays forever.
  MethodMetrics& Method(std::string_view method);

  std::atomic<int64_t> grpc_connections{0};   // open now
  std::atomic<int64_t> http1_connections{0};  // open now, or not yet known to be gRPC
  std::atomic<uint64_t> refused_connections{0};
  std::atomic<uint64_t> http1_requests{0};

  // Calls running now, over all methods.
  int64_t in_flight() const;
  std::string PrometheusText() const;

 private:
  mutable std::shared_mutex mutex_;  // guards the map, not the counters
  std::map<std::string, std::unique_ptr<MethodMetrics>, std::less<>> methods_;
};

}  // namespace mutoscope::net
