// The two oldest migration steps (rrd.md §4.1, §4.2a): files of 0.23 and before.
#pragma once

#include "chunk/migrate.h"

namespace mutoscope::chunk {

// 0.0.1 -> 0.0.2: column order, struct row ids, singular archetypes. INVALID_ARGUMENT if a row-id column cannot be converted.
arrow::Status MigrateTo_0_0_2(RawBatch* batch);

// 0.0.2 -> 0.1.0, part (a): `rerun.` keys and descriptors in three parts. Nothing happens where no key starts with `rerun.`.
void RenameDottedKeys(RawBatch* batch);

}  // namespace mutoscope::chunk
