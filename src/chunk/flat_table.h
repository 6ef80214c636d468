// Bounds-checked reading of FlatBuffers tables: the encoding of Arrow IPC metadata. Only what ipc_layout.cc needs.
//
// Pure functions over bytes that nobody has checked. Every position is verified before it is read; "absent" and "damaged" are
// told apart by the Result.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "arrow/result.h"
#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::chunk {

struct FlatVector {
  uint64_t position = 0;  // of the first element
  uint64_t count = 0;
};

class FlatTable {
 public:
  static arrow::Result<FlatTable> Root(std::span<const uint8_t> bytes) {
    if (bytes.size() < 4) return Damaged();
    return At(bytes, base::LoadLittle<uint32_t>(bytes.data()));
  }

  template <typename T>
  arrow::Result<T> Scalar(uint32_t slot, T absent) const {
    const uint64_t position = FieldPosition(slot);
    if (position == 0) return absent;
    if (!Holds(position, sizeof(T))) return Damaged();
    return base::LoadLittle<T>(bytes_.data() + position);
  }

  bool Has(uint32_t slot) const { return FieldPosition(slot) != 0; }

  // The table a slot points to; INVALID_ARGUMENT if it is absent.
  arrow::Result<FlatTable> Table(uint32_t slot) const {
    const uint64_t position = FieldPosition(slot);
    if (position == 0) return Damaged();
    ARROW_ASSIGN_OR_RAISE(const uint64_t target, Follow(position));
    return At(bytes_, target);
  }

  arrow::Result<FlatVector> Vector(uint32_t slot, uint64_t element_bytes) const {
    const uint64_t position = FieldPosition(slot);
    if (position == 0) return FlatVector{};
    ARROW_ASSIGN_OR_RAISE(const uint64_t target, Follow(position));
    if (!Holds(target, 4)) return Damaged();
    const FlatVector vector{target + 4, base::LoadLittle<uint32_t>(bytes_.data() + target)};
    if (!Holds(vector.position, vector.count * element_bytes)) return Damaged();
    return vector;
  }

  // Element `i` of a vector of tables.
  arrow::Result<FlatTable> Element(const FlatVector& vector, uint64_t i) const {
    ARROW_ASSIGN_OR_RAISE(const uint64_t target, Follow(vector.position + i * 4));
    return At(bytes_, target);
  }

  arrow::Result<std::string_view> String(uint32_t slot) const {
    ARROW_ASSIGN_OR_RAISE(const FlatVector vector, Vector(slot, 1));
    return std::string_view(reinterpret_cast<const char*>(bytes_.data()) + vector.position, vector.count);
  }

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  FlatTable(std::span<const uint8_t> bytes, uint64_t position, uint64_t vtable, uint16_t vtable_bytes)
      : bytes_(bytes), position_(position), vtable_(vtable), vtable_bytes_(vtable_bytes) {}

  static arrow::Status Damaged() {
    return base::InvalidArgument("damaged Arrow IPC metadata: an offset leads outside of the message");
  }

  static arrow::Result<FlatTable> At(std::span<const uint8_t> bytes, uint64_t position) {
    if (position > bytes.size() || bytes.size() - position < 4) return Damaged();
    // The vtable lies at a signed distance before the table.
    const int64_t vtable = static_cast<int64_t>(position) - base::LoadLittle<int32_t>(bytes.data() + position);
    if (vtable < 0 || static_cast<uint64_t>(vtable) + 4 > bytes.size()) return Damaged();
    const auto vtable_bytes = base::LoadLittle<uint16_t>(bytes.data() + vtable);
    if (vtable_bytes < 4 || static_cast<uint64_t>(vtable) + vtable_bytes > bytes.size()) return Damaged();
    return FlatTable(bytes, position, static_cast<uint64_t>(vtable), vtable_bytes);
  }

  bool Holds(uint64_t position, uint64_t length) const { return position <= bytes_.size() && length <= bytes_.size() - position; }

  // 0 if the table does not have the field.
  uint64_t FieldPosition(uint32_t slot) const {
    const uint64_t entry = 4 + uint64_t{slot} * 2;
    if (entry + 2 > vtable_bytes_) return 0;
    const auto offset = base::LoadLittle<uint16_t>(bytes_.data() + vtable_ + entry);
    return offset == 0 ? 0 : position_ + offset;
  }

  arrow::Result<uint64_t> Follow(uint64_t position) const {
    if (!Holds(position, 4)) return Damaged();
    return position + base::LoadLittle<uint32_t>(bytes_.data() + position);
  }

  std::span<const uint8_t> bytes_;
  uint64_t position_;
  uint64_t vtable_;
  uint16_t vtable_bytes_;
};

}  // namespace mutoscope::chunk
