#include "net/metrics.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "net/process_stats.h"

namespace mutoscope::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

::testing::AssertionResult HasLine(const Metrics& metrics, const std::string& line) {
  const std::string text = "\n" + metrics.PrometheusText();
  if (text.find("\n" + line + "\n") != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "no line " << line << " in" << text;
}

TEST(Metrics, LatencyBucketsAreCumulative) {
  Metrics metrics;
  MethodMetrics& method = metrics.Method("a.B/C");
  method.CountCall(0, microseconds(100));
  method.CountCall(0, microseconds(500));  // a bound belongs to its bucket
  method.CountCall(5, milliseconds(20));
  method.CountCall(14, std::chrono::minutes(1));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_duration_seconds_bucket{method="a.B/C",le="0.0005"} 2)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_duration_seconds_bucket{method="a.B/C",le="0.01"} 2)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_duration_seconds_bucket{method="a.B/C",le="0.025"} 3)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_duration_seconds_bucket{method="a.B/C",le="30"} 3)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_duration_seconds_bucket{method="a.B/C",le="+Inf"} 4)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_duration_seconds_count{method="a.B/C"} 4)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_duration_seconds_sum{method="a.B/C"} 60.0206)"));
}

TEST(Metrics, CallsAreCountedByCode) {
  Metrics metrics;
  for (const int code : {0, 0, 5, 16, 99, -1}) metrics.Method("m").CountCall(code, microseconds(1));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_calls_total{method="m",code="OK"} 2)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_calls_total{method="m",code="NOT_FOUND"} 1)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_calls_total{method="m",code="UNAUTHENTICATED"} 1)"));
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_calls_total{method="m",code="UNKNOWN"} 2)"));
}

TEST(Metrics, ThreadsCountWithoutLoss) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics, t] {
      for (int i = 0; i < 1000; ++i) {
        metrics.Method("shared").CountCall(0, microseconds(1));
        metrics.Method("own" + std::to_string(t)).in_flight.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(HasLine(metrics, R"(mutoscope_rpc_calls_total{method="shared",code="OK"} 4000)"));
  EXPECT_EQ(metrics.in_flight(), 4000);
}

TEST(Metrics, KnowsTheProcess) {
  const ProcessStats stats = ReadProcessStats();
  EXPECT_GT(stats.resident_bytes, 1u << 20);
  EXPECT_GE(stats.open_fds, 3u);
  EXPECT_GE(stats.open_fds_max, stats.open_fds);
  EXPECT_GT(stats.cpu_seconds, 0);
}

TEST(Metrics, EveryFamilyHasHelpAndType) {
  const std::string text = Metrics().PrometheusText();
  for (const char* family :
       {"mutoscope_rpc_calls_total counter", "mutoscope_rpc_duration_seconds histogram",
        "mutoscope_rpc_received_bytes_total counter", "mutoscope_rpc_sent_bytes_total counter", "mutoscope_rpc_in_flight gauge",
        "mutoscope_open_connections gauge", "process_resident_memory_bytes gauge", "process_open_fds gauge"}) {
    EXPECT_NE(text.find(std::string("# TYPE ") + family + "\n"), std::string::npos) << family;
  }
}

}  // namespace
}  // namespace mutoscope::net
