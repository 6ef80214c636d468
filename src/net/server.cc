#include "net/server.h"

#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "base/status.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "net/accept.h"
#include "net/call_interceptor.h"
#include "net/unknown_methods.h"

namespace mutoscope::net {
namespace {

constexpr int kIoThreads = 2;  // HTTP/1.1 and accepting; gRPC has threads of its own
// What Stop() gives to clients: to idle gRPC ones to say goodbye, and to HTTP/1.1 ones to take the end of an answer.
constexpr std::chrono::milliseconds kGoodbyeTimeout{500};
constexpr size_t kRouteThreads = 4;  // handlers of routes wait for disks
constexpr std::chrono::milliseconds kShutdownPoll{5};

using Clock = std::chrono::steady_clock;

// Pings of idle clients are welcome (redap.md §6.2: every 30 s), and clients that vanished are found by our own.
void SetKeepAlive(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
}

}  // namespace

struct Server::State {
  explicit State(ServerOptions server_options) : options(std::move(server_options)) {}

  arrow::Status Start();
  void Stop();

  ServerOptions options;
  Metrics metrics;
  std::atomic<bool> stopping{false};
  std::mutex stop_mutex;
  bool stopped = true;

  UnknownMethods unknown_methods;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc_acceptor;
  std::unique_ptr<grpc::Server> grpc_server;
  std::unique_ptr<WebStub> web_stub;

  std::unique_ptr<asio::thread_pool> route_pool;  // none without routes
  asio::io_context io{kIoThreads};
  ConnectionSet http1_connections{&metrics};
  std::unique_ptr<GrpcConnections> grpc_connections;
  std::unique_ptr<Acceptor> acceptor;
  std::vector<std::thread> io_threads;

 private:
  arrow::Status StartGrpc();
  void ShutDownGrpc(Clock::time_point deadline);
};

arrow::Status Server::State::StartGrpc() {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(-1);
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, static_cast<int>(options.limits.first_bytes_timeout.count()));
  SetKeepAlive(builder);
  for (grpc::Service* service : options.services) builder.RegisterService(service);
  builder.RegisterCallbackGenericService(&unknown_methods);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(MakeCallInterceptorFactory(
      {.metrics = &metrics, .server_version = options.server_version, .request_bytes = options.request_bytes}));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  using ConnectionType = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  grpc_acceptor =
      builder.experimental().AddExternalConnectionAcceptor(ConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  grpc_server = builder.BuildAndStart();
  if (!grpc_server) return base::Internal("gRPC did not start; its log says why (are two services of the same name registered?)");
  grpc::ChannelArguments web_arguments;
  web_arguments.SetMaxReceiveMessageSize(-1);
  web_arguments.SetMaxSendMessageSize(-1);
  web_stub = std::make_unique<WebStub>(grpc_server->InProcessChannel(web_arguments));
  return arrow::Status::OK();
}

arrow::Status Server::State::Start() {
  ARROW_ASSIGN_OR_RAISE(acceptor, Acceptor::Listen(io, options.host, options.port));
  ARROW_ASSIGN_OR_RAISE(grpc_connections, GrpcConnections::Make(io, &metrics));
  ARROW_RETURN_NOT_OK(StartGrpc());
  if (!options.http_routes.empty()) route_pool = std::make_unique<asio::thread_pool>(kRouteThreads);
  stopped = false;
  acceptor->Start(
      {.grpc = grpc_acceptor.get(),
       .grpc_connections = grpc_connections.get(),
       .http1_connections = &http1_connections,
       .http1 = {
           .options = &options, .metrics = &metrics, .stub = web_stub.get(), .pool = route_pool.get(), .stopping = &stopping}});
  for (int i = 0; i < kIoThreads; ++i) io_threads.emplace_back([this] { io.run(); });
  return arrow::Status::OK();
}

// gRPC waits for clients to say goodbye, which one that vanished never does: without calls they get no whole grace.
void Server::State::ShutDownGrpc(Clock::time_point deadline) {
  const auto wall_deadline = std::chrono::system_clock::now() + (deadline - Clock::now());
  auto shutdown = std::async(std::launch::async, [&] { grpc_server->Shutdown(wall_deadline); });
  auto last_call = Clock::now();
  while (shutdown.wait_for(kShutdownPoll) != std::future_status::ready) {
    if (metrics.in_flight() > 0) last_call = Clock::now();
    if (Clock::now() - last_call > kGoodbyeTimeout) grpc_connections->CloseAll();
  }
}

void Server::State::Stop() {
  std::lock_guard lock(stop_mutex);
  if (std::exchange(stopped, true)) return;
  const auto deadline = Clock::now() + options.stop_grace;
  stopping = true;
  acceptor->Stop();
  http1_connections.CloseIdle();
  // gRPC-web calls first: shutting gRPC down ends the in-process channel, and them, without any grace.
  http1_connections.WaitUntilEmpty(deadline);
  ShutDownGrpc(deadline);
  http1_connections.WaitUntilEmpty(Clock::now() + kGoodbyeTimeout);
  http1_connections.CloseAll();
  grpc_connections->Stop();
  for (std::thread& thread : io_threads) thread.join();
  if (route_pool) route_pool->join();
}

arrow::Result<std::unique_ptr<Server>> Server::Start(ServerOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  const arrow::Status started = state->Start();
  if (!started.ok()) {
    state->Stop();
    return started;
  }
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { Stop(); }

uint16_t Server::port() const { return state_->acceptor->port(); }

void Server::Stop() { state_->Stop(); }

}  // namespace mutoscope::net
