#include "artifact/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "artifact/host_packages.h"
#include "base/json.h"
#include "system/digest.h"
#include "system/temporary_directory.h"

namespace keelson {
namespace {

constexpr std::string_view kPackages[] = {"engine"};
constexpr Artifact kEngine{.id = "engine", .series = "1.0", .packages = kPackages, .program = "usr/bin/engine"};
constexpr Artifact kInterpreter{.id = "interpreter", .series = "3", .packages = kPackages, .program = "usr/bin/interpreter"};
constexpr Artifact kScript{.id = "script", .series = "1.0", .packages = kPackages, .program = "usr/bin/script", .machine = &kInterpreter};
constexpr std::string_view kTools[] = {"engine-cli"};
constexpr Artifact kWithTools{.id = "engine", .series = "2.0", .packages = kPackages, .program = "usr/bin/engine", .tools = kTools};
constexpr Artifact kHost{.id = "own", .series = "1", .source = ArtifactSource::host, .packages = {}, .program = "usr/bin/own"};

/// A store in which the base and an engine are unpacked already, so that nothing is fetched.
class ImageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    unpacked(image_base());
    unpacked(kEngine);
    ASSERT_TRUE(files_.write(dir_ / "keelson", "the program", 0755));
  }
  void unpacked(const Artifact& artifact) {
    const std::string tree = artifacts_.tree(artifact);
    const std::string program = tree + "/" + std::string(artifact.program);
    ASSERT_TRUE(files_.make_directory(program.substr(0, program.rfind('/')), 0755));
    ASSERT_TRUE(files_.write(program, "bytes of " + std::string(artifact.id), 0755));
    const Json package = Json::object().set("name", std::string(artifact.id) + "-of-tests").set("version", "1.0-1").set("sha256", std::string(64, 'e')).set("size", 1);
    ASSERT_TRUE(files_.write(tree + "/.keelson.json", Json::object().set("id", artifact.id).set("series", artifact.series).set("version", "1.0-1").set("packages", Json::array().push(package)).dump(), 0644));
  }
  Result<BuiltImage> build() { return images_.build(kEngine, dir_ / "keelson", [](const std::string&) {}); }
  /// What is in any of its layers at `path`.
  std::string inside(const BuiltImage& image, const std::string& path) {
    const Json manifest = parse_json(tar({"-xOf", image.archive, "manifest.json"})).value().items().at(0);
    std::string out;
    for (const Json& name : manifest["Layers"].items()) {
      EXPECT_TRUE(files_.write(dir_ / "layer.tar", tar({"-xOf", image.archive, name.as_string()}), 0644));
      out += tar({"-xOf", dir_ / "layer.tar", path});
    }
    return out;
  }
  std::string tar(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tar");
    return commands_.run(arguments, {}).value().out;
  }

  TemporaryDirectory dir_;
  RealFiles real_files_;
  RealCommands real_commands_;
  Files& files_ = real_files_;
  Commands& commands_ = real_commands_;
  ArtifactStore artifacts_{files_, commands_, dir_ / "artifacts"};
  ImageStore images_{files_, commands_, artifacts_, dir_ / "images"};
};

TEST_F(ImageTest, the_same_content_gives_the_same_archive_byte_for_byte) {
  const auto first = build();
  ASSERT_TRUE(first) << describe(first.error());
  const std::string before = files_.read(first->archive).value();
  // Written again, later and in another order: times and places are not content.
  ASSERT_TRUE(files_.remove_tree(artifacts_.tree(kEngine)));
  unpacked(kEngine);
  const auto second = build();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(files_.read(second->archive).value(), before);
}

TEST_F(ImageTest, a_bill_of_materials_lies_beside_the_archive_and_is_the_same_for_the_same_content) {
  const auto first = build();
  ASSERT_TRUE(first) << describe(first.error());
  const std::string bill = files_.read(first->sbom).value();
  const Json document = parse_json(bill).value();
  EXPECT_EQ(document["name"].as_string(), first->name);
  std::string told;
  for (const Json& package : document["packages"].items()) told += package["name"].as_string() + " " + package["versionInfo"].as_string() + " " + package["checksums"].items().at(0)["checksumValue"].as_string() + "\n";
  EXPECT_THAT(told, ::testing::HasSubstr("engine-of-tests 1.0-1 " + std::string(64, 'e')));
  EXPECT_THAT(told, ::testing::HasSubstr("image-base-of-tests 1.0-1 ")) << "what all images stand on is in this one, too";
  EXPECT_THAT(told, ::testing::HasSubstr("keelson " + sha256_hex("the program").substr(0, 12) + " " + sha256_hex("the program")));
  EXPECT_EQ(files_.read(build()->sbom).value(), bill);
}

TEST_F(ImageTest, other_content_gives_another_id) {
  const auto first = build();
  ASSERT_TRUE(first);
  ASSERT_TRUE(files_.write(dir_ / "keelson", "another program", 0755));
  EXPECT_NE(build()->id, first->id);
}

TEST_F(ImageTest, layers_are_what_the_configuration_says_and_hold_nothing_of_the_store) {
  const auto image = build();
  ASSERT_TRUE(image);
  const Json manifest = parse_json(tar({"-xOf", image->archive, "manifest.json"})).value().items().at(0);
  const std::string config = tar({"-xOf", image->archive, manifest["Config"].as_string()});
  EXPECT_EQ("sha256:" + sha256_hex(config), image->id);
  EXPECT_EQ(manifest["RepoTags"].items().at(0).as_string(), image->name);
  EXPECT_EQ(image->name, "keelson/engine:1.0-" + sha256_hex("the program").substr(0, 12));
  const Json diff_ids = parse_json(config).value()["rootfs"]["diff_ids"];
  ASSERT_EQ(manifest["Layers"].items().size(), 3U);
  std::string listing;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string layer = tar({"-xOf", image->archive, manifest["Layers"].items()[i].as_string()});
    EXPECT_EQ("sha256:" + sha256_hex(layer), diff_ids.items()[i].as_string());
    ASSERT_TRUE(files_.write(dir_ / "layer.tar", layer, 0644));
    listing += tar({"-tvf", dir_ / "layer.tar", "--numeric-owner", "--full-time"});
  }
  EXPECT_THAT(listing, ::testing::HasSubstr("usr/bin/engine"));
  EXPECT_THAT(listing, ::testing::HasSubstr("usr/bin/keelson"));
  EXPECT_THAT(listing, ::testing::ContainsRegex("drwxrwxrwt 0/0 +0 1970-01-01 00:00:00 keelson/data/"));
  EXPECT_THAT(listing, ::testing::Not(::testing::HasSubstr(".keelson.json")));
}

TEST_F(ImageTest, what_an_artifact_takes_from_a_machine_is_a_layer_of_its_image) {
  unpacked(kInterpreter);
  unpacked(kScript);
  const auto image = images_.build(kScript, dir_ / "keelson", [](const std::string&) {});
  ASSERT_TRUE(image) << describe(image.error());
  std::string listing;
  const Json manifest = parse_json(tar({"-xOf", image->archive, "manifest.json"})).value().items().at(0);
  for (const Json& name : manifest["Layers"].items()) {
    ASSERT_TRUE(files_.write(dir_ / "layer.tar", tar({"-xOf", image->archive, name.as_string()}), 0644));
    listing += tar({"-tf", dir_ / "layer.tar"});
  }
  for (const char* program : {"usr/bin/interpreter", "usr/bin/script", "usr/bin/keelson"}) EXPECT_THAT(listing, ::testing::HasSubstr(program));
}

TEST_F(ImageTest, engines_find_what_tells_them_of_refusals) {
  const auto image = build();
  ASSERT_TRUE(image) << describe(image.error());
  EXPECT_THAT(inside(*image, std::string(kRefusedConnect).substr(1)), ::testing::StartsWith("\x7f" "ELF"));
}

TEST_F(ImageTest, in_front_of_each_client_is_keelson) {
  unpacked(kWithTools);
  const auto image = images_.build(kWithTools, dir_ / "keelson", [](const std::string&) {});
  ASSERT_TRUE(image) << describe(image.error());
  EXPECT_EQ(inside(*image, "usr/local/bin/engine-cli"), "#!/usr/bin/keelson tool\n");
  EXPECT_EQ(inside(*image, "usr/local/bin/nslookup"), "#!/usr/bin/keelson nslookup\n");
  EXPECT_EQ(inside(*build(), "usr/local/bin/engine-cli"), "") << "an image has only its own artifact's";
}

TEST_F(ImageTest, what_was_built_is_found_and_nothing_else) {
  EXPECT_FALSE(images_.built_with(kEngine, dir_ / "keelson").value());
  const auto image = build();
  ASSERT_TRUE(image);
  EXPECT_EQ(images_.built_with(kEngine, dir_ / "keelson").value()->id, image->id);
  EXPECT_EQ(images_.built_with(kEngine, dir_ / "keelson").value()->name, image->name);
  EXPECT_EQ(files_.list(dir_ / "images").value(), (std::vector<std::string>{".lock", "engine-1.0.spdx.json", "engine-1.0.tar", "engine-1.0.tar.id"})) << "nothing half-made is left";
}

TEST_F(ImageTest, another_keelson_has_another_name_and_does_not_find_what_was_built_with_this_one) {
  const auto image = build();
  ASSERT_TRUE(image);
  ASSERT_TRUE(files_.write(dir_ / "newer", "another program", 0755));
  EXPECT_FALSE(images_.built_with(kEngine, dir_ / "newer").value());
  EXPECT_NE(images_.build(kEngine, dir_ / "newer", [](const std::string&) {})->name, image->name);
}

TEST_F(ImageTest, an_archive_of_a_keelson_that_noted_no_name_counts_as_not_built) {
  const auto image = build();
  ASSERT_TRUE(image);
  ASSERT_TRUE(files_.write(image->archive + ".id", image->id + "\n" + sha256_hex("the program") + "\n", 0644));
  EXPECT_FALSE(images_.built_with(kEngine, dir_ / "keelson").value());
}

TEST_F(ImageTest, a_program_of_the_machine_has_no_image) {
  const auto image = images_.build(kHost, dir_ / "keelson", [](const std::string&) {});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::not_supported);
}

TEST(ImageBase, names_the_parts_of_every_debian_that_artifacts_leave_out) {
  for (const std::string_view needed : {"libc6", "libcrypt1"}) {
    EXPECT_TRUE(is_left_out(needed)) << needed;
    EXPECT_TRUE(is_taken(image_base(), needed)) << needed;
    EXPECT_FALSE(is_taken(kEngine, needed)) << needed;
  }
  EXPECT_TRUE(is_taken(kEngine, "liblzf1"));
}

}  // namespace
}  // namespace keelson
