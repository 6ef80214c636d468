#include "native/direct_transport.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string_view>

#include "base/status.h"
#include "catalog/uploads.h"
#include "native/redap_methods.h"
#include "redap/handlers.h"

namespace mutoscope::native {
namespace {

namespace cloud = rerun::cloud::v1alpha1;

constexpr std::string_view kUploadPath = "/upload/";
constexpr int64_t kUploadPieceBytes = 1 << 20;

using NextMessage = std::function<arrow::Result<std::optional<std::string>>()>;

// Where a caller sleeps while its stream has nothing yet (redap::Produced::kLater).
class Sleeper {
 public:
  void Wake() {
    {
      std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }
  void WakeAt(std::chrono::steady_clock::time_point time) {
    std::lock_guard lock(mutex_);
    wake_at_ = time;
  }
  void Sleep() {
    std::unique_lock lock(mutex_);
    if (wake_at_) {
      changed_.wait_until(lock, *wake_at_, [this] { return woken_; });
    } else {
      changed_.wait(lock, [this] { return woken_; });
    }
    woken_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::optional<std::chrono::steady_clock::time_point> wake_at_;
};

template <typename Message>
arrow::Result<Message> Parse(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) {
    return base::InvalidArgument("{}: the message does not parse", message.GetTypeName());
  }
  return message;
}

template <typename Request, typename Response>
auto UnaryMethod(arrow::Status (*handler)(const redap::Call&, const Request&, Response*)) {
  return [handler](const redap::Call& call, const std::string& bytes) -> arrow::Result<std::string> {
    ARROW_ASSIGN_OR_RAISE(const auto request, Parse<Request>(bytes));
    Response response;
    ARROW_RETURN_NOT_OK(handler(call, request, &response));
    return response.SerializeAsString();
  };
}

template <typename Request, typename Response>
auto StreamMethod(arrow::Result<redap::Generator<Response>> (*handler)(const redap::Call&, const Request&)) {
  return [handler](const redap::Call& call, const std::string& bytes,
                   std::shared_ptr<Sleeper> sleeper) -> arrow::Result<NextMessage> {
    ARROW_ASSIGN_OR_RAISE(const auto request, Parse<Request>(bytes));
    ARROW_ASSIGN_OR_RAISE(auto generator, handler(call, request));
    return NextMessage([generator = std::move(generator), sleeper = std::move(sleeper), cancelled = call.cancelled,
                        ended = false]() mutable -> arrow::Result<std::optional<std::string>> {
      if (ended) return std::nullopt;
      Response response;
      ARROW_ASSIGN_OR_RAISE(auto produced, generator(&response));
      while (produced == redap::Produced::kLater) {
        sleeper->Sleep();
        if (cancelled()) return base::Cancelled("the call was cancelled");
        ARROW_ASSIGN_OR_RAISE(produced, generator(&response));
      }
      ended = produced != redap::Produced::kMessage;
      if (produced == redap::Produced::kNothing) return std::nullopt;
      return response.SerializeAsString();
    });
  };
}

template <typename Request, typename Response>
auto ClientStreamMethod(arrow::Result<std::unique_ptr<redap::Consumer<Request, Response>>> (*handler)(const redap::Call&)) {
  return [handler](const redap::Call& call, const NextRequest& next) -> arrow::Result<std::string> {
    ARROW_ASSIGN_OR_RAISE(const auto consumer, handler(call));
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(const auto bytes, next());
      if (!bytes) break;
      ARROW_ASSIGN_OR_RAISE(auto request, Parse<Request>(*bytes));
      ARROW_RETURN_NOT_OK(consumer->Take(std::move(request)));
    }
    Response response;
    ARROW_RETURN_NOT_OK(consumer->Finish(&response));
    return response.SerializeAsString();
  };
}

using Unary = std::function<arrow::Result<std::string>(const redap::Call&, const std::string&)>;
using Stream = std::function<arrow::Result<NextMessage>(const redap::Call&, const std::string&, std::shared_ptr<Sleeper>)>;
using ClientStreaming = std::function<arrow::Result<std::string>(const redap::Call&, const NextRequest&)>;

const std::map<std::string_view, Unary>& UnaryMethods() {
  static const std::map<std::string_view, Unary> methods = {
      {kVersion, UnaryMethod(redap::Version)},
      {kFindEntries, UnaryMethod(redap::FindEntries)},
      {kCreateDatasetEntry, UnaryMethod(redap::CreateDatasetEntry)},
      {kReadDatasetEntry, UnaryMethod(redap::ReadDatasetEntry)},
      {kUpdateEntry, UnaryMethod(redap::UpdateEntry)},
      {kDeleteEntry, UnaryMethod(redap::DeleteEntry)},
      {kGetDatasetSchema, UnaryMethod(redap::GetDatasetSchema)},
      {kRegisterWithDataset, UnaryMethod(redap::RegisterWithDataset)},
      {kQueryTasks, UnaryMethod(redap::QueryTasks)},
      {kUpdateDatasetEntry, UnaryMethod(redap::UpdateDatasetEntry)},
      {kCancelTasks, UnaryMethod(redap::CancelTasks)},
      {kSetSegmentProperties, UnaryMethod(redap::SetSegmentProperties)},
      {kDeleteSegmentProperties, UnaryMethod(redap::DeleteSegmentProperties)},
      {kCreateTableEntry, UnaryMethod(redap::CreateTableEntry)},
      {kRegisterTable, UnaryMethod(redap::RegisterTable)},
      {kReadTableEntry, UnaryMethod(redap::ReadTableEntry)},
      {kUpdateTableEntry, UnaryMethod(redap::UpdateTableEntry)},
      {kGetTableSchema, UnaryMethod(redap::GetTableSchema)},
      {kGetWriteAccessGrant, UnaryMethod(redap::GetWriteAccessGrant)},
      {kDoMaintenance, UnaryMethod(redap::DoMaintenance)},
      {kDoGlobalMaintenance, UnaryMethod(redap::DoGlobalMaintenance)},
  };
  return methods;
}

const std::map<std::string_view, Stream>& StreamMethods() {
  static const std::map<std::string_view, Stream> methods = {
      {kScanSegmentTable, StreamMethod(redap::ScanSegmentTable)},
      {kScanDatasetManifest, StreamMethod(redap::ScanDatasetManifest)},
      {kUnregisterFromDataset, StreamMethod(redap::UnregisterFromDataset)},
      {kQueryTasksOnCompletion, StreamMethod(redap::QueryTasksOnCompletion)},
      {kGetAssetsForSegment, StreamMethod(redap::GetAssetsForSegment)},
      {kGetSegmentProperties, StreamMethod(redap::GetSegmentProperties)},
      {kScanTable, StreamMethod(redap::ScanTable)},
      {kDoBandwidthTest, StreamMethod(redap::DoBandwidthTest)},
  };
  return methods;
}

const std::map<std::string_view, ClientStreaming>& ClientStreamMethods() {
  static const std::map<std::string_view, ClientStreaming> methods = {
      {kWriteTable, ClientStreamMethod(redap::WriteTable)},
  };
  return methods;
}

redap::Call CallOf(const redap::Engine& engine, const Metadata& metadata, std::function<bool()> cancelled,
                   const std::shared_ptr<Sleeper>& sleeper) {
  redap::Call call{engine,
                   std::nullopt,
                   std::nullopt,
                   std::move(cancelled),
                   [sleeper] { sleeper->Wake(); },
                   [sleeper](std::chrono::steady_clock::time_point time) {
                     sleeper->WakeAt(time);
                     return nullptr;
                   },
                   std::make_shared<redap::StopSignal>()};
  for (const auto& [name, value] : metadata) {
    if (name == kEntryIdHeader) call.entry_id = value;
  }
  return call;
}

arrow::Status Unknown(const std::string& method) { return base::Unimplemented("{} is not served inside a process", method); }

class DirectStream final : public MessageStream {
 public:
  DirectStream(std::shared_ptr<EngineHost> host, std::shared_ptr<std::atomic<bool>> cancelled, std::shared_ptr<Sleeper> sleeper,
               NextMessage next)
      : host_(std::move(host)), cancelled_(std::move(cancelled)), sleeper_(std::move(sleeper)), next_(std::move(next)) {}

  arrow::Result<std::optional<Pieces>> Next() override {
    if (*cancelled_) return base::Cancelled("the call was cancelled");
    ARROW_ASSIGN_OR_RAISE(auto message, next_());
    if (!message) return std::nullopt;
    return Pieces{arrow::Buffer::FromString(std::move(*message))};
  }
  Metadata TrailingMetadata() const override { return {}; }
  void Cancel() override {
    *cancelled_ = true;
    sleeper_->Wake();
  }

 private:
  std::shared_ptr<EngineHost> host_;  // outlives what `next_` reads
  std::shared_ptr<std::atomic<bool>> cancelled_;
  std::shared_ptr<Sleeper> sleeper_;
  NextMessage next_;
};

}  // namespace

arrow::Result<Pieces> DirectTransport::Unary(const std::string& method, const Metadata& metadata, std::string request) {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  const auto found = UnaryMethods().find(method);
  if (found == UnaryMethods().end()) return Unknown(method);
  ARROW_ASSIGN_OR_RAISE(auto answer,
                        found->second(CallOf(
                                          host_->redap(), metadata, [] { return false; }, std::make_shared<Sleeper>()),
                                      request));
  return Pieces{arrow::Buffer::FromString(std::move(answer))};
}

arrow::Result<std::unique_ptr<MessageStream>> DirectTransport::Stream(const std::string& method, const Metadata& metadata,
                                                                      std::string request) {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  const auto found = StreamMethods().find(method);
  if (found == StreamMethods().end()) return Unknown(method);
  auto cancelled = std::make_shared<std::atomic<bool>>(false);
  auto sleeper = std::make_shared<Sleeper>();
  const auto call = CallOf(
      host_->redap(), metadata, [cancelled] { return cancelled->load(); }, sleeper);
  ARROW_ASSIGN_OR_RAISE(auto next, found->second(call, request, sleeper));
  return std::make_unique<DirectStream>(host_, std::move(cancelled), std::move(sleeper), std::move(next));
}

arrow::Result<Pieces> DirectTransport::ClientStream(const std::string& method, const Metadata& metadata,
                                                    const NextRequest& next) {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  const auto found = ClientStreamMethods().find(method);
  if (found == ClientStreamMethods().end()) return Unknown(method);
  const auto call = CallOf(
      host_->redap(), metadata, [] { return false; }, std::make_shared<Sleeper>());
  ARROW_ASSIGN_OR_RAISE(auto answer, found->second(call, next));
  return Pieces{arrow::Buffer::FromString(std::move(answer))};
}

// As the server does with such a request (native/upload_route.h).
arrow::Status DirectTransport::Upload(const HttpUpload& upload, arrow::io::RandomAccessFile& content) {
  ARROW_RETURN_NOT_OK(host_->CheckProcess());
  if (!upload.same_origin || !upload.url.starts_with(kUploadPath)) return Unknown(upload.method + " " + upload.url);
  const auto only_if_absent = std::any_of(upload.headers.begin(), upload.headers.end(), [](const auto& header) {
    return header.first == "if-none-match" && header.second == "*";
  });
  ARROW_ASSIGN_OR_RAISE(const int64_t size, content.GetSize());
  ARROW_ASSIGN_OR_RAISE(const auto body, host_->catalog().uploads().Begin(upload.url.substr(kUploadPath.size()),
                                                                          static_cast<uint64_t>(size), only_if_absent));
  for (int64_t at = 0; at < size;) {
    ARROW_ASSIGN_OR_RAISE(const auto piece, content.ReadAt(at, std::min(kUploadPieceBytes, size - at)));
    if (piece->size() == 0) return base::DataLoss("the file ends at byte {} of {}: it has changed meanwhile", at, size);
    ARROW_RETURN_NOT_OK(body->Write({piece->data(), static_cast<size_t>(piece->size())}));
    at += piece->size();
  }
  return body->Finish().status();
}

}  // namespace mutoscope::native
