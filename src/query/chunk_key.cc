#include "query/chunk_key.h"

#include <xxhash.h>

#include <limits>

#include "base/bytes.h"
#include "base/status.h"

namespace mutoscope::query {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kMadeVersion = 2;  // of keys that hold a made chunk
constexpr size_t kPlaceBytes = 1 + 16 + 8 + 4;
constexpr size_t kFixedBytes = kPlaceBytes + 2 + 2;
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

void AppendText(std::string* out, const std::string& text) {
  Append(out, static_cast<uint16_t>(text.size()));
  *out += text;
}

void AppendTexts(std::string* out, const std::vector<std::string>& texts) {
  Append(out, static_cast<uint16_t>(texts.size()));
  for (const auto& text : texts) AppendText(out, text);
}

std::string EncodeMade(const MadeChunk& made) {
  std::string out;
  AppendText(&out, made.entity);
  AppendTexts(&out, made.components);
  AppendTexts(&out, made.timelines);
  Append(&out, static_cast<uint32_t>(made.rows.size()));
  for (const MadeRow& row : made.rows) {
    const auto id = row.row_id.bytes();
    out.append(reinterpret_cast<const char*>(id.data()), id.size());
    Append(&out, static_cast<uint8_t>(row.has_instance));
    for (const int64_t time : row.times) Append(&out, time);
  }
  return out;
}

// Reads what a client sent: every length is checked against what is left.
class MadeReader {
 public:
  explicit MadeReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<MadeChunk> Read() {
    MadeChunk made;
    made.entity = Text();
    made.components = Texts();
    made.timelines = Texts();
    const size_t row_bytes = 16 + 1 + 8 * made.timelines.size();
    const auto rows = Number<uint32_t>();
    if (!good_ || rows == 0 || made.components.empty() || bytes_.size() != row_bytes * rows) return std::nullopt;
    for (uint32_t i = 0; i < rows; ++i) {
      MadeRow row;
      row.row_id = base::Tuid::FromBytes(reinterpret_cast<const uint8_t*>(Bytes(16).data()));
      row.has_instance = Number<uint8_t>() != 0;
      for (size_t t = 0; t < made.timelines.size(); ++t) row.times.push_back(Number<int64_t>());
      if (i > 0 && row.row_id <= made.rows.back().row_id) return std::nullopt;
      made.rows.push_back(std::move(row));
    }
    return made;
  }

 private:
  std::string_view Bytes(size_t count) {
    good_ = good_ && count <= bytes_.size();
    const auto taken = bytes_.substr(0, good_ ? count : 0);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  template <typename T>
  T Number() {
    const auto bytes = Bytes(sizeof(T));
    return good_ ? base::LoadLittle<T>(reinterpret_cast<const uint8_t*>(bytes.data())) : T{};
  }
  std::string Text() { return std::string(Bytes(Number<uint16_t>())); }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (size_t left = Number<uint16_t>(); left > 0 && good_; --left) texts.push_back(Text());
    return texts;
  }

  std::string_view bytes_;
  bool good_ = true;
};

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
  out.push_back(static_cast<char>(key.made ? kMadeVersion : kVersion));
  const auto id = key.dataset.bytes();
  out.append(reinterpret_cast<const char*>(id.data()), id.size());
  Append(&out, key.layer);
  Append(&out, key.ordinal);
  out += key.made ? EncodeMade(*key.made) : EncodePiece(key);
  return out;
}

arrow::Result<ChunkKey> DecodeChunkKey(std::string_view bytes) {
  const auto* cursor = reinterpret_cast<const uint8_t*>(bytes.data());
  if (bytes.size() < kFixedBytes || (*cursor != kVersion && *cursor != kMadeVersion)) {
    return base::InvalidArgument("chunk_key of {} bytes was not made by this server: ask for the chunks again", bytes.size());
  }
  const bool is_made = *cursor++ == kMadeVersion;
  ChunkKey key;
  key.dataset = base::Tuid::FromBytes(cursor);
  cursor += 16;
  key.layer = Take<index::LayerId>(&cursor);
  key.ordinal = Take<uint32_t>(&cursor);
  if (is_made) {
    key.made = MadeReader(bytes.substr(kPlaceBytes)).Read();
    if (!key.made)
      return base::InvalidArgument("chunk_key of {} bytes was not made by this server: ask for the chunks again", bytes.size());
    return key;
  }
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
  if (key.made) {  // equal rows of two segments are two chunks
    const std::string all = EncodeChunkKey(key);
    return {XXH3_64bits(all.data(), all.size()), XXH3_64bits_withSeed(all.data(), all.size(), 1)};
  }
  const std::string piece = EncodePiece(key);
  return {stored.time_ns, XXH3_64bits_withSeed(piece.data(), piece.size(), stored.inc)};
}

}  // namespace mutoscope::query
