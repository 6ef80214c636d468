// Arrow record batches out of received messages.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "arrow/ipc/message.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "native/transport.h"

namespace mutoscope::native {

// The message that a QueryResponse holds part of, without a copy.
struct IpcPart {
  bool continues = false;
  Pieces ipc;
};
// `ipc_field`: number of the bytes field. DATA_LOSS if the message is malformed.
arrow::Result<IpcPart> ParseIpcPart(const Pieces& message, int ipc_field);

// Arrow messages from parts: one after the other, each whole. The body is the received memory where that is one piece, else one
// aligned copy.
class IpcMessages final : public arrow::ipc::MessageReader {
 public:
  using NextPart = std::function<arrow::Result<std::optional<IpcPart>>()>;
  explicit IpcMessages(NextPart next_part) : next_part_(std::move(next_part)) {}
  arrow::Result<std::unique_ptr<arrow::ipc::Message>> ReadNextMessage() override;

 private:
  arrow::Result<std::unique_ptr<arrow::ipc::Message>> Take();

  NextPart next_part_;
  Pieces left_;  // of parts that hold several Arrow messages
};

// How all received batches are read.
arrow::ipc::IpcReadOptions ReceivedIpcOptions();

}  // namespace mutoscope::native
