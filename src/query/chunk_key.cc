#include "query/chunk_key.h"

#include <xxhash.h>

#include <limits>

#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::query {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kFixedBytes = 1 + 16 + 8 + 4 + 2 + 2;
constexpr size_t kListMax = std::numeric_limits<uint16_t>::max();

template <typename T>
void Append(std::string* out, T value) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

template <typename T>
T Take(const uint8_t** cursor) {
  const T value = base::LoadLittle<T>(*cursor);
  *cursor += sizeof(T);
  return value;
}

std::string EncodePiece(const ChunkKey& key) {
  std::string out;
  Append(&out, static_cast<uint16_t>(key.rows.size()));
  Append(&out, static_cast<uint16_t>(key.components.size()));
  for (const RowRange& range : key.rows) {
    Append(&out, range.begin);
    Append(&out, range.count);
  }
  for (const uint32_t component : key.components) Append(&out, component);
  return out;
}

bool Ascending(const ChunkKey& key) {
  uint64_t end = 0;
  for (const RowRange& range : key.rows) {
    if (range.begin < end || range.count == 0) return false;
    end = uint64_t{range.begin} + range.count;
  }
  for (size_t i = 1; i < key.components.size(); ++i) {
    if (key.components[i - 1] >= key.components[i]) return false;
  }
  return true;
}

}  // namespace

std::string EncodeChunkKey(const ChunkKey& key) {
  std::string out;
  out.reserve(kFixedBytes + 8 * key.rows.size() + 4 * key.components.size());
  out.push_back(static_cast<char>(kVersion));
  const auto id = key.dataset.bytes();
  out.append(reinterpret_cast<const char*>(id.data()), id.size());
  Append(&out, key.layer);
  Append(&out, key.ordinal);
  out += EncodePiece(key);
  return out;
}

arrow::Result<ChunkKey> DecodeChunkKey(std::string_view bytes) {
  const auto* cursor = reinterpret_cast<const uint8_t*>(bytes.data());
  if (bytes.size() < kFixedBytes || *cursor++ != kVersion) {
    return base::InvalidArgument("chunk_key of {} bytes was not made by this server: ask for the chunks again", bytes.size());
  }
  ChunkKey key;
  key.dataset = base::Tuid::FromBytes(cursor);
  cursor += 16;
  key.layer = Take<index::LayerId>(&cursor);
  key.ordinal = Take<uint32_t>(&cursor);
  const size_t rows = Take<uint16_t>(&cursor);
  const size_t components = Take<uint16_t>(&cursor);
  if (bytes.size() != kFixedBytes + 8 * rows + 4 * components) {
    return base::InvalidArgument("chunk_key is {} bytes long, its lists need {}", bytes.size(),
                                 kFixedBytes + 8 * rows + 4 * components);
  }
  for (size_t i = 0; i < rows; ++i) {
    const auto begin = Take<uint32_t>(&cursor);
    key.rows.push_back({begin, Take<uint32_t>(&cursor)});
  }
  for (size_t i = 0; i < components; ++i) key.components.push_back(Take<uint32_t>(&cursor));
  if (!Ascending(key)) return base::InvalidArgument("chunk_key: its rows or components are not ascending");
  static_assert(kListMax == std::numeric_limits<uint16_t>::max());
  return key;
}

base::Tuid PieceId(const base::Tuid& stored, const ChunkKey& key) {
  if (key.whole()) return stored;
  const std::string piece = EncodePiece(key);
  return {stored.time_ns, XXH3_64bits_withSeed(piece.data(), piece.size(), stored.inc)};
}

}  // namespace mutoscope::query
