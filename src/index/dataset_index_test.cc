#include "index/dataset_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/status.h"
#include "index/testing/random_tables.h"

namespace mutoscope::index {
namespace {

using testing::RandomTables;
using Place = std::pair<LayerId, uint32_t>;  // layer, ordinal
using Model = std::map<LayerId, std::shared_ptr<const chunk::ChunkTable>>;

// The same questions, answered by looking at every chunk of every table.
template <typename Predicate>
std::vector<Place> Where(const Model& model, const ContentSelection& contents, const LayerSelection& layers,
                         Predicate&& predicate) {
  std::vector<Place> places;
  for (const auto& [layer, table] : model) {
    if (!layers.all && std::find(layers.layers.begin(), layers.layers.end(), layer) == layers.layers.end()) continue;
    for (uint32_t i = 0; i < table->chunks.size(); ++i) {
      const chunk::ChunkRow& chunk = table->chunks[i];
      const std::string& entity = table->entities[chunk.entity];
      const bool selected = contents.all || std::any_of(contents.entities.begin(), contents.entities.end(),
                                                        [&](const EntitySelection& e) { return e.entity == entity; });
      if (selected && predicate(*table, chunk)) places.emplace_back(layer, i);
    }
  }
  return places;
}

std::optional<chunk::TimeRange> RangeOf(const chunk::ChunkTable& table, const chunk::ChunkRow& chunk, std::string_view timeline) {
  for (const chunk::ChunkTime& time : chunk.times) {
    if (table.timelines[time.timeline].name == timeline) return time.range;
  }
  return std::nullopt;
}

// Of component number `position`; none if no cell of it is set.
std::optional<chunk::TimeRange> RangeOf(const chunk::ChunkTable& table, const chunk::ChunkRow& chunk, size_t position,
                                        std::string_view timeline) {
  const chunk::ChunkComponent& component = chunk.components[position];
  if (component.rows_set == 0) return std::nullopt;
  for (const chunk::ComponentTime& time : component.times) {
    if (table.timelines[time.timeline].name == timeline) return time.range;
  }
  return RangeOf(table, chunk, timeline);
}

std::vector<Place> BruteForceLatestAt(const Model& model, const ContentSelection& contents, const std::vector<LayerId>& segment,
                                      std::string_view timeline, int64_t at) {
  const auto selected = [&](const std::string& entity, const std::string& component) {
    return contents.all || std::any_of(contents.entities.begin(), contents.entities.end(), [&](const EntitySelection& e) {
             return e.entity == entity && (e.all_components || component == chunk::kClearComponent ||
                                           std::find(e.components.begin(), e.components.end(), component) != e.components.end());
           });
  };
  std::map<std::pair<std::string, std::string>, int64_t> latest;  // a cell at this time exists for sure
  for (const bool first_pass : {true, false}) {
    std::set<Place> found;
    for (const auto& [layer, table] : model) {
      if (std::find(segment.begin(), segment.end(), layer) == segment.end()) continue;
      for (uint32_t i = 0; i < table->chunks.size(); ++i) {
        const chunk::ChunkRow& chunk = table->chunks[i];
        for (size_t c = 0; c < chunk.components.size(); ++c) {
          const std::string& entity = table->entities[chunk.entity];
          const std::string& component = table->descriptors[chunk.components[c].descriptor].component;
          const auto range = RangeOf(*table, chunk, c, timeline);
          if (chunk.is_static || !selected(entity, component) || !range || range->min > at) continue;
          auto& certain = latest.try_emplace({entity, component}, INT64_MIN).first->second;
          if (first_pass) certain = std::max(certain, range->max <= at ? range->max : range->min);
          if (std::min(range->max, at) >= certain) found.insert({layer, i});
        }
      }
    }
    if (!first_pass) return {found.begin(), found.end()};
  }
  return {};
}

std::vector<Place> PlacesOf(const DatasetIndex& index, const std::vector<ChunkRef>& refs) {
  std::vector<Place> places;
  for (const ChunkRef& ref : refs) places.emplace_back(index.Info(ref).layer, index.Info(ref).ordinal);
  return places;
}

class Checker {
 public:
  Checker(uint64_t seed, uint64_t chunks_max) : random_(seed), chunks_max_(chunks_max) {}

  void Grow() {
    std::vector<LayerTable> layers;
    for (uint64_t n = random_.OneIn(5) ? random_.Below(20) : random_.Below(4); n > 0; --n) {
      const LayerId id = next_layer_ ^ 5;  // not in ascending order
      ++next_layer_;
      layers.push_back(random_.Layer(id, chunks_max_));
      model_[id] = layers.back().table;
    }
    index_ = index_->With(layers);
  }

  void Shrink() {
    std::unordered_set<LayerId> gone = {-77};
    for (const auto& [layer, table] : model_) {
      if (random_.OneIn(3)) gone.insert(layer);
    }
    std::erase_if(model_, [&](const auto& entry) { return gone.contains(entry.first); });
    index_ = index_->Without(gone);
  }

  void CheckQueries() {
    const ContentSelection contents = Contents();
    const LayerSelection layers = Layers();
    const std::string timeline = random_.OneIn(10) ? "unknown" : RandomTables::Timelines()[random_.Below(3)];
    const chunk::TimeRange range = random_.OneIn(10) ? chunk::TimeRange{5, 4} : random_.Range();
    const int64_t at = random_.Time();
    std::vector<LayerId> segment = layers.layers;
    EXPECT_EQ(PlacesOf(*index_, index_->All(contents, layers)),
              Where(model_, contents, layers, [](auto&, auto&) { return true; }));
    EXPECT_EQ(PlacesOf(*index_, index_->Static(contents, layers)),
              Where(model_, contents, layers, [](auto&, const chunk::ChunkRow& chunk) { return chunk.is_static; }));
    EXPECT_EQ(PlacesOf(*index_, index_->Overlapping(contents, layers, timeline, range)),
              Where(model_, contents, layers, [&](const chunk::ChunkTable& table, const chunk::ChunkRow& chunk) {
                const auto own = RangeOf(table, chunk, timeline);
                return own && range.min <= range.max && own->min <= range.max && own->max >= range.min;
              }));
    EXPECT_EQ(PlacesOf(*index_, index_->LatestAt(contents, segment, timeline, at)),
              BruteForceLatestAt(model_, contents, segment, timeline, at));
  }

  void CheckChunks() {
    size_t num_chunks = 0;
    for (const auto& [layer, table] : model_) {
      for (uint32_t i = 0; i < table->chunks.size(); ++i) CheckChunk(layer, *table, i);
      EXPECT_EQ(base::CodeOf(index_->Find(layer, static_cast<uint32_t>(table->chunks.size())).status()), base::Code::kNotFound);
      num_chunks += table->chunks.size();
    }
    EXPECT_EQ(index_->num_chunks(), num_chunks);
    for (const std::string& name : RandomTables::Timelines()) {
      EXPECT_EQ(index_->HasTimeline(name), std::any_of(model_.begin(), model_.end(), [&](const auto& entry) {
                  const auto& timelines = entry.second->timelines;
                  return std::any_of(timelines.begin(), timelines.end(),
                                     [&](const chunk::Timeline& t) { return t.name == name; });
                }));
    }
  }

 private:
  void CheckChunk(LayerId layer, const chunk::ChunkTable& table, uint32_t ordinal) {
    const chunk::ChunkRow& chunk = table.chunks[ordinal];
    const auto ref = index_->Find(layer, ordinal);
    ASSERT_TRUE(ref.ok()) << ref.status().ToString();
    const ChunkInfo info = index_->Info(*ref);
    EXPECT_EQ(info.layer, layer);
    EXPECT_EQ(info.ordinal, ordinal);
    EXPECT_EQ(info.id, chunk.id);
    EXPECT_EQ(info.entity, table.entities[chunk.entity]);
    EXPECT_EQ(info.is_static, chunk.is_static);
    EXPECT_EQ(info.num_rows, chunk.num_rows);
    EXPECT_EQ(info.place.message_offset, chunk.place.message_offset);
    EXPECT_EQ(info.place.message_size, chunk.place.message_size);
    EXPECT_EQ(info.place.uncompressed_size, chunk.place.uncompressed_size);
    for (const std::string& name : RandomTables::Timelines())
      EXPECT_EQ(index_->TimeRangeOf(*ref, name), RangeOf(table, chunk, name));
    EXPECT_EQ(index_->TimeRangeOf(*ref, "unknown"), std::nullopt);
    const auto components = index_->ComponentsOf(*ref);
    ASSERT_EQ(components.size(), chunk.components.size());
    for (size_t c = 0; c < components.size(); ++c) {
      EXPECT_EQ(*components[c].descriptor, table.descriptors[chunk.components[c].descriptor]);
      EXPECT_EQ(components[c].rows_set, chunk.components[c].rows_set);
    }
  }

  ContentSelection Contents() {
    ContentSelection contents;
    contents.all = random_.OneIn(3);
    std::vector<std::string> entities = random_.Some(RandomTables::Entities());
    if (random_.OneIn(4)) entities.emplace_back("/unknown");
    if (!entities.empty() && random_.OneIn(4)) entities.push_back(entities.front());  // twice, with other components
    for (const std::string& entity : entities) {
      EntitySelection& selection = contents.entities.emplace_back(EntitySelection{entity, random_.OneIn(2), {}});
      for (const chunk::Descriptor& d : random_.Some(RandomTables::Descriptors())) selection.components.push_back(d.component);
    }
    return contents;
  }

  LayerSelection Layers() {
    LayerSelection layers;
    layers.all = random_.OneIn(2);
    for (const auto& [layer, table] : model_) {
      if (random_.OneIn(random_.OneIn(3) ? 1 : 4)) layers.layers.push_back(layer);
    }
    std::reverse(layers.layers.begin(), layers.layers.end());
    if (random_.OneIn(3)) layers.layers.push_back(-5);
    if (!layers.layers.empty() && random_.OneIn(3)) layers.layers.push_back(layers.layers.front());
    return layers;
  }

  RandomTables random_;
  uint64_t chunks_max_;
  LayerId next_layer_ = 8;
  Model model_;
  std::shared_ptr<const DatasetIndex> index_ = DatasetIndex::Empty();
};

TEST(DatasetIndex, AnswersWhatBruteForceAnswers) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    Checker checker(seed, /*chunks_max=*/12);
    for (int step = 0; step < 20; ++step) {
      if (step % 5 == 4) {
        checker.Shrink();
      } else {
        checker.Grow();
      }
      checker.CheckChunks();
      for (int query = 0; query < 12; ++query) checker.CheckQueries();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(DatasetIndex, AnswersWhatBruteForceAnswersInLargeLayers) {  // so that explicit layers are searched in the forest, too
  Checker checker(99, /*chunks_max=*/3000);
  for (int step = 0; step < 4; ++step) {
    checker.Grow();
    for (int query = 0; query < 10; ++query) checker.CheckQueries();
  }
}

LayerTable OneChunkLayer(LayerId layer) {
  auto table = std::make_shared<chunk::ChunkTable>();
  table->entities = {"/cam"};
  table->timelines = {{"frame", chunk::TimelineKind::kSequence}};
  table->descriptors = {{"", "value", ""}};
  table->chunks = {{{1, static_cast<uint64_t>(layer)}, 0, false, 1, {}, {{0, {layer, layer}}}, {{0, 1, {}}}}};
  return {layer, table};
}

TEST(DatasetIndex, EmptyAnswersNothing) {
  const auto index = DatasetIndex::Empty();
  EXPECT_TRUE(index->All({}, {}).empty());
  EXPECT_TRUE(index->Overlapping({}, {}, "frame", {0, 10}).empty());
  EXPECT_FALSE(index->HasTimeline("frame"));
  EXPECT_EQ(index->num_chunks(), 0u);
  EXPECT_EQ(index->num_runs(), 0u);
}

TEST(DatasetIndex, OldValuesStayAsTheyWere) {
  const auto first = DatasetIndex::Empty()->With({OneChunkLayer(1), OneChunkLayer(2)});
  const auto second = first->With({OneChunkLayer(3)});
  const auto third = second->Without({1});
  EXPECT_EQ(PlacesOf(*first, first->All({}, {})), (std::vector<Place>{{1, 0}, {2, 0}}));
  EXPECT_EQ(PlacesOf(*second, second->All({}, {})), (std::vector<Place>{{1, 0}, {2, 0}, {3, 0}}));
  EXPECT_EQ(PlacesOf(*third, third->All({}, {})), (std::vector<Place>{{2, 0}, {3, 0}}));
}

TEST(DatasetIndex, RunsStayFewAndNothingIsKeptOfRemovedLayers) {
  auto index = DatasetIndex::Empty();
  std::unordered_set<LayerId> all;
  for (LayerId layer = 0; layer < 1000; ++layer) {
    index = index->With({OneChunkLayer(layer)});
    EXPECT_LE(index->num_runs(), 11u);  // log2(1000) and one
    all.insert(layer);
  }
  const size_t full_bytes = index->resident_bytes();
  std::unordered_set<LayerId> most = all;
  most.erase(500);
  const auto one_left = index->Without(most);
  EXPECT_EQ(PlacesOf(*one_left, one_left->All({}, {})), (std::vector<Place>{{500, 0}}));
  EXPECT_LT(one_left->resident_bytes(), full_bytes / 20);
  EXPECT_EQ(index->Without(all)->num_runs(), 0u);
  EXPECT_FALSE(index->Without(all)->HasTimeline("frame"));
}

TEST(DatasetIndex, FindNamesWhatIsMissing) {
  const auto index = DatasetIndex::Empty()->With({OneChunkLayer(7)});
  EXPECT_TRUE(index->Find(7, 0).ok());
  const arrow::Status ordinal = index->Find(7, 1).status();
  EXPECT_EQ(base::CodeOf(ordinal), base::Code::kNotFound);
  EXPECT_THAT(ordinal.message(), ::testing::HasSubstr("layer 7 has 1 chunks"));
  EXPECT_THAT(index->Find(8, 0).status().message(), ::testing::HasSubstr("layer 8"));
}

// 16 chunks of a component: the chunk that holds frame 35 also hides all before it, but not for another component.
TEST(DatasetIndex, LatestAtTakesOnlyChunksThatCanWin) {
  auto table = std::make_shared<chunk::ChunkTable>();
  table->entities = {"/cam"};
  table->timelines = {{"frame", chunk::TimelineKind::kSequence}};
  table->descriptors = {{"", "a", ""}, {"", "b", ""}};
  for (int64_t i = 0; i < 16; ++i) {
    chunk::ChunkRow chunk{{1, static_cast<uint64_t>(i)}, 0, false, 10, {}, {{0, {i * 10, i * 10 + 9}}}, {{0, 10, {}}}};
    if (i == 1) chunk.components.push_back({1, 10, {}});
    if (i == 3) chunk.components.push_back({1, 0, {}});  // a column of nulls
    table->chunks.push_back(chunk);
  }
  const auto index = DatasetIndex::Empty()->With({{1, table}});
  const std::vector<LayerId> segment = {1};
  const auto latest = [&](const std::vector<std::string>& components, int64_t at) {
    ContentSelection contents{false, {{"/cam", false, components}}};
    std::vector<uint32_t> ordinals;
    for (const ChunkRef ref : index->LatestAt(contents, segment, "frame", at)) ordinals.push_back(index->Info(ref).ordinal);
    return ordinals;
  };
  using Ordinals = std::vector<uint32_t>;
  EXPECT_EQ(latest({"a"}, 35), (Ordinals{3}));
  EXPECT_EQ(latest({"b"}, 35), (Ordinals{1}));
  EXPECT_EQ(latest({"a", "b"}, 35), (Ordinals{1, 3}));
  EXPECT_EQ(latest({"a"}, 5000), (Ordinals{15}));
  EXPECT_EQ(latest({"a"}, -1), Ordinals{});
  EXPECT_EQ(latest({"b"}, 9), Ordinals{});
}

TEST(DatasetIndex, HoldsAtMost200BytesAChunk) {
  for (const auto& [num_layers, chunks_per_layer] : {std::pair(1000, 8), std::pair(20, 550)}) {
    std::vector<LayerTable> layers;
    for (int layer = 0; layer < num_layers; ++layer) {
      auto table = std::make_shared<chunk::ChunkTable>();
      for (int e = 0; e < 8; ++e) table->entities.push_back("/world/robot/sensor_" + std::to_string(e));
      for (const char* name : {"frame", "log_tick", "log_time"}) table->timelines.push_back({name, {}});
      table->descriptors = RandomTables::Descriptors();
      for (int i = 0; i < chunks_per_layer; ++i) {
        table->chunks.push_back({{1, 1},
                                 static_cast<uint32_t>(i % 8),
                                 false,
                                 10,
                                 {},
                                 {{0, {i, i + 9}}, {1, {i, i + 9}}, {2, {i, i + 9}}},
                                 {{0, 10, {}}, {1, 10, {}}}});
      }
      layers.push_back({layer, table});
    }
    const auto index = DatasetIndex::Empty()->With(layers);
    EXPECT_LE(index->resident_bytes() / index->num_chunks(), 200u) << num_layers << " layers";
  }
}

}  // namespace
}  // namespace mutoscope::index
