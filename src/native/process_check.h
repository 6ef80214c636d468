// Threads do not survive a fork: what owns some is of no use in the child, and cannot be destroyed there either.
#pragma once

#include <unistd.h>

namespace mutoscope::native {

// Remembers the process that made it.
class ProcessCheck {
 public:
  bool forked() const { return getpid() != pid_; }

 private:
  pid_t pid_ = getpid();
};

// True in the process that asked first, false in its forked children. Asked before every use of gRPC, which works only in the
// process that used it first.
inline bool GrpcWorksHere() {
  static const ProcessCheck first_use;
  return !first_use.forked();
}

}  // namespace mutoscope::native
