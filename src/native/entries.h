// Entries between the wire and the public values.
#pragma once

#include <string>

#include "arrow/result.h"
#include "mutoscope/dataset.h"
#include "redap/convert.h"

namespace mutoscope::native {

namespace cloud = rerun::cloud::v1alpha1;
namespace common = rerun::common::v1alpha1;

// Ids are 32 hex digits in text. INVALID_ARGUMENT for any other.
arrow::Result<common::EntryId> EntryIdFromText(const std::string& text);
std::string TextOf(const common::EntryId& id);
Entry FromProto(const cloud::EntryDetails& details);

}  // namespace mutoscope::native
