#include "native/grpc_transport.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/sync_stream.h>

#include "base/status.h"
#include "native/process_check.h"
#include "native/web_transport.h"

namespace mutoscope::native {
namespace {

// A received slice as an Arrow buffer, without a copy.
class SliceBuffer final : public arrow::Buffer {
 public:
  explicit SliceBuffer(grpc::Slice slice)
      : arrow::Buffer(slice.begin(), static_cast<int64_t>(slice.size())), slice_(std::move(slice)) {
    // A small slice lies inside the handle itself, so its bytes have moved with it.
    data_ = slice_.begin();
  }

 private:
  grpc::Slice slice_;
};

arrow::Result<Pieces> ToPieces(const grpc::ByteBuffer& message) {
  std::vector<grpc::Slice> slices;
  if (const auto status = message.Dump(&slices); !status.ok()) {
    return base::DataLoss("a received message cannot be read: {}", status.error_message());
  }
  Pieces pieces;
  for (auto& slice : slices) pieces.push_back(std::make_shared<SliceBuffer>(std::move(slice)));
  return pieces;
}

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  const grpc::Slice slice(std::move(bytes));
  return {&slice, 1};
}

arrow::Status FromGrpc(const grpc::Status& status, const std::string& url) {
  if (status.ok()) return arrow::Status::OK();
  const auto error = base::Error(static_cast<base::Code>(status.error_code()), status.error_message());
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ? base::WithContext(error, url) : error;
}

void SetMetadata(const Metadata& metadata, grpc::ClientContext* context) {
  for (const auto& [name, value] : metadata) context->AddMetadata(name, value);
  context->AddMetadata("x-rerun-client-version", "mutoscope/" MUTOSCOPE_VERSION);
}

class GrpcStream final : public MessageStream {
 public:
  GrpcStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, const Metadata& metadata,
             std::string request, std::string url)
      : url_(std::move(url)) {
    SetMetadata(metadata, &context_);
    const grpc::internal::RpcMethod rpc(method.c_str(), grpc::internal::RpcMethod::SERVER_STREAMING);
    reader_.reset(grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(channel.get(), rpc, &context_,
                                                                                ToByteBuffer(std::move(request))));
  }
  ~GrpcStream() override {
    if (process_.forked()) {  // it is the parent's, and would wait for threads that are not here
      (void)reader_.release();
      return;
    }
    if (finished_) return;
    context_.TryCancel();
    grpc::ByteBuffer message;
    while (reader_->Read(&message)) continue;
    reader_->Finish();
  }

  arrow::Result<std::optional<Pieces>> Next() override {
    if (finished_) return end_.ok() ? arrow::Result<std::optional<Pieces>>(std::nullopt) : end_;
    grpc::ByteBuffer message;
    if (reader_->Read(&message)) {
      ARROW_ASSIGN_OR_RAISE(auto pieces, ToPieces(message));
      return pieces;
    }
    finished_ = true;
    end_ = FromGrpc(reader_->Finish(), url_);
    ARROW_RETURN_NOT_OK(end_);
    return std::nullopt;
  }

  Metadata TrailingMetadata() const override {
    Metadata metadata;
    if (!finished_) return metadata;
    for (const auto& [name, value] : context_.GetServerTrailingMetadata()) {
      metadata.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
    return metadata;
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  const std::string url_;
  const ProcessCheck process_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader_;
  bool finished_ = false;
  arrow::Status end_;
};

class GrpcTransport final : public Transport {
 public:
  // `forked` also does what goes over plain HTTP.
  GrpcTransport(std::shared_ptr<grpc::Channel> channel, std::string url, std::shared_ptr<Transport> forked)
      : channel_(std::move(channel)), url_(std::move(url)), forked_(std::move(forked)) {}
  ~GrpcTransport() override {
    if (process_.forked()) new std::shared_ptr<grpc::Channel>(std::move(channel_));  // kept for ever: see ~GrpcStream
  }

  arrow::Result<Pieces> Unary(const std::string& method, const Metadata& metadata, std::string request) override {
    if (process_.forked()) return forked_->Unary(method, metadata, std::move(request));
    grpc::ClientContext context;
    SetMetadata(metadata, &context);
    const grpc::internal::RpcMethod rpc(method.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ByteBuffer answer;
    ARROW_RETURN_NOT_OK(FromGrpc(grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
                                     channel_.get(), rpc, &context, ToByteBuffer(std::move(request)), &answer),
                                 url_));
    return ToPieces(answer);
  }

  arrow::Result<std::unique_ptr<MessageStream>> Stream(const std::string& method, const Metadata& metadata,
                                                       std::string request) override {
    if (process_.forked()) return forked_->Stream(method, metadata, std::move(request));
    return std::make_unique<GrpcStream>(channel_, method, metadata, std::move(request), url_);
  }

  arrow::Result<Pieces> ClientStream(const std::string& method, const Metadata& metadata, const NextRequest& next) override {
    if (process_.forked()) return forked_->ClientStream(method, metadata, next);
    grpc::ClientContext context;
    SetMetadata(metadata, &context);
    const grpc::internal::RpcMethod rpc(method.c_str(), grpc::internal::RpcMethod::CLIENT_STREAMING);
    grpc::ByteBuffer answer;
    const std::unique_ptr<grpc::ClientWriter<grpc::ByteBuffer>> writer(
        grpc::internal::ClientWriterFactory<grpc::ByteBuffer>::Create(channel_.get(), rpc, &context, &answer));
    for (;;) {
      auto message = next();
      if (!message.ok()) {
        context.TryCancel();
        (void)writer->Finish();
        return message.status();
      }
      // A call that has ended takes no more; its status tells why.
      if (!*message || !writer->Write(ToByteBuffer(std::move(**message)))) break;
    }
    writer->WritesDone();
    ARROW_RETURN_NOT_OK(FromGrpc(writer->Finish(), url_));
    return ToPieces(answer);
  }

  arrow::Status Upload(const HttpUpload& upload, arrow::io::RandomAccessFile& content) override {
    return forked_->Upload(upload, content);
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  const std::string url_;
  const ProcessCheck process_;
  const std::shared_ptr<Transport> forked_;  // for children of this process
};

}  // namespace

arrow::Result<std::shared_ptr<Transport>> ConnectGrpc(const std::string& address, const std::string& url,
                                                      std::chrono::nanoseconds timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  const auto deadline =
      std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout);
  if (!channel->WaitForConnected(deadline)) {
    return base::Unavailable("no server answers at {}; start one with `mutoscope serve`", url);
  }
  return std::make_shared<GrpcTransport>(std::move(channel), url, MakeWebTransport(address, url, timeout));
}

}  // namespace mutoscope::native
