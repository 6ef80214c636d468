#include <algorithm>

#include "catalog/names.h"
#include "catalog/testing/recordings.h"

namespace mutoscope::catalog {
namespace {

using base::Code;
using base::CodeOf;
using testing::Mentions;

class Entries : public testing::CatalogTest {
 protected:
  std::vector<std::string> Names(const EntryFilter& filter = {}) {
    std::vector<std::string> names;
    const auto entries = catalog_->FindEntries(filter).ValueOrDie();
    for (const Entry& entry : entries) names.push_back(entry.name);
    return names;
  }
  bool Has(const std::string& name, const EntryFilter& filter = {}) { return std::ranges::count(Names(filter), name) == 1; }
};

TEST_F(Entries, CreateMakesTheHiddenDatasets) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  EXPECT_EQ(dataset.entry.kind, EntryKind::kDataset);
  EXPECT_GT(dataset.entry.created_at_ns, 0);
  const Dataset blueprint = catalog_->ReadDataset(dataset.details.blueprint_dataset.value()).ValueOrDie();
  const Dataset assets = catalog_->ReadDataset(dataset.details.asset_dataset.value()).ValueOrDie();
  EXPECT_EQ(blueprint.entry.name, BlueprintDatasetName(dataset.entry.id));
  EXPECT_EQ(blueprint.entry.kind, EntryKind::kBlueprintDataset);
  EXPECT_EQ(assets.entry.name, AssetDatasetName(dataset.entry.id));
  EXPECT_EQ(assets.entry.kind, EntryKind::kAssetDataset);
  EXPECT_EQ(catalog_->DatasetIdByName("robots").ValueOrDie(), dataset.entry.id);
}

TEST_F(Entries, DefaultListingHasTheSystemTableAndBlueprintsButNoAssets) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  EXPECT_TRUE(Has("robots"));
  EXPECT_TRUE(Has("__entries"));
  EXPECT_TRUE(Has(BlueprintDatasetName(dataset.entry.id)));
  EXPECT_FALSE(Has(AssetDatasetName(dataset.entry.id)));
  EXPECT_TRUE(Has(AssetDatasetName(dataset.entry.id), {.id = {}, .name = {}, .kinds = {EntryKind::kAssetDataset}}));
}

TEST_F(Entries, FiltersAreAnded) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  catalog_->CreateDataset("cars").ValueOrDie();
  EXPECT_EQ(Names({.id = dataset.entry.id, .name = {}, .kinds = {}}), std::vector<std::string>{"robots"});
  EXPECT_EQ(Names({.id = {}, .name = "cars", .kinds = {}}), std::vector<std::string>{"cars"});
  EXPECT_TRUE(Names({.id = dataset.entry.id, .name = "cars", .kinds = {}}).empty());
  EXPECT_TRUE(Names({.id = {}, .name = "cars", .kinds = {EntryKind::kTable}}).empty());
  EXPECT_TRUE(Names({.id = EntryId{1, 2}, .name = {}, .kinds = {}}).empty());
  EXPECT_TRUE(Names({.id = {}, .name = "nobody", .kinds = {}}).empty());
  EXPECT_EQ(CodeOf(catalog_->FindEntries({.id = {}, .name = "a/b", .kinds = {}}).status()), Code::kInvalidArgument);
}

TEST_F(Entries, CreateRefuses) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  const size_t before =
      Names({.id = {}, .name = {}, .kinds = {EntryKind::kDataset, EntryKind::kBlueprintDataset, EntryKind::kAssetDataset}})
          .size();
  EXPECT_EQ(CodeOf(catalog_->CreateDataset("robots").status()), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(catalog_->CreateDataset("__entries").status()), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(catalog_->CreateDataset(BlueprintDatasetName(dataset.entry.id)).status()), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(catalog_->CreateDataset("others", dataset.entry.id).status()), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(catalog_->CreateDataset("a/b").status()), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(catalog_->CreateDataset("zero", EntryId{}).status()), Code::kInvalidArgument);
  const size_t after =
      Names({.id = {}, .name = {}, .kinds = {EntryKind::kDataset, EntryKind::kBlueprintDataset, EntryKind::kAssetDataset}})
          .size();
  EXPECT_EQ(before, after) << "a failed creation left hidden datasets behind";
}

TEST_F(Entries, RenameFreesTheOldName) {
  const EntryId id = MakeDataset("robots");
  MakeDataset("cars");
  EXPECT_EQ(catalog_->RenameEntry(id, "arms").ValueOrDie().name, "arms");
  EXPECT_EQ(catalog_->DatasetIdByName("arms").ValueOrDie(), id);
  EXPECT_EQ(CodeOf(catalog_->DatasetIdByName("robots").status()), Code::kNotFound);
  EXPECT_TRUE(catalog_->RenameEntry(id, "arms").ok()) << "the same name is no change";
  EXPECT_EQ(CodeOf(catalog_->RenameEntry(id, "cars").status()), Code::kAlreadyExists);
  EXPECT_EQ(CodeOf(catalog_->RenameEntry(id, "a/b").status()), Code::kInvalidArgument);
  EXPECT_EQ(CodeOf(catalog_->RenameEntry(EntryId{1, 2}, "x").status()), Code::kNotFound);
  EXPECT_TRUE(catalog_->CreateDataset("robots").ok());
}

TEST_F(Entries, RenameShowsInTheSnapshot) {
  const EntryId id = MakeDataset("robots");
  const auto before = Snapshot(id);
  ASSERT_TRUE(catalog_->RenameEntry(id, "arms").ok());
  EXPECT_EQ(Snapshot(id)->dataset.entry.name, "arms");
  EXPECT_GT(Snapshot(id)->revision, before->revision);
  EXPECT_EQ(before->dataset.entry.name, "robots") << "a snapshot is immutable";
}

TEST_F(Entries, DeleteCascades) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  ASSERT_TRUE(Register(dataset.entry.id, {WriteRecording("a")}).ok());
  ASSERT_GT(CountIndexFiles(), 0u);
  EXPECT_EQ(catalog_->DeleteEntry(dataset.entry.id).ValueOrDie().name, "robots");
  EXPECT_EQ(CodeOf(catalog_->ReadDataset(dataset.entry.id).status()), Code::kNotFound);
  EXPECT_EQ(CodeOf(catalog_->ReadDataset(*dataset.details.blueprint_dataset).status()), Code::kNotFound);
  EXPECT_EQ(CodeOf(catalog_->ReadDataset(*dataset.details.asset_dataset).status()), Code::kNotFound);
  EXPECT_EQ(CodeOf(catalog_->Snapshot(dataset.entry.id).status()), Code::kNotFound);
  EXPECT_EQ(CodeOf(Register(dataset.entry.id, {WriteRecording("b")}).status()), Code::kNotFound);
  EXPECT_EQ(CodeOf(catalog_->DeleteEntry(dataset.entry.id).status()), Code::kNotFound);
  EXPECT_EQ(CountIndexFiles(), 0u);
  EXPECT_EQ(catalog_->Stats().layers, 0u);
  EXPECT_TRUE(catalog_->CreateDataset("robots", dataset.entry.id).ok()) << "name and id are free again";
  EXPECT_TRUE(Snapshot(dataset.entry.id)->layers.empty());
}

TEST_F(Entries, TheSystemTableStays) {
  const Entry table = catalog_->FindEntries({.id = {}, .name = "__entries", .kinds = {}}).ValueOrDie().at(0);
  EXPECT_EQ(table.kind, EntryKind::kTable);
  EXPECT_EQ(CodeOf(catalog_->DeleteEntry(table.id).status()), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOf(catalog_->RenameEntry(table.id, "x").status()), Code::kFailedPrecondition);
  EXPECT_EQ(CodeOf(catalog_->ReadDataset(table.id).status()), Code::kNotFound);
  Reopen();
  EXPECT_EQ(catalog_->FindEntries({.id = {}, .name = "__entries", .kinds = {}}).ValueOrDie().at(0).id, table.id);
}

TEST_F(Entries, DetailsAreReplaced) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  const Dataset other = catalog_->CreateDataset("cars").ValueOrDie();
  DatasetDetails details = dataset.details;
  details.default_blueprint_segment = "bp";
  details.asset_dataset.reset();  // kept
  const Dataset updated = catalog_->UpdateDatasetDetails(dataset.entry.id, details).ValueOrDie();
  EXPECT_EQ(updated.details.default_blueprint_segment, "bp");
  EXPECT_EQ(updated.details.asset_dataset, dataset.details.asset_dataset);
  EXPECT_EQ(Snapshot(dataset.entry.id)->dataset.details.default_blueprint_segment, "bp");

  const struct {
    DatasetDetails details;
    const char* word;
  } refused[] = {
      {{.blueprint_dataset = {},
        .default_blueprint_segment = "bp",
        .default_segment_table_blueprint_segment = {},
        .asset_dataset = {}},
       "needs a blueprint dataset"},
      {{.blueprint_dataset = EntryId{1, 2},
        .default_blueprint_segment = {},
        .default_segment_table_blueprint_segment = {},
        .asset_dataset = {}},
       "does not exist"},
      {{.blueprint_dataset = other.entry.id,
        .default_blueprint_segment = {},
        .default_segment_table_blueprint_segment = {},
        .asset_dataset = {}},
       "wrong kind"},
      {{.blueprint_dataset = {},
        .default_blueprint_segment = {},
        .default_segment_table_blueprint_segment = {},
        .asset_dataset = other.details.blueprint_dataset},
       "wrong kind"},
  };
  for (const auto& [bad, word] : refused) {
    const arrow::Status status = catalog_->UpdateDatasetDetails(dataset.entry.id, bad).status();
    EXPECT_EQ(CodeOf(status), Code::kInvalidArgument) << word;
    EXPECT_TRUE(Mentions(status.message(), word)) << status.message();
  }
  EXPECT_EQ(CodeOf(catalog_->UpdateDatasetDetails(EntryId{1, 2}, details).status()), Code::kNotFound);
}

TEST_F(Entries, DeletingAHiddenDatasetClearsTheReference) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  DatasetDetails details = dataset.details;
  details.default_blueprint_segment = "bp";
  ASSERT_TRUE(catalog_->UpdateDatasetDetails(dataset.entry.id, details).ok());
  ASSERT_TRUE(Snapshot(dataset.entry.id)->dataset.details.blueprint_dataset.has_value());
  ASSERT_TRUE(catalog_->DeleteEntry(*dataset.details.blueprint_dataset).ok());
  ASSERT_TRUE(catalog_->DeleteEntry(*dataset.details.asset_dataset).ok());
  const DatasetDetails now = Snapshot(dataset.entry.id)->dataset.details;
  EXPECT_FALSE(now.blueprint_dataset || now.default_blueprint_segment || now.asset_dataset);
  const Dataset updated = catalog_->UpdateDatasetDetails(dataset.entry.id, {}).ValueOrDie();
  EXPECT_TRUE(updated.details.asset_dataset.has_value()) << "a dangling asset dataset is made again";
}

TEST_F(Entries, SurviveARestart) {
  const Dataset dataset = catalog_->CreateDataset("robots").ValueOrDie();
  Reopen();
  const Dataset again = catalog_->ReadDataset(dataset.entry.id).ValueOrDie();
  EXPECT_EQ(again.entry.name, "robots");
  EXPECT_EQ(again.entry.created_at_ns, dataset.entry.created_at_ns);
  EXPECT_EQ(again.details.blueprint_dataset, dataset.details.blueprint_dataset);
}

TEST_F(Entries, OneCatalogPerDirectory) {
  const arrow::Status second = Catalog::Open(options()).status();
  EXPECT_EQ(CodeOf(second), Code::kFailedPrecondition);
  EXPECT_TRUE(Mentions(second.message(), options().data_directory)) << second.message();
}

TEST_F(Entries, ADamagedDatabaseIsNamed) {
  Close();
  directory_.Write("data/catalog.db", std::string(8192, 'x'));
  const arrow::Status status = Catalog::Open(options()).status();
  EXPECT_EQ(CodeOf(status), Code::kDataLoss) << status.ToString();
  EXPECT_TRUE(Mentions(status.message(), "catalog.db")) << status.message();
}

}  // namespace
}  // namespace mutoscope::catalog
