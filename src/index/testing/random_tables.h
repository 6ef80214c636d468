// Small random chunk tables, full of coincidences: few names, few times, static chunks, empty chunks, null cells. For tests only.
#pragma once

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "chunk/chunk_table.h"
#include "index/layer_pack.h"

namespace mutoscope::index::testing {

class RandomTables {
 public:
  explicit RandomTables(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  int64_t Time() { return static_cast<int64_t>(Below(60)) - 10; }
  chunk::TimeRange Range() {
    const int64_t start = Time();
    return {start, start + static_cast<int64_t>(OneIn(10) ? Below(60) : Below(8))};
  }

  // A random part of `all` in random order.
  template <typename T>
  std::vector<T> Some(std::vector<T> all) {
    std::shuffle(all.begin(), all.end(), random_);
    all.resize(Below(all.size() + 1));
    return all;
  }

  static std::vector<std::string> Entities() { return {"/", "/a", "/a/b", "/cam/left", "/cam/right", "/__properties"}; }
  static std::vector<std::string> Timelines() { return {"frame", "log_time", "sim"}; }
  static std::vector<chunk::Descriptor> Descriptors() {
    return {{"rerun.archetypes.Image", "Image:buffer", "rerun.components.ImageBuffer"},
            {"rerun.archetypes.Image", "Image:format", "rerun.components.ImageFormat"},
            {"", "value", ""},
            {"my.Archetype", "value", "my.Component"},
            {"rerun.archetypes.Clear", std::string(chunk::kClearComponent), "rerun.components.ClearIsRecursive"}};
  }

  LayerTable Layer(LayerId id, uint64_t chunks_max) {
    auto table = std::make_shared<chunk::ChunkTable>();
    table->entities = Some(Entities());
    for (const std::string& name : Some(Timelines()))
      table->timelines.push_back({name, static_cast<chunk::TimelineKind>(Below(3))});
    table->descriptors = Some(Descriptors());
    for (uint8_t& byte : table->schema_sha256) byte = static_cast<uint8_t>(Below(256));
    for (uint64_t i = table->entities.empty() ? 0 : Below(chunks_max + 1); i > 0; --i) table->chunks.push_back(Chunk(*table));
    return {id, table};
  }

 private:
  chunk::ChunkRow Chunk(const chunk::ChunkTable& table) {
    chunk::ChunkRow chunk;
    chunk.id = {Below(1000), random_()};
    chunk.entity = static_cast<uint32_t>(Below(table.entities.size()));
    chunk.is_static = OneIn(4);
    chunk.num_rows = OneIn(8) ? 0 : 1 + Below(5);
    chunk.place = {random_(), Below(1000), Below(5000)};
    for (uint32_t timeline = 0; timeline < table.timelines.size(); ++timeline) {
      if (!chunk.is_static && chunk.num_rows > 0 && !OneIn(4)) chunk.times.push_back({timeline, Range()});
    }
    for (uint32_t descriptor = 0; descriptor < table.descriptors.size(); ++descriptor) {
      if (!OneIn(3)) chunk.components.push_back(Component(descriptor, chunk));
    }
    return chunk;
  }

  chunk::ChunkComponent Component(uint32_t descriptor, const chunk::ChunkRow& chunk) {
    chunk::ChunkComponent component{descriptor, OneIn(2) ? Below(chunk.num_rows + 1) : chunk.num_rows, {}};
    if (component.rows_set == 0 || component.rows_set == chunk.num_rows) return component;
    for (const chunk::ChunkTime& time : chunk.times) {  // some cells are null, so the component's range may be narrower
      const auto length = static_cast<uint64_t>(time.range.max - time.range.min);
      const auto begin = static_cast<int64_t>(Below(length + 1));
      const auto end = begin + static_cast<int64_t>(Below(length - static_cast<uint64_t>(begin) + 1));
      const chunk::TimeRange range{time.range.min + begin, time.range.min + end};
      if (range != time.range) component.times.push_back({time.timeline, range});
    }
    return component;
  }

  std::mt19937_64 random_;
};

}  // namespace mutoscope::index::testing
