#include "runtime/compose/development.h"

#include <gmock/gmock.h>

#include "blueprint/blueprint.h"
#include "components/catalog.h"
#include "runtime/container_layout.h"
#include "runtime/golden_file.h"

namespace keelson::compose {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBlueprint =
    "foundation: aikernel\ncomponents:\n"
    "  postgres: { kind: postgresql, members: 1, durability: asynchronous, memory: 256Mi, storage: 1Gi, databases: [{ name: catalog, owner: aikernel, password: known }] }\n"
    "  redis: { members: 1, memory: 64Mi }\n";

FolderContent folder() {
  const auto blueprint = load_blueprint({{"test", kBlueprint}}, "", catalog());
  if (!blueprint) { ADD_FAILURE() << describe(blueprint.error().front()); return {}; }
  const ContainerLayout layout;
  std::vector<Developed> components;
  for (const BlueprintComponent& component : blueprint->components) {
    auto made = component.kind->verbs.develop({component.name, component.settings, layout});
    if (!made) { ADD_FAILURE() << describe(made.error()); return {}; }
    components.push_back({component.name, component.kind, std::move(*made)});
  }
  const ContainerUsers users{.uid = 52'000, .gid = 52'000};
  return development_folder({"aikernel", components, users, "build"});
}

const FolderFile* file(const FolderContent& content, const std::string& path) {
  for (const FolderFile& one : content.given.files)
    if (one.path == path) return &one;
  return nullptr;
}

TEST(Development, the_compose_file_is_the_golden_one) {
  const FolderContent made = folder();
  ASSERT_EQ(made.whole.size(), 1U);
  EXPECT_EQ(made.whole.front().first, "dev/docker-compose.yml");
  EXPECT_EQ(made.whole.front().second, golden_file(TESTDATA, "development.docker-compose.yml", made.whole.front().second));
}

TEST(Development, services_read_the_files_that_a_handbook_names) {
  const FolderContent made = folder();
  const FolderFile* sql = file(made, "config/postgres/init-db.sql");
  ASSERT_NE(sql, nullptr);
  EXPECT_THAT(sql->content.redacted(), HasSubstr("create database \"catalog\" owner \"aikernel\""));
  EXPECT_THAT(sql->content.redacted(), Not(HasSubstr("known"))) << "a verifier, as everywhere";
  const FolderFile* settings = file(made, "config/postgres/postgresql.conf");
  ASSERT_NE(settings, nullptr);
  EXPECT_THAT(settings->content.redacted(), HasSubstr("shared_buffers = '64MB'\n"));
  EXPECT_THAT(made.whole.front().second, HasSubstr("../config/postgres/postgresql.conf"));
}

TEST(Development, ports_are_this_machines_own) {
  const std::string text = folder().whole.front().second;
  for (const char* port : {"127.0.0.1:5432:5432", "127.0.0.1:5433:5432", "127.0.0.1:6379:6379", "127.0.0.1:6380:6379"}) EXPECT_THAT(text, HasSubstr(port));
}

TEST(Development, scripts_may_be_run_and_passwords_are_their_owners_alone) {
  const FolderContent made = folder();
  EXPECT_EQ(file(made, "scripts/start-dev.sh")->mode, 0755U);
  EXPECT_EQ(file(made, "secrets/clients/postgres/aikernel")->mode, 0600U);
}

}  // namespace
}  // namespace keelson::compose
