#include "catalog/segment_properties.h"

#include <random>

#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "base/status.h"
#include "base/time.h"
#include "catalog/blobs.h"
#include "catalog/state.h"

namespace mutoscope::catalog {
namespace {

arrow::Result<std::string> Encode(const arrow::RecordBatch& values) {
  ARROW_ASSIGN_OR_RAISE(const auto sink, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(const auto writer, arrow::ipc::MakeStreamWriter(sink, values.schema()));
  ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(values));
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(const auto bytes, sink->Finish());
  return bytes->ToString();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Decode(std::string ipc) {
  arrow::io::BufferReader source(arrow::Buffer::FromString(std::move(ipc)));
  ARROW_ASSIGN_OR_RAISE(const auto reader, arrow::ipc::RecordBatchStreamReader::Open(&source));
  ARROW_ASSIGN_OR_RAISE(const auto next, reader->Next());
  if (next == nullptr) return base::DataLoss("the catalog holds properties of a segment without a row");
  return next;
}

uint64_t NewRevision() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  uint64_t revision = 0;
  while (revision == 0) revision = random();
  return revision;
}

// 0: there are no properties.
uint64_t RevisionOf(soci::session& sql, DatasetKey dataset, const std::string& segment_id) {
  long long revision = 0;
  sql << "SELECT revision FROM segment_properties WHERE dataset = :d AND segment_id = :s", soci::use(dataset),
      soci::use(segment_id), soci::into(revision);
  return sql.got_data() ? static_cast<uint64_t>(revision) : 0;
}

}  // namespace

arrow::Result<std::vector<SegmentProperties>> SegmentPropertyStore::Get(const EntryId& id,
                                                                        const std::vector<std::string>& segment_ids) const {
  return state_.database->Read([&](soci::session& sql) -> arrow::Result<std::vector<SegmentProperties>> {
    ARROW_ASSIGN_OR_RAISE(const DatasetRow dataset, ReadDatasetRow(sql, id));
    std::vector<SegmentProperties> found;
    for (const std::string& segment_id : segment_ids) {
      soci::blob ipc(sql);
      long long revision = 0;
      sql << "SELECT revision, properties FROM segment_properties WHERE dataset = :d AND segment_id = :s", soci::use(dataset.key),
          soci::use(segment_id), soci::into(revision), soci::into(ipc);
      if (!sql.got_data()) continue;
      ARROW_ASSIGN_OR_RAISE(auto values, Decode(GetBlob(&ipc)));
      found.push_back({segment_id, std::move(values), static_cast<uint64_t>(revision)});
    }
    return found;
  });
}

arrow::Result<std::vector<SegmentProperties>> SegmentPropertyStore::List(const EntryId& id) const {
  std::vector<std::string> segment_ids;
  ARROW_RETURN_NOT_OK(state_.database->Read([&](soci::session& sql) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const DatasetRow dataset, ReadDatasetRow(sql, id));
    std::string segment_id;
    soci::statement list = (sql.prepare << "SELECT segment_id FROM segment_properties WHERE dataset = :d ORDER BY segment_id",
                            soci::use(dataset.key), soci::into(segment_id));
    list.execute();
    while (list.fetch()) segment_ids.push_back(segment_id);
    return arrow::Status::OK();
  }));
  return Get(id, segment_ids);
}

arrow::Result<uint64_t> SegmentPropertyStore::Set(const EntryId& id, const std::string& segment_id,
                                                  const arrow::RecordBatch& values, std::optional<uint64_t> expected_revision) {
  if (values.num_rows() != 1) {
    return base::InvalidArgument("properties of segment '{}': expected a single row, got {}", segment_id, values.num_rows());
  }
  ARROW_ASSIGN_OR_RAISE(const std::string ipc, Encode(values));
  if (static_cast<int64_t>(ipc.size()) > kSegmentPropertyBytesMax) {
    return base::InvalidArgument("properties of segment '{}': {} bytes are more than the {} that a segment may have", segment_id,
                                 ipc.size(), kSegmentPropertyBytesMax);
  }
  return state_.database->Write([&](soci::session& sql) -> arrow::Result<uint64_t> {
    ARROW_ASSIGN_OR_RAISE(const DatasetRow dataset, ReadDatasetRow(sql, id));
    const uint64_t present = RevisionOf(sql, dataset.key, segment_id);
    if (expected_revision && *expected_revision != present) {
      return base::FailedPrecondition(
          "properties of segment '{}' were modified concurrently: expected revision {}, found {}; read them again", segment_id,
          *expected_revision, present);
    }
    const uint64_t next = NewRevision();
    const auto revision = static_cast<long long>(next);
    const long long now = base::NowNs();
    soci::blob blob(sql);
    SetBlob(&blob, ipc);
    sql << "INSERT INTO segment_properties (dataset, segment_id, revision, updated_at_ns, properties) VALUES (:d, :s, :r, :u, "
           ":p) "
           "ON CONFLICT (dataset, segment_id) DO UPDATE SET revision = excluded.revision, updated_at_ns = "
           "excluded.updated_at_ns, "
           "properties = excluded.properties",
        soci::use(dataset.key), soci::use(segment_id), soci::use(revision), soci::use(now), soci::use(blob);
    return next;
  });
}

arrow::Status SegmentPropertyStore::Delete(const EntryId& id, const std::vector<Deletion>& deletions) {
  return state_.database->Write([&](soci::session& sql) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const DatasetRow dataset, ReadDatasetRow(sql, id));
    for (const Deletion& deletion : deletions) {
      if (deletion.expected_revision && RevisionOf(sql, dataset.key, deletion.segment_id) != *deletion.expected_revision) {
        continue;
      }
      sql << "DELETE FROM segment_properties WHERE dataset = :d AND segment_id = :s", soci::use(dataset.key),
          soci::use(deletion.segment_id);
    }
    return arrow::Status::OK();
  });
}

}  // namespace mutoscope::catalog
