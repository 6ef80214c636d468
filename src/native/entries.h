// Entries between the wire and the public values.
#pragma once

#include <string>
#include <vector>

#include "arrow/result.h"
#include "mutoscope/entry.h"
#include "native/transport.h"
#include "redap/convert.h"

namespace mutoscope::native {

namespace cloud = rerun::cloud::v1alpha1;
namespace common = rerun::common::v1alpha1;

// Ids are 32 hex digits in text. INVALID_ARGUMENT for any other.
arrow::Result<common::EntryId> EntryIdFromText(const std::string& text);
std::string TextOf(const common::EntryId& id);
Entry FromProto(const cloud::EntryDetails& details);

// Sorted by name.
arrow::Result<std::vector<Entry>> FindEntries(Transport& transport, const cloud::EntryFilter& filter);

}  // namespace mutoscope::native
