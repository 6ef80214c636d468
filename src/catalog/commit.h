// Making layers visible: the one transaction at the end of a registration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/state.h"

namespace mutoscope::catalog {

// One row of the answer to a registration.
struct Draft {
  std::string task_id;
  std::string findings;                      // of the source
  Layer layer;                               // for a source that is not readable: only names and path
  arrow::Status error;                       // why it cannot be registered
  std::optional<index::LayerId> grown_from;  // a layer that grew: it takes the place of that one only, which may be itself
  SchemaHash schema_sha256{};
  std::shared_ptr<arrow::Schema> schema;
  bool all_static = true;
};

// Layers that share one pack file and one transaction.
struct DraftGroup {
  std::optional<PackRow> pack;  // written already; none if no draft needs it
  std::vector<Draft> drafts;
  bool quiet = false;        // no tasks and no answer rows: the verdict is Draft::error; the rows writer is not told
  bool all_or_none = false;  // a draft that cannot become visible is the error of the whole group
};

// Decides about each draft (duplicates, limits, schema) and makes the good ones visible, with the outcome of their tasks, all in
// one transaction. `tasks_written`: the tasks are in the database already, pending or cancelled meanwhile; it changes inside the
// database's lock only. Removes the pack file if no layer got visible.
arrow::Status CommitGroup(CatalogState& state, DatasetState& dataset, DraftGroup* group, OnDuplicate on_duplicate,
                          const bool& tasks_written);

}  // namespace mutoscope::catalog
