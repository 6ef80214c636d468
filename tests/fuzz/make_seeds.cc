// make_seeds CORPUS_DIR OUT_DIR: pieces of real recordings as seeds for each fuzz target, OUT_DIR/<target>/….
#include <google/protobuf/message_lite.h>
#include <lz4.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/bytes.h"
#include "rerun/v1alpha1/log_msg.pb.h"
#include "rrd/footer.h"
#include "rrd/recording.h"
#include "storage/file.h"

namespace mutoscope {
namespace {

namespace fs = std::filesystem;
namespace pb = rerun::log_msg::v1alpha1;

constexpr uint64_t kSeedBytesMax = 64 << 10;  // small inputs are tried more often

void Save(const fs::path& path, const std::string& bytes) {
  if (bytes.size() > kSeedBytesMax) return;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Manifests uncompressed: a fuzzer cannot look into an LZ4 block.
std::string WithPlainManifests(const std::string& payload) {
  pb::RrdFooter footer;
  if (!footer.ParseFromString(payload)) return payload;
  for (auto& manifest : *footer.mutable_manifests()) {
    auto* data = manifest.mutable_data();
    if (data->compression() != rerun::common::v1alpha1::COMPRESSION_LZ4) continue;
    std::string plain(data->uncompressed_size(), '\0');
    LZ4_decompress_safe(data->payload().data(), plain.data(), static_cast<int>(data->payload().size()),
                        static_cast<int>(plain.size()));
    data->set_payload(plain);
    data->set_compression(rerun::common::v1alpha1::COMPRESSION_NONE);
  }
  return footer.SerializeAsString();
}

void SaveFooter(const storage::File& file, const std::string& name, const fs::path& out) {
  if (file.size() < rrd::kStreamFooterBytes) return;
  const auto tail = file.Read(file.size() - rrd::kStreamFooterBytes, rrd::kStreamFooterBytes).ValueOrDie();
  const auto footer = rrd::FooterAtEnd({tail->data(), rrd::kStreamFooterBytes});
  if (!footer || footer->payload_size + rrd::kStreamFooterBytes > file.size()) return;
  const auto payload = file.Read(file.size() - rrd::kStreamFooterBytes - footer->payload_size, footer->payload_size).ValueOrDie();
  Save(out / "fuzz_footer" / name, WithPlainManifests(payload->ToString()));
  Save(out / "fuzz_footer" / (name + ".tail"), tail->ToString());
}

void SaveChunk(const storage::File& file, const rrd::ChunkPlace& place, const std::string& name, const fs::path& out) {
  const auto head = rrd::ReadArrowMsgHead(file, place);
  if (!head.ok()) return;
  const auto ipc = rrd::ReadPayload(file, *head);
  if (ipc.ok()) Save(out / "fuzz_chunk" / name, (*ipc)->ToString());
  if (head->compression != rrd::Compression::kLz4) return;
  std::string seed(4, '\0');
  base::StoreLittle(reinterpret_cast<uint8_t*>(seed.data()), static_cast<uint32_t>(head->uncompressed_size));
  Save(out / "fuzz_lz4" / name, seed + file.Read(head->payload_offset, head->payload_size).ValueOrDie()->ToString());
}

void SaveSeeds(const fs::path& path, const fs::path& out) {
  const std::string name = path.filename();
  const auto file = storage::File::Open(path.string()).ValueOrDie();
  Save(out / "fuzz_recording" / name, file->Read(0, file->size()).ValueOrDie()->ToString());
  SaveFooter(*file, name, out);
  const auto recording = rrd::ReadRecording(*file);
  if (!recording.ok()) return;
  size_t number = 0;
  for (const auto& contents : recording->stores) {
    for (const auto& place : contents.chunks) SaveChunk(*file, place, name + "." + std::to_string(number++), out);
  }
}

}  // namespace
}  // namespace mutoscope

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: make_seeds CORPUS_DIR OUT_DIR\n", stderr);
    return 2;
  }
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    if (entry.path().extension() == ".rrd" || entry.path().extension() == ".rbl") mutoscope::SaveSeeds(entry.path(), argv[2]);
  }
  return 0;
}
