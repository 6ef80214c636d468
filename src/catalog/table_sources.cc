#include "catalog/table_sources.h"

#include <algorithm>
#include <filesystem>

#include "base/status.h"
#include "tables/file_reader.h"
#include "tables/table_schema.h"

namespace mutoscope::catalog {
namespace {

namespace fs = std::filesystem;

bool IsLance(const fs::path& path) {
  std::error_code ignored;
  return path.extension() == ".lance" || fs::is_directory(path / "_versions", ignored);
}

// "_SUCCESS", "_metadata", ".part-0.crc": what other programs leave beside the data.
bool IsHidden(const fs::path& path) {
  return path.filename().native().starts_with('_') || path.filename().native().starts_with('.');
}

arrow::Result<std::vector<std::string>> ListParquet(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      if (IsHidden(it->path())) it.disable_recursion_pending();
    } else if (it->path().extension() == ".parquet" && !IsHidden(it->path())) {
      paths.push_back(it->path().native());
    }
  }
  if (error) return base::PermissionDenied("cannot list all of '{}': {}", directory, error.message());
  if (paths.empty()) return base::InvalidArgument("'{}': no .parquet file in this directory", directory);
  std::ranges::sort(paths);
  return paths;
}

arrow::Status SameColumns(const std::string& first_path, const arrow::Schema& first, const std::string& path,
                          const arrow::Schema& schema) {
  for (int i = 0; i < std::max(first.num_fields(), schema.num_fields()); ++i) {
    const auto describe = [&](const arrow::Schema& of) {
      return i < of.num_fields() ? fmt::format("'{}' of the type {}", of.field(i)->name(), of.field(i)->type()->ToString())
                                 : std::string("no column");
    };
    const bool same = i < first.num_fields() && i < schema.num_fields() && first.field(i)->name() == schema.field(i)->name() &&
                      first.field(i)->type()->Equals(*schema.field(i)->type());
    if (!same) {
      return base::InvalidArgument("files of one table must have the same columns: column {} is {} in '{}' and {} in '{}'", i,
                                   describe(first), first_path, describe(schema), path);
    }
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<TableSource> FindTableSource(const storage::SourcePolicy& policy, const std::string& url) {
  TableSource source;
  ARROW_ASSIGN_OR_RAISE(source.path, policy.Resolve(url));
  if (IsLance(source.path)) {
    return base::Unimplemented(
        "'{}' is a Lance table: this server reads Parquet. Write it as Parquet first, for example with "
        "pyarrow.parquet.write_table(lance.dataset(path).to_table(), 'table.parquet'), and register that",
        url);
  }
  std::vector<std::string> paths = {source.path};
  std::error_code ignored;
  if (fs::is_directory(source.path, ignored)) {
    ARROW_ASSIGN_OR_RAISE(paths, ListParquet(source.path));
  }
  for (const std::string& listed : paths) {
    ARROW_ASSIGN_OR_RAISE(const std::string path, policy.Resolve(listed));
    ARROW_ASSIGN_OR_RAISE(const auto identity, storage::Identify(path));
    auto file = std::make_shared<tables::DataFile>(tables::DataFile::Info{path, false, identity, 0, 0});
    auto reader = tables::FileReader::Open(file);
    if (base::CodeOf(reader.status()) == base::Code::kDataLoss) return base::InvalidArgument("{}", reader.status().message());
    ARROW_RETURN_NOT_OK(reader.status());
    if (source.schema == nullptr) source.schema = (*reader)->schema();
    ARROW_RETURN_NOT_OK(SameColumns(paths.front(), *source.schema, path, *(*reader)->schema()));
    source.files.push_back({path, false, identity, (*reader)->rows(), 0});
  }
  ARROW_RETURN_NOT_OK(base::WithContext(tables::CheckSchema(*source.schema), source.path));
  // A file may lack a column's nulls where another has them.
  arrow::FieldVector fields;
  for (const auto& field : source.schema->fields()) fields.push_back(paths.size() > 1 ? field->WithNullable(true) : field);
  source.schema = arrow::schema(std::move(fields), source.schema->metadata());
  return source;
}

}  // namespace mutoscope::catalog
