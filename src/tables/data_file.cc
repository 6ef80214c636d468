#include "tables/data_file.h"

#include <unistd.h>

namespace mutoscope::tables {

DataFile::~DataFile() {
  if (info.ours && dropped) unlink(info.path.c_str());  // what stays is an orphan, removed at the next start
}

}  // namespace mutoscope::tables
