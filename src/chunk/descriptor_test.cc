#include "chunk/descriptor.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "chunk/testing/chunk_builder.h"

namespace mutoscope::chunk {
namespace {

TEST(Descriptor, ColumnNames) {
  const struct {
    const char* path;
    const char* component;
    const char* name;
  } cases[] = {
      {"/cam/jpg", "EncodedImage:blob", "/cam/jpg:EncodedImage:blob"},
      {"/", "TextLog:text", "/:TextLog:text"},
      {"/any", "foo", "/any:foo"},
      {"/__properties", "RecordingInfo:name", "property:RecordingInfo:name"},
      {"/__properties/episode", "robot", "property:episode:robot"},
      {"/__properties/a/b", "robot", "property:a/b:robot"},
      {"/__propertiesx", "robot", "/__propertiesx:robot"},
  };
  for (const auto& c : cases) EXPECT_EQ(ColumnName(c.path, c.component), c.name);
}

TEST(Descriptor, TimelineTypes) {
  for (const TimelineKind kind : {TimelineKind::kSequence, TimelineKind::kTimestamp, TimelineKind::kDuration}) {
    EXPECT_EQ(*TimelineKindOf(*ArrowTypeOf(kind)), kind);
  }
  EXPECT_EQ(*TimelineKindOf(*arrow::timestamp(arrow::TimeUnit::NANO, "UTC")), TimelineKind::kTimestamp);
  for (const auto& type : {arrow::int32(), arrow::timestamp(arrow::TimeUnit::MICRO), arrow::duration(arrow::TimeUnit::SECOND)}) {
    const auto kind = TimelineKindOf(*type);
    ASSERT_FALSE(kind.ok());
    EXPECT_EQ(base::CodeOf(kind.status()), base::Code::kInvalidArgument);
    EXPECT_NE(kind.status().message().find(type->ToString()), std::string::npos);
  }
}

TEST(Descriptor, FlagsAreTrueUnlessAbsentOrDenied) {
  const struct {
    const char* value;
    bool expected;
  } cases[] = {{"true", true}, {"", true}, {"1", true}, {"false", false}, {"FALSE", false}, {"No", false}};
  for (const auto& c : cases) {
    const auto field = arrow::field("x", arrow::int64(), true, testing::MetadataOf({{"flag", c.value}}));
    EXPECT_EQ(MetadataFlag(*field, "flag"), c.expected) << c.value;
    EXPECT_FALSE(MetadataFlag(*field, "other"));
  }
  EXPECT_FALSE(MetadataFlag(*arrow::field("x", arrow::int64()), "flag"));
}

TEST(Descriptor, ReadFromMetadata) {
  EXPECT_EQ(DescriptorOf(*testing::Data(testing::kScalars, arrow::list(arrow::float64()), "[]").field), testing::kScalars);
  EXPECT_EQ(DescriptorOf(*arrow::field("foo", arrow::int64())), testing::kFoo);  // the name where the component is missing
  EXPECT_LT(testing::kFoo, testing::kScalars);                                   // no archetype first
}

}  // namespace
}  // namespace mutoscope::chunk
