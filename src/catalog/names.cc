#include "catalog/names.h"

#include "base/status.h"

namespace mutoscope::catalog {
namespace {

constexpr size_t kNameBytesMax = 180;
constexpr std::string_view kPunctuation = "_-. []:";

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kPunctuation.find(c) != std::string_view::npos;
}

}  // namespace

arrow::Status CheckEntryName(std::string_view name) {
  if (name.empty()) return base::InvalidArgument("an entry name is empty: expected 1 to {} characters", kNameBytesMax);
  if (name.size() > kNameBytesMax) {
    return base::InvalidArgument("the entry name '{}...' has {} bytes: at most {} are allowed", name.substr(0, 32), name.size(),
                                 kNameBytesMax);
  }
  for (const char c : name) {
    if (!IsNameCharacter(c)) {
      return base::InvalidArgument(
          "the entry name '{}' has an illegal character (byte {:#04x}): ASCII letters, digits and any of '_-. []:' are allowed",
          name, static_cast<unsigned char>(c));
    }
  }
  return arrow::Status::OK();
}

std::string BlueprintDatasetName(const EntryId& owner) { return "__bp_" + owner.text(); }
std::string AssetDatasetName(const EntryId& owner) { return "__as_" + owner.text(); }

}  // namespace mutoscope::catalog
