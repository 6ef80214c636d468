// Not there yet.
#include "base/status.h"
#include "redap/handlers.h"

namespace mutoscope::redap {

arrow::Status CreateTableEntry(const Call&, const cloud::CreateTableEntryRequest&, cloud::CreateTableEntryResponse*) {
  return base::Unimplemented("CreateTableEntry is not implemented by this server");
}

arrow::Status RegisterTable(const Call&, const cloud::RegisterTableRequest&, cloud::RegisterTableResponse*) {
  return base::Unimplemented("RegisterTable is not implemented by this server");
}

arrow::Status UpdateTableEntry(const Call&, const cloud::UpdateTableEntryRequest&, cloud::UpdateTableEntryResponse*) {
  return base::Unimplemented("UpdateTableEntry is not implemented by this server");
}

arrow::Result<std::unique_ptr<Consumer<cloud::WriteTableRequest, cloud::WriteTableResponse>>> WriteTable(const Call&) {
  return base::Unimplemented("WriteTable is not implemented by this server");
}

}  // namespace mutoscope::redap
