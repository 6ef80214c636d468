#include <CLI/CLI.hpp>
#include <memory>

#include "base/status.h"
#include "chunk/chunk.h"
#include "chunk/chunk_table.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace mutoscope::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  bool json = false;
};

const char* NameOf(rrd::StoreKind kind) { return kind == rrd::StoreKind::kBlueprint ? "blueprint" : "recording"; }

Json FindingsJson(const std::vector<rrd::Finding>& findings) {
  Json json = Json::array();
  for (const auto& finding : findings) json.push_back({{"offset", finding.offset}, {"what", finding.what}});
  return json;
}

Json StoreJson(const rrd::StoreContents& contents, const chunk::ChunkTable& table) {
  uint64_t rows = 0, bytes = 0, decoded = 0;
  for (const auto& row : table.chunks) {
    rows += row.num_rows;
    bytes += row.place.message_size;
    decoded += row.place.uncompressed_size;
  }
  Json timelines = Json::array();
  for (const auto& [timeline, range] : chunk::SegmentTimeRanges(table)) {
    timelines.push_back(
        {{"name", timeline.name}, {"kind", std::string(chunk::NameOf(timeline.kind))}, {"min", range.min}, {"max", range.max}});
  }
  return {{"kind", NameOf(contents.store.kind)},
          {"recording_id", contents.store.recording_id},
          {"application_id", contents.store.application_id},
          {"chunks", table.chunks.size()},
          {"rows", rows},
          {"bytes", bytes},
          {"bytes_decoded", decoded},
          {"manifest", contents.manifest.has_value()},
          {"entities", table.entities},
          {"timelines", timelines}};
}

arrow::Result<Json> Info(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto file, storage::File::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto recording, rrd::ReadRecording(*file));
  const auto& version = recording.writer_version;
  Json json = {{"file", path},
               {"bytes", file->size()},
               {"written_by", fmt::format("{}.{}.{}", version[0], version[1], version[2])},
               {"streams", recording.streams},
               {"scanned", recording.scanned},
               {"stores", Json::array()}};
  for (const auto& contents : recording.stores) {
    ARROW_ASSIGN_OR_RAISE(const auto table, chunk::MakeChunkTable(*file, contents, &recording.findings));
    json["stores"].push_back(StoreJson(contents, table));
  }
  json["findings"] = FindingsJson(recording.findings);
  return json;
}

void PrintInfo(const Json& info) {
  fmt::print("{}: {}, written by SDK {}, {} stream(s){}\n", info["file"].get<std::string>(),
             FormatBytes(info["bytes"].get<uint64_t>()), info["written_by"].get<std::string>(), info["streams"].get<size_t>(),
             info["scanned"].get<bool>() ? ", without a trustworthy footer: read message by message" : "");
  for (const auto& store : info["stores"]) {
    fmt::print("  {} '{}' of application '{}': {} chunks, {} rows, {} ({} decoded), {} entities\n",
               store["kind"].get<std::string>(), store["recording_id"].get<std::string>(),
               store["application_id"].get<std::string>(), store["chunks"].get<size_t>(), store["rows"].get<uint64_t>(),
               FormatBytes(store["bytes"].get<uint64_t>()), FormatBytes(store["bytes_decoded"].get<uint64_t>()),
               store["entities"].size());
    for (const auto& entity : store["entities"]) fmt::print("    {}\n", entity.get<std::string>());
    for (const auto& timeline : store["timelines"]) {
      fmt::print("    index {} ({}): {} to {}\n", timeline["name"].get<std::string>(), timeline["kind"].get<std::string>(),
                 timeline["min"].get<int64_t>(), timeline["max"].get<int64_t>());
    }
  }
  for (const auto& finding : info["findings"]) {
    fmt::print("  finding at byte {}: {}\n", finding["offset"].get<uint64_t>(), finding["what"].get<std::string>());
  }
}

// Reads and decodes every chunk and compares it with the manifest.
arrow::Status VerifyChunk(const storage::File& file, const chunk::ChunkTable& table, const chunk::ChunkRow& row) {
  ARROW_ASSIGN_OR_RAISE(const auto head, rrd::ReadArrowMsgHead(file, row.place));
  ARROW_ASSIGN_OR_RAISE(auto payload, rrd::ReadPayload(file, head));
  ARROW_ASSIGN_OR_RAISE(const auto chunk, chunk::DecodeChunk(std::move(payload)));
  const auto& entity = table.entities[row.entity];
  if (chunk.id != row.id) return base::DataLoss("it is chunk {}, the manifest says {}", chunk.id.text(), row.id.text());
  if (chunk.entity_path != entity) return base::DataLoss("its entity is '{}', the manifest says '{}'", chunk.entity_path, entity);
  if (static_cast<uint64_t>(chunk.num_rows()) != row.num_rows) {
    return base::DataLoss("it has {} rows, the manifest says {}", chunk.num_rows(), row.num_rows);
  }
  if (chunk.is_static() != row.is_static) return base::DataLoss("the manifest is wrong about whether it is static");
  return arrow::Status::OK();
}

arrow::Result<Json> Verify(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto file, storage::File::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto recording, rrd::ReadRecording(*file));
  size_t chunks = 0;
  Progress progress("verifying " + path);
  for (const auto& contents : recording.stores) {
    ARROW_ASSIGN_OR_RAISE(const auto table, chunk::MakeChunkTable(*file, contents, &recording.findings));
    for (size_t i = 0; i < table.chunks.size(); ++i, ++chunks) {
      const auto status = VerifyChunk(*file, table, table.chunks[i]);
      if (!status.ok())
        recording.findings.push_back(
            {table.chunks[i].place.message_offset, "chunk " + table.chunks[i].id.text() + ": " + status.message()});
      progress.Update(i + 1, table.chunks.size());
    }
  }
  return Json{
      {"file", path}, {"ok", recording.findings.empty()}, {"chunks", chunks}, {"findings", FindingsJson(recording.findings)}};
}

void PrintVerified(const Json& verified) {
  fmt::print("{}: {} chunks, {}\n", verified["file"].get<std::string>(), verified["chunks"].get<size_t>(),
             verified["ok"].get<bool>() ? "ok" : "damaged");
  for (const auto& finding : verified["findings"]) {
    fmt::print("  at byte {}: {}\n", finding["offset"].get<uint64_t>(), finding["what"].get<std::string>());
  }
}

// Runs `read` on every file; one bad file does not hide the others.
int ForEachFile(const Options& options, arrow::Result<Json> (*read)(const std::string&), void (*print)(const Json&)) {
  Json all = Json::array();
  int exit_code = kExitOk;
  for (const auto& path : options.files) {
    const auto json = read(path);
    if (!json.ok()) {
      exit_code = PrintError(base::WithContext(json.status(), path));
      all.push_back({{"file", path}, {"ok", false}, {"error", json.status().message()}});
      continue;
    }
    if (json->contains("ok") && !(*json)["ok"].get<bool>()) exit_code = kExitFailed;
    all.push_back(*json);
    if (!options.json) print(*json);
  }
  if (options.json) PrintJson(all);
  return exit_code;
}

void Add(CLI::App& group, const char* name, const char* help, const char* footer, arrow::Result<Json> (*read)(const std::string&),
         void (*print)(const Json&), int* exit_code) {
  auto options = std::make_shared<Options>();
  auto* command = group.add_subcommand(name, help);
  command->footer(footer);
  command->add_option("FILE", options->files, "Recordings (.rrd, .rbl)")->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, read, print, exit_code] { *exit_code = ForEachFile(*options, read, print); });
}

}  // namespace

void AddRrd(CLI::App& app, int* exit_code) {
  auto* group = app.add_subcommand("rrd", "Look into recording files; needs no server");
  group->require_subcommand(1);
  group->footer("Example:\n  mutoscope rrd verify /data/robots/*.rrd");
  Add(*group, "info", "What is in a recording", "Example:\n  mutoscope rrd info run.rrd --json", Info, PrintInfo, exit_code);
  Add(*group, "verify", "Read every byte and check it",
      "Exits with 1 if anything is damaged.\n\nExample:\n  mutoscope rrd verify *.rrd", Verify, PrintVerified, exit_code);
}

}  // namespace mutoscope::cli
