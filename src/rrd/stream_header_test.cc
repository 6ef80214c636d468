#include "rrd/stream_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "base/status.h"

namespace mutoscope::rrd {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;

std::span<const uint8_t> Bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

TEST(StreamHeader, ReadsWhatAnyWriterSince023Wrote) {
  struct Case {
    std::string_view bytes;
    const char* version;
  };
  for (const auto& [bytes, version] :
       {Case{"RRF2\x00\x29\x00\x00\x01\x02\x00\x00"sv, "0.41.0"}, Case{"RRF2\x00\x17\x04\x00\x00\x02\x00\x00"sv, "0.23.4"},
        Case{"RRF2\x00\x18\x00\x42\x01\x02\x00\x00"sv, "0.24.0-rc.2"},
        Case{"RRF2\x01\x00\x00\x83\x01\x02\x00\x00"sv, "1.0.0-alpha.3"},
        Case{"RRF2\xFF\x00\x00\xC1\x01\x02\x00\x00"sv, "255.0.0-alpha.1+dev"}}) {
    const auto header = ParseStreamHeader(Bytes(bytes));
    ASSERT_TRUE(header.ok()) << version << header.status();
    EXPECT_EQ(VersionText(header->version), version);
  }
}

TEST(StreamHeader, SaysWhatItFoundInstead) {
  struct Case {
    std::string_view bytes;
    const char* says;
  };
  for (const auto& [bytes, says] : {
           Case{""sv, "not an RRD"},
           Case{"PK\x03\x04zipzipzip"sv, "found bytes 504b0304"},
           Case{"RRF0\x00\x05\x00\x00\x00\x01\x00\x00"sv, "old, unsupported RRD (it starts with RRF0)"},
           Case{"RRF1\x00\x05\x00\x00\x00\x01\x00\x00"sv, "RRF1"},
           Case{"RRF2\x00\x16\x00\x00\x01\x01\x00\x00"sv, "msgpack"},
           Case{"RRF2\x00\x16\x00\x00\x01\x02\x00\x00"sv, "written by Rerun 0.22.0, which is too old"},
           Case{"RRF2\x00\x00\x00\x00\x01\x02\x00\x00"sv, "too old"},
           Case{"RRF2\x00\x29\x00\x00\x02\x02\x00\x00"sv, "found 02020000"},
           Case{"RRF2\x00\x29\x00\x00\x01\x03\x00\x00"sv, "damaged"},
           Case{"RRF2\x00\x29\x00\x00\x01\x02\x00\x01"sv, "damaged"},
           Case{"RRF2\x00\x29\x00\x00\x01\x02\x00"sv, "11 of 12 header bytes"},
       }) {
    const auto status = ParseStreamHeader(Bytes(bytes)).status();
    EXPECT_EQ(base::CodeOf(status), base::Code::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr(says));
  }
}

}  // namespace
}  // namespace mutoscope::rrd
