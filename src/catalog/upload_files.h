// Where uploads are on the disk (docs/formats/uploads.md). No locks here: callers see to it that a directory is not used and
// removed at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "arrow/result.h"

namespace mutoscope::catalog {

struct PartFile {
  uint32_t number = 0;
  std::string etag;
  uint64_t bytes = 0;
  int64_t mtime_ns = 0;
  std::string path;
};

class UploadFiles {
 public:
  // `data_directory` exists; nothing is made.
  static arrow::Result<UploadFiles> Of(const std::string& data_directory);

  std::string ObjectPath(const std::string& key) const { return root_ + "/" + key; }
  // ALREADY_EXISTS if there is an object or a folder of that name, or an object where a folder has to be.
  arrow::Status CheckFree(const std::string& key) const;

  // A name for an object's bytes until it is published. Makes the directory.
  arrow::Result<std::string> NewObjectTemporary() const;
  // Makes the directory of a multipart upload; its name is the upload's id.
  arrow::Result<std::string> MakeUpload(int64_t expires_at_ns) const;
  bool HasUpload(const std::string& id) const;
  std::string NewPartTemporary(const std::string& id) const;
  std::string PartPath(const std::string& id, uint32_t number, const std::string& etag) const;
  // Newest last, of the same number too.
  std::vector<PartFile> ListParts(const std::string& id) const;
  // Removes it with its parts.
  void RemoveUpload(const std::string& id) const;

  // Ids of multipart uploads that there are.
  std::vector<std::string> ListUploads() const;
  // When the upload expires, from its id.
  static int64_t ExpiryOf(const std::string& id);
  // What a process that died left of bodies it was receiving. Call it before any new upload begins.
  void RemoveTorn() const;

 private:
  std::string Pending() const { return root_ + "/.pending"; }
  std::string root_;
};

}  // namespace mutoscope::catalog
