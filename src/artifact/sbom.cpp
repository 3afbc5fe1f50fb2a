#include "artifact/sbom.h"

#include <cctype>
#include <map>
#include <utility>

#include "base/encoding.h"

namespace keelson {
namespace {

constexpr const char* kDocument = "SPDXRef-DOCUMENT";
constexpr const char* kImage = "SPDXRef-image";
constexpr const char* kKeelson = "SPDXRef-keelson";
constexpr const char* kNoTime = "1970-01-01T00:00:00Z";

/// Letters, digits, "." and "-" are all that an identifier may have.
std::string identifier(const std::string& package) {
  std::string out = "SPDXRef-deb-" + package;
  for (char& c : out)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '.';
  return out;
}

Json package_json(const std::string& id, const std::string& name, const std::string& version, const std::string& sha256) {
  return Json::object()
      .set("SPDXID", id)
      .set("name", name)
      .set("versionInfo", version)
      .set("downloadLocation", "NOASSERTION")
      .set("filesAnalyzed", false)
      .set("checksums", Json::array().push(Json::object().set("algorithm", "SHA256").set("checksumValue", sha256)));
}

Json debian_json(const std::string& name, const Json& package) {
  const std::string& version = package["version"].as_string();
  const std::string purl = "pkg:deb/debian/" + percent_encoded(name) + "@" + percent_encoded(version) + "?distro=debian-12";
  return package_json(identifier(name), name, version, package["sha256"].as_string())
      .set("externalRefs", Json::array().push(Json::object().set("referenceCategory", "PACKAGE-MANAGER").set("referenceType", "purl").set("referenceLocator", purl)));
}

Json relationship(const std::string& from, const std::string& type, const std::string& to) {
  return Json::object().set("spdxElementId", from).set("relationshipType", type).set("relatedSpdxElement", to);
}

/// By name: parts share libraries, and are fetched of one archive.
std::map<std::string, Json> packages_of(const std::vector<Json>& parts) {
  std::map<std::string, Json> out;
  for (const Json& part : parts)
    for (const Json& package : part["packages"].items()) out.emplace(package["name"].as_string(), package);
  return out;
}

}  // namespace

std::string spdx_of(const ImageContents& image) {
  const std::size_t colon = image.name.find(':');
  const std::string name = image.name.substr(0, colon), version = image.name.substr(colon + 1), digest = image.id.substr(image.id.find(':') + 1);
  Json packages = Json::array(), relationships = Json::array();
  packages.push(package_json(kImage, name, version, digest).set("primaryPackagePurpose", "CONTAINER"));
  packages.push(package_json(kKeelson, "keelson", image.build, image.program).set("primaryPackagePurpose", "APPLICATION"));
  relationships.push(relationship(kDocument, "DESCRIBES", kImage)).push(relationship(kImage, "CONTAINS", kKeelson));
  for (const auto& [package, facts] : packages_of(image.parts)) {
    packages.push(debian_json(package, facts));
    relationships.push(relationship(kImage, "CONTAINS", identifier(package)));
  }
  return Json::object()
             .set("spdxVersion", "SPDX-2.3")
             .set("dataLicense", "CC0-1.0")
             .set("SPDXID", kDocument)
             .set("name", image.name)
             .set("documentNamespace", "https://spdx.org/spdxdocs/" + percent_encoded(name.substr(name.rfind('/') + 1)) + "-" + digest)
             .set("creationInfo", Json::object().set("created", kNoTime).set("creators", Json::array().push("Tool: keelson-" + image.build)))
             .set("packages", std::move(packages))
             .set("relationships", std::move(relationships))
             .dump(1) + "\n";
}

}  // namespace keelson
