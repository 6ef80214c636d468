#include "net/grpc_web_format.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/status.h"

namespace mutoscope::net {
namespace {

using namespace std::string_literals;

TEST(GrpcWebFormat, KnowsItsContentTypes) {
  EXPECT_FALSE(ParseGrpcWebType("application/grpc-web+proto")->base64);
  EXPECT_FALSE(ParseGrpcWebType("application/grpc-web")->base64);
  EXPECT_TRUE(ParseGrpcWebType("application/grpc-web-text")->base64);
  EXPECT_TRUE(ParseGrpcWebType("Application/gRPC-Web-Text+proto; charset=utf-8")->base64);
  EXPECT_EQ(ParseGrpcWebType("application/grpc-web+proto ;x")->content_type, "application/grpc-web+proto");
  for (const char* other : {"application/grpc", "application/grpc-web+json", "application/grpc-webx", "text/plain", ""}) {
    EXPECT_FALSE(ParseGrpcWebType(other)) << other;
  }
}

TEST(GrpcWebFormat, TakesExactlyOneMessage) {
  EXPECT_EQ(ParseSingleMessage("\0\0\0\0\3abc"s).ValueOrDie(), "abc");
  EXPECT_EQ(ParseSingleMessage("\0\0\0\0\0"s).ValueOrDie(), "");
  EXPECT_EQ(ParseSingleMessage("\0\0\0\1\0"s + std::string(256, 'x')).ValueOrDie().size(), 256u);
  struct Case {
    std::string body;
    base::Code code;
    std::string text;
  };
  const std::vector<Case> cases = {
      {"", base::Code::kInvalidArgument, "0 bytes"},
      {"\0\0\0\0"s, base::Code::kInvalidArgument, "4 bytes"},
      {"\0\0\0\0\4abc"s, base::Code::kInvalidArgument, "should have 4 bytes, but only 3"},
      {"\0\xff\xff\xff\xff"s, base::Code::kInvalidArgument, "4294967295"},
      {"\0\0\0\0\2abc"s, base::Code::kInvalidArgument, "1 bytes follow"},
      {"\1\0\0\0\0"s, base::Code::kUnimplemented, "compressed"},
      {"\x80\0\0\0\0"s, base::Code::kInvalidArgument, "0x80"},
  };
  for (const Case& c : cases) {
    const auto message = ParseSingleMessage(c.body);
    ASSERT_FALSE(message.ok()) << c.text;
    EXPECT_EQ(base::CodeOf(message.status()), c.code) << c.text;
    EXPECT_NE(message.status().message().find(c.text), std::string::npos) << message.status().message();
  }
}

TEST(GrpcWebFormat, MessageFrameHasABigEndianLength) {
  EXPECT_EQ(MessageFrameHeader(0x01020304).ValueOrDie(), (std::array<uint8_t, 5>{0, 1, 2, 3, 4}));
  EXPECT_EQ(MessageFrameHeader(UINT32_MAX).ValueOrDie(), (std::array<uint8_t, 5>{0, 255, 255, 255, 255}));
  EXPECT_EQ(base::CodeOf(MessageFrameHeader(uint64_t{UINT32_MAX} + 1).status()), base::Code::kResourceExhausted);
}

TEST(GrpcWebFormat, TrailersCarryStatusEscapedMessageAndMetadata) {
  Metadata trailing;
  trailing.emplace("x-reason", "because");
  const std::string bytes("\0\1", 2);
  trailing.emplace("x-data-bin", grpc::string_ref(bytes));
  const std::string frame = TrailersFrame({grpc::StatusCode::NOT_FOUND, "100% ü\r\n"}, trailing);
  EXPECT_EQ(frame.substr(5), "grpc-status: 5\r\ngrpc-message: 100%25 %C3%BC%0D%0A\r\nx-data-bin: AAE=\r\nx-reason: because\r\n");
  EXPECT_EQ(frame.substr(0, 5), "\x80\0\0\0"s + static_cast<char>(frame.size() - 5));
  EXPECT_EQ(TrailersFrame(grpc::Status::OK, {}).substr(5), "grpc-status: 0\r\n");
}

TEST(GrpcWebFormat, PassesOnOnlyHeadersThatGrpcTakes) {
  EXPECT_EQ(HeaderToMetadata("X-Rerun-Entry-Id", "abc")->key, "x-rerun-entry-id");
  EXPECT_EQ(HeaderToMetadata("Authorization", "Bearer t")->value, "Bearer t");
  EXPECT_EQ(HeaderToMetadata("x-rerun-entry-name-bin", "Z3LDvG4=")->value, "grün");
  struct Case {
    const char* name;
    const char* value;
  };
  for (const Case& c : std::vector<Case>{{"Host", "h"},
                                         {"Content-Type", "t"},
                                         {"TE", "trailers"},
                                         {"X-Grpc-Web", "1"},
                                         {"x-user-agent", "grpc-web"},
                                         {"x-text", "gr\xc3\xbcn"},
                                         {"x-tab", "a\tb"},
                                         {"x-key!", "v"},
                                         {"x-name-bin", "*"}}) {
    EXPECT_FALSE(HeaderToMetadata(c.name, c.value)) << c.name;
  }
}

TEST(GrpcWebFormat, ReadsTimeouts) {
  EXPECT_EQ(ParseGrpcTimeout("2H"), std::chrono::hours(2));
  EXPECT_EQ(ParseGrpcTimeout("3M"), std::chrono::minutes(3));
  EXPECT_EQ(ParseGrpcTimeout("10S"), std::chrono::seconds(10));
  EXPECT_EQ(ParseGrpcTimeout("250m"), std::chrono::milliseconds(250));
  EXPECT_EQ(ParseGrpcTimeout("7u"), std::chrono::microseconds(7));
  EXPECT_EQ(ParseGrpcTimeout("9n"), std::chrono::nanoseconds(9));
  EXPECT_GT(*ParseGrpcTimeout("99999999H"), std::chrono::nanoseconds(0));
  for (const char* bad : {"", "S", "1", "1s", "-1S", "123456789S", "1.5S", " 1S"}) EXPECT_FALSE(ParseGrpcTimeout(bad)) << bad;
}

TEST(Base64, GoesBothWays) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd"s, "//79"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(Base64Decode(text), bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(Base64Decode(Base64Encode(all)), all);
}

TEST(Base64, ReadsPiecesAndMissingPadding) {
  EXPECT_EQ(Base64Decode("Zg==Zm8="), "ffo");
  EXPECT_EQ(Base64Decode("Zm8"), "fo");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* bad : {"Z", "Zm9vZ", "Zg=", "Z===", "=", "Zm=v", "Zm 8", "Zm9\n", "Zm8=="}) {
    EXPECT_FALSE(Base64Decode(bad)) << bad;
  }
}

}  // namespace
}  // namespace mutoscope::net
