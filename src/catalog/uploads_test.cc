// What only a clock, or an abrupt end, shows. Requests and answers over the wire: tests/test_uploads.py.
#include "catalog/uploads.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/status.h"
#include "catalog/database.h"
#include "storage/testing/temp_dir.h"

namespace mutoscope::catalog {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::CodeOf;
using storage::testing::ReadFile;

constexpr int64_t kMinuteNs = 60'000'000'000;
constexpr int64_t kStartNs = 1'800'000'000'000'000'000;

std::span<const uint8_t> Bytes(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

struct World {
  explicit World(uint64_t quota = 1000) : quota_bytes_max(quota) { Restart(); }

  void Restart() {
    uploads.reset();
    database = Database::Open(directory / "catalog.db").ValueOrDie();
    uploads = Uploads::Open(directory.path(), *database, {quota_bytes_max, [this] { return now_ns; }}).ValueOrDie();
  }
  // The ETag of a part.
  arrow::Result<std::string> Put(const std::string& grant, const std::string& body) {
    ARROW_ASSIGN_OR_RAISE(const auto upload, uploads->Begin(grant, body.size(), true));
    ARROW_RETURN_NOT_OK(upload->Write(Bytes(body)));
    return upload->Finish();
  }
  std::string PartGrant(const UploadOffer& offer, uint32_t number) {
    return uploads->PartGrants(offer.grant, {number}).ValueOrDie().front();
  }

  const uint64_t quota_bytes_max;
  int64_t now_ns = kStartNs;
  storage::testing::TempDir directory;
  std::unique_ptr<Database> database;
  std::unique_ptr<Uploads> uploads;
};

TEST(Uploads, AGrantIsGoodForFifteenMinutes) {
  World world;
  const UploadOffer offer = world.uploads->Offer({"a", std::nullopt, false}).ValueOrDie();
  EXPECT_EQ(offer.expires_at_ns, kStartNs + 15 * kMinuteNs);
  world.now_ns += 15 * kMinuteNs;
  EXPECT_EQ(CodeOf(world.Put(offer.grant, "x").status()), Code::kPermissionDenied);
  world.now_ns -= 1;
  world.Restart();
  ASSERT_TRUE(world.Put(offer.grant, "x").ok());
  EXPECT_EQ(ReadFile(world.directory / "uploads/a"), "x");
}

TEST(Uploads, AnExpiredMultipartUploadGivesItsSpaceBack) {
  World world;
  const UploadOffer offer = world.uploads->Offer({"a", std::nullopt, true}).ValueOrDie();
  ASSERT_TRUE(world.Put(world.PartGrant(offer, 1), std::string(900, 'x')).ok());
  EXPECT_EQ(world.uploads->pending_bytes(), 900u);
  world.Restart();
  EXPECT_EQ(world.uploads->pending_bytes(), 900u) << "counted again";
  const UploadOffer other = world.uploads->Offer({"b", std::nullopt, false}).ValueOrDie();
  EXPECT_EQ(CodeOf(world.Put(other.grant, std::string(101, 'y')).status()), Code::kResourceExhausted);
  world.now_ns += 24 * 60 * kMinuteNs;
  world.uploads->RemoveExpired();
  EXPECT_EQ(world.uploads->pending_bytes(), 0u);
  EXPECT_TRUE(fs::is_empty(world.directory / "uploads/.pending"));
  EXPECT_EQ(CodeOf(world.uploads->Complete(offer.grant, {{1, ""}})), Code::kPermissionDenied);
}

TEST(Uploads, ExpiryWhileTheServerIsDown) {
  World world;
  const UploadOffer offer = world.uploads->Offer({"a", std::nullopt, true}).ValueOrDie();
  ASSERT_TRUE(world.Put(world.PartGrant(offer, 1), "x").ok());
  world.now_ns += 24 * 60 * kMinuteNs;
  world.Restart();
  EXPECT_TRUE(fs::is_empty(world.directory / "uploads/.pending"));
  EXPECT_EQ(world.uploads->pending_bytes(), 0u);
}

TEST(Uploads, WhatIsNotFinishedIsGivenBack) {
  World world;
  const UploadOffer offer = world.uploads->Offer({"a", std::nullopt, false}).ValueOrDie();
  {
    const auto upload = world.uploads->Begin(offer.grant, std::nullopt, true).ValueOrDie();
    ASSERT_TRUE(upload->Write(Bytes("half")).ok());
    EXPECT_EQ(world.uploads->pending_bytes(), 4u);
  }
  EXPECT_EQ(world.uploads->pending_bytes(), 0u);
  EXPECT_TRUE(fs::is_empty(world.directory / "uploads/.pending"));
}

TEST(Uploads, APartThatIsSentAgainReplacesTheFirst) {
  World world;
  const UploadOffer offer = world.uploads->Offer({"a", std::nullopt, true}).ValueOrDie();
  const std::string grant = world.PartGrant(offer, 1);
  const std::string first = world.Put(grant, "first try").ValueOrDie();
  const std::string second = world.Put(grant, "second").ValueOrDie();
  EXPECT_EQ(world.Put(grant, "second").ValueOrDie(), second);
  EXPECT_EQ(world.uploads->pending_bytes(), 6u);
  EXPECT_EQ(CodeOf(world.uploads->Complete(offer.grant, {{1, first}})), Code::kFailedPrecondition);
  ASSERT_TRUE(world.uploads->Complete(offer.grant, {{1, '"' + second + '"'}}).ok());
  EXPECT_EQ(ReadFile(world.directory / "uploads/a"), "second");
  EXPECT_EQ(world.uploads->pending_bytes(), 0u);
}

TEST(Uploads, APartThatIsLateFindsNoUpload) {
  World world;
  const UploadOffer offer = world.uploads->Offer({"a", std::nullopt, true}).ValueOrDie();
  const auto late = world.uploads->Begin(world.PartGrant(offer, 1), std::nullopt, false).ValueOrDie();
  ASSERT_TRUE(late->Write(Bytes("x")).ok());
  ASSERT_TRUE(world.uploads->Abort(offer.grant).ok());
  EXPECT_EQ(CodeOf(late->Finish().status()), Code::kNotFound);
  EXPECT_TRUE(fs::is_empty(world.directory / "uploads/.pending"));
}

TEST(Uploads, PartsAreLargeEnoughForWhatIsAnnounced) {
  World world(UINT64_MAX);
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40, uint64_t{1} << 50}) {
    const UploadOffer offer = world.uploads->Offer({"a", size, true}).ValueOrDie();
    EXPECT_GE(offer.part_size_bytes, uint64_t{64} << 20);
    EXPECT_GE(offer.part_size_bytes * kUploadPartsMax, size);
  }
}

}  // namespace
}  // namespace mutoscope::catalog
