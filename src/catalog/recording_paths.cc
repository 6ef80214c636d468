#include "catalog/recording_paths.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

namespace mutoscope::catalog {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNameBytesMax = 120;  // of the escaped segment id: file systems allow 255 for the whole name
constexpr size_t kDigits = 16;
constexpr std::string_view kExtension = ".rrd";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// Names are for people: the number alone makes them unique, so a long one may be cut.
std::string Escaped(std::string_view segment_id) {
  std::string text;
  for (const char c : segment_id) {
    const std::string piece = IsPlain(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
    if (text.size() + piece.size() > kNameBytesMax) break;
    text += piece;
  }
  return text;
}

}  // namespace

std::string RecordingsDirectory(const std::string& data_directory) {
  std::error_code error;
  const fs::path directory = fs::weakly_canonical(data_directory + "/recordings", error);
  return error ? data_directory + "/recordings" : directory.string();
}

std::string RecordingPath(const std::string& root, const EntryId& dataset, std::string_view segment_id, PackId number) {
  return fmt::format("{}/{}/{}-{:016x}{}", root, dataset.text(), Escaped(segment_id), static_cast<uint64_t>(number), kExtension);
}

std::optional<PackId> RecordingNumberOf(const std::string& root, const std::string& path) {
  const fs::path file(path);
  if (file.parent_path().parent_path() != fs::path(root)) return std::nullopt;
  if (!EntryId::Parse(file.parent_path().filename().string()).ok()) return std::nullopt;
  const std::string name = file.filename().string();
  if (name.size() < 1 + kDigits + kExtension.size() || !name.ends_with(kExtension)) return std::nullopt;
  const size_t begin = name.size() - kExtension.size() - kDigits;
  if (name[begin - 1] != '-') return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + begin, name.data() + begin + kDigits, number, 16);
  if (error != std::errc() || end != name.data() + begin + kDigits) return std::nullopt;
  return static_cast<PackId>(number);
}

std::vector<std::string> ListOwnRecordings(const std::string& root, PackId before) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator dataset(root, error), end; !error && dataset != end; dataset.increment(error)) {
    std::error_code inner;
    for (fs::directory_iterator file(dataset->path(), inner); !inner && file != end; file.increment(inner)) {
      const auto number = RecordingNumberOf(root, file->path().string());
      if (number && *number < before) paths.push_back(file->path().string());
    }
  }
  return paths;
}

}  // namespace mutoscope::catalog
