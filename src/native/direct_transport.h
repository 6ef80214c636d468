// Calls of the redap service inside this process, without gRPC: in the caller's thread, which makes it work in any process and
// costs no threads.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "native/engine_host.h"
#include "native/transport.h"

namespace mutoscope::native {

class DirectTransport final : public Transport {
 public:
  explicit DirectTransport(std::shared_ptr<EngineHost> host) : host_(std::move(host)) {}
  arrow::Result<Pieces> Unary(const std::string& method, const Metadata& metadata, std::string request) override;
  arrow::Result<std::unique_ptr<MessageStream>> Stream(const std::string& method, const Metadata& metadata,
                                                       std::string request) override;
  arrow::Result<Pieces> ClientStream(const std::string& method, const Metadata& metadata, const NextRequest& next) override;
  arrow::Status Upload(const HttpUpload& upload, arrow::io::RandomAccessFile& content) override;

 private:
  std::shared_ptr<EngineHost> host_;
};

}  // namespace mutoscope::native
