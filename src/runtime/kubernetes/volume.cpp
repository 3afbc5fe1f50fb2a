#include "runtime/kubernetes/volume.h"

#include "base/units.h"

namespace keelson::kubernetes {
namespace {

Json file_json(const KeyFile& file) {
  Json out = Json::object().set("key", file.key).set("path", file.path);
  if (file.mode) out.set("mode", static_cast<int>(*file.mode));
  return out;
}

Json keys_json(const std::string& name, const std::vector<KeyFile>& files) {
  Json out = Json::object().set("name", name);
  if (!files.empty()) out.set("items", each(files, file_json));
  return out;
}

Json json_of(const ConfigMapSource& source) { return Json::object().set("configMap", keys_json(source.name, source.files)); }
Json json_of(const SecretSource& source) { return Json::object().set("secret", keys_json(source.name, source.files)); }

/// Adds itself to the volume under the name of its kind.
void add(const Projected& projected, Json& volume) {
  Json sources = each(projected.sources, [](const auto& source) { return std::visit([](const auto& one) { return json_of(one); }, source); });
  volume.set("projected", Json::object().set("defaultMode", static_cast<int>(projected.mode)).set("sources", std::move(sources)));
}

void add(const EmptyDir& directory, Json& volume) {
  Json out = Json::object();
  if (directory.medium == Medium::memory) out.set("medium", "Memory");
  if (directory.size_limit > 0) out.set("sizeLimit", format_bytes(directory.size_limit));
  volume.set("emptyDir", std::move(out));
}

}  // namespace

Json json(const Volume& volume) {
  Json out = Json::object().set("name", volume.name);
  std::visit([&](const auto& source) { add(source, out); }, volume.source);
  return out;
}

Json json(const VolumeMount& mount) {
  Json out = Json::object().set("name", mount.volume).set("mountPath", mount.path);
  if (!mount.sub_path.empty()) out.set("subPath", mount.sub_path);
  if (mount.access == VolumeMount::Access::read) out.set("readOnly", true);
  return out;
}

}  // namespace keelson::kubernetes
