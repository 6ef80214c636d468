#include "native/remote_queries.h"

#include "base/status.h"

namespace mutoscope::native {

arrow::Result<std::shared_ptr<arrow::Schema>> RemoteQueries::Schema(const std::string&, const Request&) const {
  return base::Unimplemented("remote queries come with the next commit");
}
arrow::Result<std::shared_ptr<QueryReader>> RemoteQueries::Run(const std::string&, const Request&) const {
  return base::Unimplemented("remote queries come with the next commit");
}
arrow::Result<std::string> RemoteQueries::Explain(const std::string&, const Request&, bool) const {
  return base::Unimplemented("remote queries come with the next commit");
}
arrow::Result<std::shared_ptr<arrow::Array>> RemoteQueries::Cell(const std::string&, const CellRequest&) const {
  return base::Unimplemented("remote queries come with the next commit");
}

}  // namespace mutoscope::native
