// What the calls about tables share.
#pragma once

#include "catalog/tables.h"
#include "redap/call.h"
#include "redap/convert.h"
#include "redap/reactors.h"

namespace mutoscope::redap {

// The table a call is about: as EntryOf(), but a name in the header is that of a table. Whether the entry is a table is not
// checked.
arrow::Result<catalog::EntryId> TableIdOf(const Call& call, const common::EntryId* body = nullptr);

// entries_table.cc: the system table __entries
const std::shared_ptr<arrow::Schema>& EntriesSchema();
arrow::Result<Generator<cloud::ScanTableResponse>> ScanEntries(const Call& call);

}  // namespace mutoscope::redap
