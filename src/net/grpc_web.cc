#include "net/grpc_web.h"

#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "boost/beast/core/buffers_to_string.hpp"
#include "boost/beast/http/chunk_encode.hpp"
#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/serializer.hpp"
#include "boost/beast/http/write.hpp"
#include "net/cors.h"
#include "net/grpc_web_format.h"
#include "net/stream_io.h"

namespace mutoscope::net {
namespace {

namespace http = beast::http;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }
beast::string_view BeastView(std::string_view text) { return {text.data(), text.size()}; }

grpc::Status ToGrpcStatus(const arrow::Status& status) {
  return {static_cast<grpc::StatusCode>(base::CodeOf(status)), status.message()};
}

std::optional<GrpcWebType> TypeOf(const HttpRequest& request) {
  return ParseGrpcWebType(View(request[http::field::content_type]));
}

// The parts of one answer, sent in this order: Header, any number of Message, End.
class AnswerWriter {
 public:
  AnswerWriter(const Http1Context& context, Connection& connection, const HttpRequest& request, GrpcWebType type)
      : context_(context), stream_(connection.stream), request_(request), type_(type) {}

  asio::awaitable<ErrorCode> Header(const Metadata& initial) {
    http::response<http::empty_body> response{http::status::ok, 11};
    for (const auto& [key, value] : initial) {
      const std::string_view name(key.data(), key.size());
      const std::string_view bytes(value.data(), value.size());
      const std::string text = name.ends_with("-bin") ? Base64Encode(bytes) : std::string(bytes);
      response.insert(BeastView(name), text);
    }
    AddCorsHeaders(request_, context_.options->cors_allow_origins, response);
    response.set(http::field::content_type, BeastView(type_.content_type));
    response.set(http::field::cache_control, "no-store");
    response.chunked(true);
    response.keep_alive(keep_alive());
    http::response_serializer<http::empty_body> serializer(response);
    stream_.expires_after(timeout());
    ErrorCode error;
    co_await http::async_write_header(stream_, serializer, asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }

  asio::awaitable<ErrorCode> Message(const grpc::ByteBuffer& message, const std::array<uint8_t, 5>& frame_header) {
    std::vector<grpc::Slice> slices;
    if (!message.Dump(&slices).ok()) co_return ErrorCode(ENOMEM, boost::system::generic_category());
    std::vector<asio::const_buffer> buffers{asio::buffer(frame_header)};
    for (const grpc::Slice& slice : slices) buffers.emplace_back(slice.begin(), slice.size());
    co_return co_await Chunk(buffers);
  }

  asio::awaitable<ErrorCode> End(const grpc::Status& status, const Metadata& trailing) {
    const std::string trailers = TrailersFrame(status, trailing);
    const std::vector<asio::const_buffer> buffers{asio::buffer(trailers)};
    ErrorCode error = co_await Chunk(buffers);
    if (!error) error = co_await WriteAll(stream_, http::make_chunk_last(), timeout());
    co_return error;
  }

  bool keep_alive() const { return request_.keep_alive() && !context_.stopping->load(); }

 private:
  asio::awaitable<ErrorCode> Chunk(const std::vector<asio::const_buffer>& buffers) {
    if (!type_.base64) co_return co_await WriteAll(stream_, http::make_chunk(buffers), timeout());
    const std::string text = Base64Encode(beast::buffers_to_string(buffers));
    co_return co_await WriteAll(stream_, http::make_chunk(asio::buffer(text)), timeout());
  }
  std::chrono::milliseconds timeout() const { return context_.options->limits.idle_timeout; }

  const Http1Context& context_;
  beast::tcp_stream& stream_;
  const HttpRequest& request_;
  const GrpcWebType type_;
};

// A request that cannot become a call gets its status in the usual form.
asio::awaitable<bool> Refuse(AnswerWriter& writer, arrow::Status status) {
  ErrorCode error = co_await writer.Header({});
  if (!error) error = co_await writer.End(ToGrpcStatus(status), {});
  co_return !error && writer.keep_alive();
}

void SetRequestMetadata(const HttpRequest& request, grpc::ClientContext& context) {
  for (const auto& field : request) {
    const auto entry = HeaderToMetadata(View(field.name_string()), View(field.value()));
    if (entry) context.AddMetadata(entry->key, entry->value);
  }
  if (const auto timeout = ParseGrpcTimeout(View(request["grpc-timeout"]))) {
    const auto now = std::chrono::system_clock::now();
    const auto step = std::chrono::duration_cast<std::chrono::system_clock::duration>(*timeout);
    const bool fits = step < std::chrono::system_clock::time_point::max() - now;
    if (fits) context.set_deadline(now + step);
  }
}

// A client that goes away makes the socket readable, with nothing to read.
asio::awaitable<void> CancelWhenClientLeaves(std::shared_ptr<Connection> connection, std::shared_ptr<WebCall> call) {
  ErrorCode error;
  auto& socket = connection->stream.socket();
  char byte = 0;
  ssize_t count = -1;
  do {  // a wait may end with nothing to read
    co_await socket.async_wait(asio::ip::tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;  // the answer is complete
    count = recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  } while (count < 0 && errno == EAGAIN);
  if (count <= 0) call->Cancel();
}

// Writes all of the call's answer. On an error of the connection the call is cancelled and read to its end.
asio::awaitable<ErrorCode> StreamAnswer(WebCall& call, AnswerWriter& writer) {
  grpc::ByteBuffer message;
  bool more = co_await call.Read(&message);
  ErrorCode error = co_await writer.Header(call.context().GetServerInitialMetadata());
  grpc::Status refused;
  while (more && !error) {
    const auto frame_header = MessageFrameHeader(message.Length());
    if (!frame_header.ok()) {
      refused = ToGrpcStatus(frame_header.status());
      break;
    }
    error = co_await writer.Message(message, *frame_header);
    if (!error) more = co_await call.Read(&message);
  }
  if (more) call.Cancel();
  const grpc::Status status = co_await call.Finish();
  if (!error) error = co_await writer.End(refused.ok() ? status : refused, call.context().GetServerTrailingMetadata());
  co_return error;
}

}  // namespace

bool IsGrpcWeb(const HttpRequest& request) { return request.method() == http::verb::post && TypeOf(request).has_value(); }

asio::awaitable<bool> ServeGrpcWeb(const Http1Context& context, std::shared_ptr<Connection> connection, HttpRequest request) {
  const GrpcWebType type = *TypeOf(request);
  AnswerWriter writer(context, *connection, request, type);
  if (type.base64) {
    auto decoded = Base64Decode(request.body());
    if (!decoded) co_return co_await Refuse(writer, base::InvalidArgument("the body of a gRPC-web-text request is no base64"));
    request.body() = std::move(*decoded);
  }
  const auto message = ParseSingleMessage(request.body());
  if (!message.ok()) co_return co_await Refuse(writer, message.status());
  const grpc::Slice slice(message->data(), message->size());

  auto call = std::make_shared<WebCall>(connection->stream.get_executor());
  SetRequestMetadata(request, call->context());
  call->Start(*context.stub, std::string(View(request.target())), grpc::ByteBuffer(&slice, 1));
  connection->call = call;
  asio::co_spawn(connection->stream.get_executor(), CancelWhenClientLeaves(connection, call), asio::detached);
  const ErrorCode error = co_await StreamAnswer(*call, writer);
  connection->call.reset();
  ErrorCode not_waiting;
  connection->stream.socket().cancel(not_waiting);
  co_return !error && writer.keep_alive();
}

}  // namespace mutoscope::net
