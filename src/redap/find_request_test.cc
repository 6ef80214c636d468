#include "redap/find_request.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mutoscope::redap {
namespace {

namespace cloud = rerun::cloud::v1alpha1;

template <typename Request>
Request Parse(const std::string& text) {
  Request request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

struct Refused {
  const char* request;
  base::Code code;
  const char* word;  // of the message
};

TEST(ParseFindChunks, RefusesWhatIsMissingOrContradictory) {
  const Refused kCases[] = {
      {"", base::Code::kInvalidArgument, "contents"},
      {"contents { }", base::Code::kInvalidArgument, "contents"},
      {"contents { all {} }", base::Code::kInvalidArgument, "mode"},
      {"contents { all {} } static { }", base::Code::kInvalidArgument, "segment"},
      {"contents { all {} } range { segments { all {} } }", base::Code::kInvalidArgument, "timeline"},
      {"contents { all {} } range { timeline: 't' }", base::Code::kInvalidArgument, "segment"},
      {"contents { all {} } range { timeline: 't' start_inclusive: 2 end_inclusive: 1 segments { all {} } }",
       base::Code::kInvalidArgument, "before"},
      {"contents { all {} } range { timeline: 't' fill_mode: FILL_MODE_LATEST_AT segments { all {} } }",
       base::Code::kInvalidArgument, "start"},
      {"contents { all {} } range { timeline: 't' fill_mode: FILL_MODE_EARLIEST_AT segments { all {} } }",
       base::Code::kUnimplemented, "EARLIEST"},
      {"contents { all {} } range { timeline: 't' start_inclusive: -9223372036854775808 segments { all {} } }",
       base::Code::kInvalidArgument, "static"},
      {"contents { explicit { entities { all {} } } } static { segments { all {} } }", base::Code::kInvalidArgument,
       "entity path"},
      {"contents { explicit { entities { entity_path { path: '/a' } } } } static { segments { all {} } }",
       base::Code::kInvalidArgument, "/a"},
      {"contents { explicit { entities { entity_path { path: '/a' } all {} } entities { entity_path { path: 'a' } all {} } } } "
       "static { segments { all {} } }",
       base::Code::kInvalidArgument, "twice"},
      {"contents { explicit { entities { entity_path { path: '/a' } explicit { ids: '' } } } } static { segments { all {} } }",
       base::Code::kInvalidArgument, "empty component"},
      {"contents { all {} } samples { timeline: 't' segments { values: 1 } }", base::Code::kInvalidArgument, "segment id"},
      {"contents { all {} } static { segments { all {} } } direct_url_mode: 99", base::Code::kInvalidArgument, "99"},
  };
  for (const auto& [text, code, word] : kCases) {
    const auto request = ParseFindChunks(Parse<cloud::FindChunksRequest>(text));
    EXPECT_EQ(base::CodeOf(request.status()), code) << text;
    EXPECT_NE(request.status().message().find(word), std::string::npos) << text << ": " << request.status().message();
  }
}

TEST(ParseFindChunks, ReadsARangeWithFill) {
  const auto request = ParseFindChunks(Parse<cloud::FindChunksRequest>(
      "contents { explicit { entities { entity_path { path: 'a/b' } explicit { ids: 'x' } } } } "
      "range { timeline: 't' start_inclusive: 3 end_inclusive: 5 fill_mode: FILL_MODE_LATEST_AT segments { explicit { ids { id: "
      "'s' } } } }"));
  ASSERT_TRUE(request.ok()) << request.status();
  ASSERT_EQ(request->contents.entities.size(), 1u);
  EXPECT_EQ(request->contents.entities[0].entity, "/a/b");
  EXPECT_EQ(request->contents.entities[0].components, std::vector<std::string>{"x"});
  EXPECT_EQ(request->segments, std::vector<std::string>{"s"});
  const auto& mode = std::get<query::RangeMode>(request->mode);
  EXPECT_EQ(mode.start, 3);
  EXPECT_EQ(mode.end, 5);
  EXPECT_EQ(mode.latest_at, 3);
  EXPECT_FALSE(mode.timeline_may_be_foreign);
}

TEST(ParseQueryDataset, RefusesWhatIsMissingOrContradictory) {
  const Refused kCases[] = {
      {"chunk_ids { time_ns: 1 inc: 1 }", base::Code::kInvalidArgument, "chunk_ids"},
      {"exclude_static_data: true", base::Code::kInvalidArgument, "exclude_static_data"},
      {"select_all_entity_paths: true entity_paths { path: '/a' }", base::Code::kInvalidArgument, "entity paths"},
      {"query { latest_at { index { timeline { name: 't' } } per_segment_values { values: 1 } } }", base::Code::kInvalidArgument,
       "per_segment_values"},
      {"query { latest_at { index { timeline { name: 't' } } } }", base::Code::kInvalidArgument, "no time"},
      {"query { latest_at { index { timeline { name: 'u' } } at: 1 } range { index { timeline { name: 't' } } index_range { "
       "start: 1 end: 2 } } }",
       base::Code::kInvalidArgument, "one index"},
      {"query { range { index { timeline { name: 't' } } } }", base::Code::kInvalidArgument, "bounds"},
  };
  for (const auto& [text, code, word] : kCases) {
    const auto request = ParseQueryDataset(Parse<cloud::QueryDatasetRequest>(text));
    EXPECT_EQ(base::CodeOf(request.status()), code) << text;
    EXPECT_NE(request.status().message().find(word), std::string::npos) << text << ": " << request.status().message();
  }
}

TEST(ParseQueryDataset, EmptyListsMeanNothingForEntitiesAndAllForSegments) {
  const auto request = ParseQueryDataset(cloud::QueryDatasetRequest());
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_FALSE(request->contents.all);
  EXPECT_TRUE(request->contents.entities.empty());
  EXPECT_EQ(request->segments, std::nullopt);
  EXPECT_EQ(std::get<query::RangeMode>(request->mode).timeline, std::nullopt);
}

TEST(ParseQueryDataset, AnEmptyLatestAtMeansStatic) {
  const auto request = ParseQueryDataset(Parse<cloud::QueryDatasetRequest>("query { latest_at { } }"));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_TRUE(std::holds_alternative<query::StaticMode>(request->mode));
}

}  // namespace
}  // namespace mutoscope::redap
