#include "native/ipc_stream.h"

#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "arrow/ipc/options.h"
#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::native {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr int kContinuesField = 1;
constexpr uint32_t kMarker = 0xFFFFFFFF;
constexpr int64_t kPrefixBytes = 8;

arrow::Status Malformed() { return base::DataLoss("the server's answer to a query is malformed"); }

int64_t BytesOf(const Pieces& pieces) {
  int64_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece->size();
  return bytes;
}

// Takes bytes from the front of pieces.
class Cursor {
 public:
  explicit Cursor(const Pieces& pieces) : pieces_(pieces), left_(BytesOf(pieces)) {}
  int64_t left() const { return left_; }

  arrow::Result<uint64_t> Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (left_ == 0) return Malformed();
      const uint8_t byte = Byte();
      value |= uint64_t{byte & 0x7Fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return Malformed();
  }

  arrow::Result<Pieces> Take(uint64_t bytes) {
    if (bytes > static_cast<uint64_t>(left_)) return Malformed();
    Pieces taken;
    auto wanted = static_cast<int64_t>(bytes);
    left_ -= wanted;
    while (wanted > 0) {
      const int64_t length = std::min(wanted, pieces_[next_]->size() - offset_);
      if (length > 0) taken.push_back(arrow::SliceBuffer(pieces_[next_], offset_, length));
      Advance(length);
      wanted -= length;
    }
    return taken;
  }

 private:
  uint8_t Byte() {
    while (offset_ == pieces_[next_]->size()) Advance(0);
    const uint8_t byte = pieces_[next_]->data()[offset_];
    Advance(1);
    --left_;
    return byte;
  }
  void Advance(int64_t bytes) {
    offset_ += bytes;
    if (offset_ < pieces_[next_]->size()) return;
    offset_ = 0;
    ++next_;
  }

  const Pieces& pieces_;
  size_t next_ = 0;
  int64_t offset_ = 0;
  int64_t left_;
};

void CopyTo(const Pieces& pieces, uint8_t* out) {
  for (const auto& piece : pieces) {
    std::memcpy(out, piece->data(), static_cast<size_t>(piece->size()));
    out += piece->size();
  }
}

// One buffer; a copy unless the bytes are one aligned piece already.
arrow::Result<std::shared_ptr<arrow::Buffer>> Gather(const Pieces& pieces) {
  if (pieces.size() == 1 && pieces[0]->address() % kPrefixBytes == 0) return pieces[0];
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(BytesOf(pieces)));
  CopyTo(pieces, buffer->mutable_data());
  return buffer;
}

}  // namespace

arrow::Result<IpcPart> ParseIpcPart(const Pieces& message, int ipc_field) {
  IpcPart part;
  Cursor cursor(message);
  while (cursor.left() > 0) {
    ARROW_ASSIGN_OR_RAISE(const uint64_t tag, cursor.Varint());
    const auto field = static_cast<int>(tag >> 3);
    switch (tag & 7) {
      case WireFormatLite::WIRETYPE_VARINT: {
        ARROW_ASSIGN_OR_RAISE(const uint64_t value, cursor.Varint());
        if (field == kContinuesField && field != ipc_field) part.continues = value != 0;
        break;
      }
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
        ARROW_ASSIGN_OR_RAISE(const uint64_t length, cursor.Varint());
        ARROW_ASSIGN_OR_RAISE(auto bytes, cursor.Take(length));
        if (field == ipc_field) part.ipc = std::move(bytes);
        break;
      }
      case WireFormatLite::WIRETYPE_FIXED64:
        ARROW_RETURN_NOT_OK(cursor.Take(8).status());
        break;
      case WireFormatLite::WIRETYPE_FIXED32:
        ARROW_RETURN_NOT_OK(cursor.Take(4).status());
        break;
      default:
        return Malformed();
    }
  }
  return part;
}

arrow::Result<std::unique_ptr<arrow::ipc::Message>> IpcMessages::ReadNextMessage() {
  if (!left_.empty()) return Take();
  for (bool more = true; more;) {
    ARROW_ASSIGN_OR_RAISE(auto part, next_part_());
    if (!part) {
      if (!left_.empty()) return Malformed();
      return std::unique_ptr<arrow::ipc::Message>();
    }
    std::move(part->ipc.begin(), part->ipc.end(), std::back_inserter(left_));
    more = part->continues || left_.empty();
  }
  return Take();
}

arrow::Result<std::unique_ptr<arrow::ipc::Message>> IpcMessages::Take() {
  const Pieces pieces = std::exchange(left_, {});
  Cursor cursor(pieces);
  ARROW_ASSIGN_OR_RAISE(const auto prefix_pieces, cursor.Take(kPrefixBytes));
  uint8_t prefix[kPrefixBytes];
  CopyTo(prefix_pieces, prefix);
  if (base::LoadLittle<uint32_t>(prefix) != kMarker) return Malformed();
  ARROW_ASSIGN_OR_RAISE(const auto metadata_pieces, cursor.Take(base::LoadLittle<uint32_t>(prefix + 4)));
  ARROW_ASSIGN_OR_RAISE(const auto metadata, Gather(metadata_pieces));
  ARROW_ASSIGN_OR_RAISE(const auto bare, arrow::ipc::Message::Open(metadata, nullptr));
  const int64_t body_length = bare->body_length();
  if (body_length < 0) return Malformed();
  ARROW_ASSIGN_OR_RAISE(const auto body_pieces, cursor.Take(static_cast<uint64_t>(body_length)));
  ARROW_ASSIGN_OR_RAISE(auto body, Gather(body_pieces));
  ARROW_ASSIGN_OR_RAISE(left_, cursor.Take(static_cast<uint64_t>(cursor.left())));
  return arrow::ipc::Message::Open(metadata, std::move(body));
}

arrow::ipc::IpcReadOptions ReceivedIpcOptions() {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;  // nothing is compressed, so there is nothing to do in parallel
  return options;
}

}  // namespace mutoscope::native
