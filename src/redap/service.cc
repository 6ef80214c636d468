#include "redap/service.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <thread>

#include "base/status.h"
#include "redap/handlers.h"
#include "rerun/v1alpha1/cloud.grpc.pb.h"

namespace mutoscope::redap {
namespace {

constexpr size_t kThreadsMin = 4;  // handlers wait for disks, so more than a small machine has cores
// Calls that may take long, apart from the others.
constexpr size_t kRegisterThreads = 8;
constexpr size_t kUpkeepThreads = 1;

std::optional<std::string> Header(const grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return std::nullopt;
  return std::string(found->second.data(), found->second.size());
}

// FetchChunks in raw form, everything else with messages.
using Base = cloud::RerunCloudService::WithRawCallbackMethod_FetchChunks<cloud::RerunCloudService::CallbackService>;

class Service final : public Base {
 public:
  Service(Engine engine, std::shared_ptr<StopSignal> stop)
      : engine_(std::move(engine)),
        stop_(std::move(stop)),
        pool_(std::max<size_t>(kThreadsMin, std::thread::hardware_concurrency())),
        register_pool_(kRegisterThreads),
        upkeep_pool_(kUpkeepThreads) {}
  ~Service() override {
    pool_.join();
    register_pool_.join();
    upkeep_pool_.join();
  }

#define UNARY(Method) UNARY_ON(Method, pool_)
#define UNARY_ON(Method, pool)                                                                                  \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context, const cloud::Method##Request* request, \
                                   cloud::Method##Response* response) override {                                \
    return RunUnary(pool, context, [this, context, request, response] {                                         \
      return redap::Method(CallOf(*context, [context] { return context->IsCancelled(); }), *request, response); \
    });                                                                                                         \
  }
#define STREAM(Method, pool)                                                                                  \
  grpc::ServerWriteReactor<cloud::Method##Response>* Method(grpc::CallbackServerContext* context,             \
                                                            const cloud::Method##Request* request) override { \
    return new StreamReactor<cloud::Method##Response>(                                                        \
        pool, [this, context, request](std::function<bool()> cancelled, Waker wake) {                         \
          return redap::Method(CallOf(*context, std::move(cancelled), std::move(wake)), *request);            \
        });                                                                                                   \
  }
#define CLIENT_STREAM(Method)                                                                                           \
  grpc::ServerReadReactor<cloud::Method##Request>* Method(grpc::CallbackServerContext* context,                         \
                                                          cloud::Method##Response* response) override {                 \
    return new ReadReactor<cloud::Method##Request, cloud::Method##Response>(pool_, context, response, [this, context] { \
      return redap::Method(CallOf(*context, [context] { return context->IsCancelled(); }));                             \
    });                                                                                                                 \
  }

  UNARY(Version)
  UNARY(WhoAmI)
  UNARY(FindEntries)
  UNARY(CreateDatasetEntry)
  UNARY(ReadDatasetEntry)
  UNARY(UpdateDatasetEntry)
  UNARY(UpdateEntry)
  UNARY(DeleteEntry)
  UNARY(ReadTableEntry)
  UNARY(GetTableSchema)
  STREAM(ScanTable, pool_)
  UNARY_ON(RegisterWithDataset, register_pool_)
  STREAM(UnregisterFromDataset, pool_)
  UNARY(QueryTasks)
  STREAM(QueryTasksOnCompletion, pool_)
  UNARY(GetSegmentTableSchema)
  STREAM(ScanSegmentTable, pool_)
  UNARY(GetDatasetManifestSchema)
  STREAM(ScanDatasetManifest, pool_)
  UNARY(GetDatasetSchema)
  STREAM(GetSchemas, pool_)
  STREAM(QueryDataset, pool_)
  STREAM(FindChunks, pool_)
  STREAM(GetRrdManifest, pool_)
  STREAM(GetAssetsForSegment, pool_)
  UNARY(CancelTasks)
  STREAM(WatchEvents, pool_)
  UNARY(CreateTableEntry)
  UNARY(UpdateTableEntry)
  UNARY(RegisterTable)
  CLIENT_STREAM(WriteTable)
  CLIENT_STREAM(WriteChunks)
  UNARY(GetWriteAccessGrant)
  UNARY(GetMultipartUploadPartGrants)
  UNARY(CompleteMultipartUpload)
  UNARY(AbortMultipartUpload)
  STREAM(GetSegmentProperties, pool_)
  UNARY(SetSegmentProperties)
  UNARY(DeleteSegmentProperties)
  UNARY_ON(DoMaintenance, upkeep_pool_)
  UNARY_ON(DoGlobalMaintenance, upkeep_pool_)
  STREAM(DoBandwidthTest, pool_)

#undef UNARY
#undef UNARY_ON
#undef STREAM
#undef CLIENT_STREAM

  grpc::ServerWriteReactor<grpc::ByteBuffer>* FetchChunks(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* bytes) override {
    return new StreamReactor<grpc::ByteBuffer>(
        pool_,
        [this, context, bytes](std::function<bool()> cancelled, const Waker&) -> arrow::Result<Generator<grpc::ByteBuffer>> {
          cloud::FetchChunksRequest request;
          grpc::ByteBuffer copy = *bytes;  // Deserialize consumes its argument
          const auto parsed = grpc::SerializationTraits<cloud::FetchChunksRequest>::Deserialize(&copy, &request);
          if (!parsed.ok()) return base::InvalidArgument("FetchChunks: the request does not parse: {}", parsed.error_message());
          return redap::FetchChunks(CallOf(*context, std::move(cancelled)), request);
        });
  }

 private:
  Call CallOf(const grpc::CallbackServerContext& context, std::function<bool()> cancelled, Waker wake = nullptr) {
    auto wake_at = [this, wake](std::chrono::steady_clock::time_point time) { return WakeAt(time, wake); };
    return {engine_,
            Header(context, "x-rerun-entry-id"),
            Header(context, "x-rerun-entry-name-bin"),
            std::move(cancelled),
            std::move(wake),
            std::move(wake_at),
            stop_};
  }
  std::shared_ptr<void> WakeAt(std::chrono::steady_clock::time_point time, const Waker& wake) {
    auto timer = std::make_shared<boost::asio::steady_timer>(pool_, time);
    timer->async_wait([wake](const boost::system::error_code& error) {
      if (!error) wake();
    });
    return timer;
  }

  const Engine engine_;
  const std::shared_ptr<StopSignal> stop_;
  boost::asio::thread_pool pool_;
  boost::asio::thread_pool register_pool_;
  boost::asio::thread_pool upkeep_pool_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeService(Engine engine, std::shared_ptr<StopSignal> stop) {
  return std::make_unique<Service>(std::move(engine), std::move(stop));
}

}  // namespace mutoscope::redap
