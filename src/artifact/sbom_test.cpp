#include "artifact/sbom.h"

#include <gtest/gtest.h>

#include <set>

namespace keelson {
namespace {

Json part(std::initializer_list<std::pair<const char*, const char*>> packages) {
  Json list = Json::array();
  for (const auto& [name, version] : packages) list.push(Json::object().set("name", name).set("version", version).set("sha256", std::string(64, 'a')).set("size", 1));
  return Json::object().set("id", "redis").set("packages", std::move(list));
}

ImageContents redis() {
  return {"keelson/redis:7.0-8c1479f62efd", "sha256:" + std::string(64, 'b'), "8c1479f62efd", std::string(64, 'c'),
          {part({{"libc6", "2.36-9+deb12u14"}, {"libstdc++6", "12.2.0-14"}}), part({{"redis-server", "5:7.0.15-1~deb12u10"}, {"libc6", "2.36-9+deb12u14"}})}};
}

/// What JSON Schema cannot be asked for here: the fields that SPDX 2.3 wants of a document, a package and a relationship (chapters 6, 7, 11).
TEST(Sbom, has_every_field_that_spdx_wants_and_relates_only_what_there_is) {
  const Json document = parse_json(spdx_of(redis())).value();
  for (const char* field : {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace"}) EXPECT_FALSE(document[field].as_string().empty()) << field;
  EXPECT_EQ(document["spdxVersion"].as_string(), "SPDX-2.3");
  EXPECT_EQ(document["dataLicense"].as_string(), "CC0-1.0");
  EXPECT_EQ(document["documentNamespace"].as_string().find('#'), std::string::npos);
  EXPECT_EQ(document["creationInfo"]["created"].as_string(), "1970-01-01T00:00:00Z");
  EXPECT_FALSE(document["creationInfo"]["creators"].items().empty());
  std::set<std::string> known{"SPDXRef-DOCUMENT"};
  for (const Json& package : document["packages"].items()) {
    const std::string& id = package["SPDXID"].as_string();
    EXPECT_TRUE(known.insert(id).second) << id << " is there twice";
    EXPECT_EQ(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-"), std::string::npos) << id;
    EXPECT_FALSE(package["name"].as_string().empty());
    EXPECT_EQ(package["downloadLocation"].as_string(), "NOASSERTION");
    EXPECT_EQ(package["checksums"].items().at(0)["algorithm"].as_string(), "SHA256");
    EXPECT_EQ(package["checksums"].items().at(0)["checksumValue"].as_string().size(), 64U) << id;
  }
  for (const Json& one : document["relationships"].items()) EXPECT_TRUE(known.contains(one["spdxElementId"].as_string()) && known.contains(one["relatedSpdxElement"].as_string()));
  EXPECT_EQ(document["relationships"].items().size(), known.size() - 1) << "each package is of the image, and the image of the document";
}

TEST(Sbom, names_each_package_once_with_its_version_and_checksum_and_keelson_itself) {
  const Json document = parse_json(spdx_of(redis())).value();
  std::set<std::string> named;
  for (const Json& package : document["packages"].items()) named.insert(package["name"].as_string() + " " + package["versionInfo"].as_string());
  EXPECT_EQ(named, (std::set<std::string>{"keelson/redis 7.0-8c1479f62efd", "keelson 8c1479f62efd", "libc6 2.36-9+deb12u14", "libstdc++6 12.2.0-14", "redis-server 5:7.0.15-1~deb12u10"}));
  EXPECT_EQ(document["packages"].items().at(1)["checksums"].items().at(0)["checksumValue"].as_string(), std::string(64, 'c'));
}

TEST(Sbom, tells_scanners_the_package_by_a_url_without_a_stray_sign) {
  const Json document = parse_json(spdx_of(redis())).value();
  std::set<std::string> urls;
  for (const Json& package : document["packages"].items())
    if (package.has("externalRefs")) urls.insert(package["externalRefs"].items().at(0)["referenceLocator"].as_string());
  EXPECT_EQ(urls, (std::set<std::string>{"pkg:deb/debian/libc6@2.36-9%2Bdeb12u14?distro=debian-12", "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?distro=debian-12",
                                         "pkg:deb/debian/redis-server@5%3A7.0.15-1~deb12u10?distro=debian-12"}));
}

}  // namespace
}  // namespace keelson
