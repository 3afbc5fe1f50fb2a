#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/json.h"
#include "blueprint/blueprint.h"
#include "blueprint/catalog_for_tests.h"

namespace keelson {
namespace {

/// The golden file beside this test. KEELSON_UPDATE_GOLDEN=1 writes it anew.
const std::string kGolden = "schema_golden.json";  // tests run in the folder of their room

std::string golden() {
  std::ostringstream text;
  text << std::ifstream(kGolden).rdbuf();
  return text.str();
}

const Json& schema() {
  static const Json parsed = *parse_json(blueprint_schema(catalog_for_tests::kCatalog));
  return parsed;
}

TEST(Schema, IsTheGoldenOne) {
  const std::string made = blueprint_schema(catalog_for_tests::kCatalog);
  if (std::getenv("KEELSON_UPDATE_GOLDEN") != nullptr) std::ofstream(kGolden) << made;
  EXPECT_EQ(made, golden());
}

TEST(Schema, IsTheSameBytesEveryTime) {
  EXPECT_EQ(blueprint_schema(catalog_for_tests::kCatalog), blueprint_schema(catalog_for_tests::kCatalog));
}

TEST(Schema, ReferencesOnlyWhatItDefines) {
  const std::string text = blueprint_schema(catalog_for_tests::kCatalog);
  constexpr std::string_view kReference = "\"$ref\": \"#/$defs/";
  int references = 0;
  for (std::size_t at = text.find(kReference); at != std::string::npos; at = text.find(kReference, at + 1), ++references) {
    const std::size_t start = at + kReference.size();
    EXPECT_TRUE(schema()["$defs"].has(text.substr(start, text.find('"', start) - start))) << text.substr(at, 60);
  }
  EXPECT_GT(references, 5);
}

TEST(Schema, RequiresNothingInsideProfilesButCompleteListItems) {
  EXPECT_TRUE(schema()["$defs"]["kind.gateway"].has("required"));
  EXPECT_FALSE(schema()["$defs"]["kind.gateway.partial"].has("required"));
  EXPECT_TRUE(schema()["$defs"]["kind.store.partial"]["properties"]["databases"]["items"].has("required"));
}

TEST(Schema, LeavesOutKindsThatAreOnlyCompanions) {
  EXPECT_FALSE(schema()["$defs"].has("kind.quorum"));
  EXPECT_FALSE(schema()["$defs"]["components"]["properties"].has("quorum"));
}

TEST(Schema, AllowsAVersionWrittenAsANumber) {
  EXPECT_EQ(schema()["$defs"]["kind.store"]["properties"]["version"]["enum"].dump(), "[\"15\",15,\"16\",16]");
}

}  // namespace
}  // namespace keelson
