// One gRPC call over the in-process channel, driven by a coroutine: how gRPC-web reaches the services.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/client_callback.h"
#include "net/asio.h"

namespace mutoscope::net {

using WebStub = grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer>;

// Use: Start; Read until it says false; Finish. All of it, and the coroutines, on `executor`, a strand. It keeps itself alive
// from Start to the end of the call. A service must not send its status together with a message other than the first of a stream
// (StartWriteAndFinish): the in-process transport loses that message.
class WebCall : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>, public std::enable_shared_from_this<WebCall> {
 public:
  explicit WebCall(asio::any_io_executor executor);

  // For metadata and deadline before Start, and for response metadata after the first Read (initial) or Finish (trailing).
  grpc::ClientContext& context() { return context_; }

  // `method` is a full path. The request is the only one: the call is closed for writing at once.
  void Start(WebStub& stub, const std::string& method, const grpc::ByteBuffer& request);
  // The next message; false if there is none any more. gRPC reads no further message until this is called again.
  asio::awaitable<bool> Read(grpc::ByteBuffer* message);
  asio::awaitable<grpc::Status> Finish();
  // Thread-safe, at any time.
  void Cancel() { context_.TryCancel(); }

 private:
  void OnReadInitialMetadataDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  asio::any_io_executor executor_;
  asio::steady_timer wake_;  // cancelled when a result below arrives
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  bool has_initial_metadata_ = false;  // or there will be none
  grpc::ByteBuffer message_;
  bool reading_ = false;
  std::optional<bool> read_result_;
  std::optional<grpc::Status> status_;
  std::shared_ptr<WebCall> self_;  // gRPC holds a bare pointer until OnDone
};

}  // namespace mutoscope::net
