#include "net/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <mutex>

#include "net/process_stats.h"

namespace mutoscope::net {
namespace {

constexpr std::array<std::string_view, kStatusCodes> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

class TextWriter {
 public:
  void Family(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(out(), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
  }
  template <typename Value>
  void Sample(std::string_view name, std::string_view labels, Value value) {
    if (labels.empty()) {
      fmt::format_to(out(), "{} {}\n", name, value);
    } else {
      fmt::format_to(out(), "{}{{{}}} {}\n", name, labels, value);
    }
  }
  template <typename Value>
  void Single(std::string_view name, std::string_view type, std::string_view help, Value value) {
    Family(name, type, help);
    Sample(name, "", value);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::back_insert_iterator<std::string> out() { return std::back_inserter(text_); }
  std::string text_;
};

using MethodMap = std::map<std::string, std::unique_ptr<MethodMetrics>, std::less<>>;

void WriteCalls(TextWriter& writer, const MethodMap& methods) {
  writer.Family("mutoscope_rpc_calls_total", "counter", "Finished calls by method and status code.");
  for (const auto& [name, method] : methods) {
    for (size_t code = 0; code < kStatusCodes; ++code) {
      const uint64_t count = method->calls_by_code[code].load(std::memory_order_relaxed);
      if (count > 0) {
        writer.Sample("mutoscope_rpc_calls_total", fmt::format("method=\"{}\",code=\"{}\"", name, kCodeNames[code]), count);
      }
    }
  }
}

void WriteLatencies(TextWriter& writer, const MethodMap& methods) {
  constexpr std::string_view kName = "mutoscope_rpc_duration_seconds";
  writer.Family(kName, "histogram", "Time from the arrival of a call to its end.");
  for (const auto& [name, method] : methods) {
    uint64_t total = 0;
    for (size_t i = 0; i < method->calls_by_latency.size(); ++i) {
      total += method->calls_by_latency[i].load(std::memory_order_relaxed);
      const std::string bound = i < kLatencyBoundsSeconds.size() ? fmt::format("{}", kLatencyBoundsSeconds[i]) : "+Inf";
      writer.Sample(fmt::format("{}_bucket", kName), fmt::format("method=\"{}\",le=\"{}\"", name, bound), total);
    }
    const double seconds = static_cast<double>(method->latency_ns.load(std::memory_order_relaxed)) * 1e-9;
    writer.Sample(fmt::format("{}_sum", kName), fmt::format("method=\"{}\"", name), seconds);
    writer.Sample(fmt::format("{}_count", kName), fmt::format("method=\"{}\"", name), total);
  }
}

template <typename Counter>
void WriteByMethod(TextWriter& writer, const MethodMap& methods, Counter MethodMetrics::*counter, std::string_view name,
                   std::string_view type, std::string_view help) {
  writer.Family(name, type, help);
  for (const auto& [method, metrics] : methods) {
    writer.Sample(name, fmt::format("method=\"{}\"", method), (metrics.get()->*counter).load(std::memory_order_relaxed));
  }
}

void WriteProcess(TextWriter& writer) {
  const ProcessStats stats = ReadProcessStats();
  writer.Single("process_resident_memory_bytes", "gauge", "Resident memory.", stats.resident_bytes);
  writer.Single("process_open_fds", "gauge", "Open file descriptors.", stats.open_fds);
  writer.Single("process_max_fds", "gauge", "Limit of open file descriptors.", stats.open_fds_max);
  writer.Single("process_cpu_seconds_total", "counter", "CPU time, user and system.", stats.cpu_seconds);
}

}  // namespace

void MethodMetrics::CountCall(int code, std::chrono::nanoseconds latency) {
  const int known_code = code >= 0 && code < kStatusCodes ? code : 2;  // UNKNOWN
  calls_by_code[static_cast<size_t>(known_code)].fetch_add(1, std::memory_order_relaxed);
  const double seconds = std::chrono::duration<double>(latency).count();
  const auto bound = std::lower_bound(kLatencyBoundsSeconds.begin(), kLatencyBoundsSeconds.end(), seconds);
  calls_by_latency[static_cast<size_t>(bound - kLatencyBoundsSeconds.begin())].fetch_add(1, std::memory_order_relaxed);
  latency_ns.fetch_add(static_cast<uint64_t>(latency.count()), std::memory_order_relaxed);
}

MethodMetrics& Metrics::Method(std::string_view method) {
  {
    std::shared_lock lock(mutex_);
    if (const auto found = methods_.find(method); found != methods_.end()) return *found->second;
  }
  std::unique_lock lock(mutex_);
  return *methods_.try_emplace(std::string(method), std::make_unique<MethodMetrics>()).first->second;
}

int64_t Metrics::in_flight() const {
  std::shared_lock lock(mutex_);
  int64_t total = 0;
  for (const auto& [name, method] : methods_) total += method->in_flight.load();
  return total;
}

std::string Metrics::PrometheusText() const {
  TextWriter writer;
  {
    std::shared_lock lock(mutex_);
    WriteCalls(writer, methods_);
    WriteLatencies(writer, methods_);
    WriteByMethod(writer, methods_, &MethodMetrics::received_bytes, "mutoscope_rpc_received_bytes_total", "counter",
                  "Bytes of request messages, where the service tells them.");
    WriteByMethod(writer, methods_, &MethodMetrics::sent_bytes, "mutoscope_rpc_sent_bytes_total", "counter",
                  "Bytes of response messages.");
    WriteByMethod(writer, methods_, &MethodMetrics::in_flight, "mutoscope_rpc_in_flight", "gauge", "Calls running now.");
  }
  writer.Family("mutoscope_open_connections", "gauge", "Connections open now.");
  writer.Sample("mutoscope_open_connections", "protocol=\"grpc\"", grpc_connections.load());
  writer.Sample("mutoscope_open_connections", "protocol=\"http1\"", http1_connections.load());
  writer.Single("mutoscope_refused_connections_total", "counter", "Connections closed because there were too many.",
                refused_connections.load());
  writer.Single("mutoscope_http1_requests_total", "counter", "HTTP/1.1 requests, gRPC-web included.", http1_requests.load());
  WriteProcess(writer);
  return writer.Take();
}

}  // namespace mutoscope::net
