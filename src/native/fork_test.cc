// A forked process reaches a server by URL, although gRPC was used before the fork.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "mutoscope/error.h"
#include "native/testing/served_dataset.h"

namespace mutoscope::native {
namespace {

// Runs `child` in a forked process; its text, empty if all was well. Killed by SIGALRM if it hangs.
std::string InChild(const std::function<std::string()>& child) {
  int pipe_fds[2];
  EXPECT_EQ(pipe(pipe_fds), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    const std::string text = child();
    (void)!write(pipe_fds[1], text.data(), text.size());
    _exit(0);
  }
  close(pipe_fds[1]);
  std::string text;
  char bytes[4096];
  for (ssize_t count; (count = read(pipe_fds[0], bytes, sizeof(bytes))) > 0;) text.append(bytes, static_cast<size_t>(count));
  close(pipe_fds[0]);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  if (!WIFEXITED(status)) text += " killed by signal " + std::to_string(WTERMSIG(status));
  return text;
}

using ForkTest = testing::ServedDatasetTest;

arrow::Result<int64_t> CountRows(const Dataset& dataset, const Request& request) {
  ARROW_ASSIGN_OR_RAISE(const auto reader, dataset.Query(request));
  ARROW_ASSIGN_OR_RAISE(const auto table, reader->ToTable());
  ARROW_RETURN_NOT_OK(table->ValidateFull());
  if (reader->statistics().rows != table->num_rows()) return arrow::Status::Invalid("no statistics");
  return table->num_rows();
}

std::string Text(const arrow::Result<int64_t>& rows) {
  return rows.ok() ? (*rows == 60 ? "" : std::to_string(*rows) + " rows") : rows.status().ToString();
}

TEST_F(ForkTest, AChildConnectsByUrl) {
  ASSERT_EQ(Text(CountRows(*remote_, FrameRequest())), "");  // gRPC has threads now
  const std::string url = server_->url();
  EXPECT_EQ(InChild([&]() -> std::string {
              auto catalog = Client::Connect(url);
              if (!catalog.ok()) return catalog.status().ToString();
              auto dataset = (*catalog)->GetDataset("robots");
              if (!dataset.ok()) return dataset.status().ToString();
              for (int i = 0; i < 3; ++i) {
                if (const auto text = Text(CountRows(**dataset, FrameRequest())); !text.empty()) return text;
              }
              auto cell = (*dataset)->Cell({testing::kBlobColumn, "frame", 7, "run_1", false});
              if (!cell.ok()) return cell.status().ToString();
              if ((*catalog)->GetDataset("nowhere").status().message().find("nowhere") == std::string::npos)
                return "no error text";
              if (ErrorCodeOf((*catalog)->CreateDataset("robots").status()) != ErrorCode::kAlreadyExists) return "wrong code";
              const auto abandoned = (*dataset)->Query(FrameRequest());
              if (!abandoned.ok() || !(*abandoned)->Close().ok()) return "cannot be closed";
              return Text(CountRows(**dataset, FrameRequest()));
            }),
            "");
  EXPECT_EQ(Text(CountRows(*remote_, FrameRequest())), "");  // the parent's connection is as it was
}

TEST_F(ForkTest, AnInheritedDatasetGoesOnWorking) {
  EXPECT_EQ(InChild([&] {
              auto text = Text(CountRows(*remote_, FrameRequest()));
              remote_.reset();
              remote_catalog_.reset();
              return text;
            }),
            "");
  EXPECT_EQ(Text(CountRows(*remote_, FrameRequest())), "");
}

TEST_F(ForkTest, AnInheritedServerIsTheParents) {
  EXPECT_EQ(InChild([&]() -> std::string {
              const auto status = embedded_->Query(FrameRequest()).status();
              if (ErrorCodeOf(status) != ErrorCode::kFailedPrecondition) return "embedded: " + status.ToString();
              ServerOptions options;
              options.catalog.directory = directory_ / "other";
              const auto started = Server::Start(options).status();
              if (ErrorCodeOf(started) != ErrorCode::kFailedPrecondition) return "server: " + started.ToString();
              embedded_.reset();
              catalog_.reset();
              server_.reset();
              return "";
            }),
            "");
  EXPECT_EQ(Text(CountRows(*remote_, FrameRequest())), "");
}

}  // namespace
}  // namespace mutoscope::native
