#include <algorithm>
#include <map>

#include "base/units.h"
#include "blueprint/blueprint.h"
#include "blueprint/images.h"
#include "blueprint/problems.h"
#include "blueprint/published.h"
#include "blueprint/read_settings.h"
#include "blueprint/source_text.h"
#include "blueprint/top_level.h"
#include "blueprint/tree.h"
#include "component/defaults.h"

namespace keelson {
namespace {

/// What is being read: the text of one file or profile, or the whole after merging.
struct Layer {
  const Node& root;
  std::string path;  ///< "" or "profiles.laptop"
  Completeness completeness;
  const Node& kinds;  ///< the merged whole: an entry here may rely on a `kind:` said elsewhere
};

std::vector<std::string> file_names(const std::vector<BlueprintSource>& sources) {
  std::vector<std::string> names;
  for (const BlueprintSource& source : sources) names.push_back(source.name);
  return names;
}

class Loader {
 public:
  Loader(Problems& problems, Catalog catalog) : problems_(problems), catalog_(catalog) {
    for (const Kind* kind : catalog)
      if (kind->in_blueprint) kind_names_.push_back(kind->name);
  }

  /// Tells the problems of one file: its own fields, and those of every profile in it, chosen or not.
  void check_file(const Node& root, const Node& whole) const {
    const SettingsReader reader(problems_, Completeness::partial);
    const Settings top = reader.read(root, kTopFields, {"", root.mark, kTopAlso});
    check_names(top, "");
    check_published(top, "", problems_);
    check_images(top, "", problems_);
    read_components({root, "", Completeness::partial, whole});
    const Entry* profiles = root.find("profiles");
    if (!profiles) return;
    if (profiles->value.kind != Node::Kind::mapping) return report_shape(problems_, profiles->value, "profiles", "a mapping");
    for (const Entry& profile : profiles->value.entries) check_profile(profile, whole);
  }

  /// The typed blueprint of the merged whole.
  Blueprint read_whole(const Node& root) const {
    Blueprint blueprint;
    const SettingsReader reader(problems_, Completeness::complete);
    Settings top = reader.read(root, kTopFields, {"", root.mark, kTopAlso});
    if (const auto filled = fill_defaults(top, kTopFields); !filled) report_table(filled.error(), root.mark);
    blueprint.mark = root.mark;
    if (has(top, "foundation")) blueprint.foundation = text(top, "foundation");
    blueprint.domain = has(top, "domain") ? text(top, "domain") : blueprint.foundation + ".internal";
    if (has(top, "runtime")) blueprint.runtime = text(top, "runtime");
    if (has(top, "protect")) blueprint.protect = at(top, "protect").boolean();
    if (has(top, "access"))
      if (const Settings& access = at(top, "access").object(); has(access, "local"))
        for (const SettingValue& user : at(access, "local").list()) blueprint.local_users.push_back(user.text());
    blueprint.published = published(top);
    blueprint.images = images(top);
    if (!root.find("components"))
      problems_.add({root.mark, {}, "field components is missing", {},
                     "add components: with at least one of the kinds: " + listed(kind_names_)});
    blueprint.components = read_components({root, "", Completeness::complete, root});
    return blueprint;
  }

 private:
  void check_profile(const Entry& profile, const Node& whole) const {
    const std::string path = join("profiles", profile.key);
    if (profile.repeats()) return report_repeated(problems_, profile, path);
    check_label(profile, path, "profile");
    const Node& root = profile.value;
    if (root.kind == Node::Kind::null) return;
    if (root.kind != Node::Kind::mapping) return report_shape(problems_, root, path, "a mapping");
    const SettingsReader reader(problems_, Completeness::partial);
    const Settings top = reader.read(root, kProfileFields, {path, profile.mark, kProfileAlso});
    check_names(top, path);
    check_published(top, path, problems_);
    check_images(top, path, problems_);
    read_components({root, path, Completeness::partial, whole});
  }

  /// What the tables cannot say: the domain is a DNS name, local users could be users.
  void check_names(const Settings& top, const std::string& path) const {
    if (const auto domain = top.find("domain"); domain != top.end() && !is_dns_name(domain->second.text()))
      problems_.add({domain->second.mark, join(path, "domain"), "is not a DNS name", {},
                     "use labels of a-z, 0-9 and - joined by dots, such as data.internal"});
    const auto access = top.find("access");
    if (access == top.end() || !has(access->second.object(), "local")) return;
    for (const SettingValue& user : at(access->second.object(), "local").list()) {
      const std::string& name = user.text();
      const bool bad = name.empty() || name.size() > 256 || name[0] == '-' ||
                       std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == ':' || c == '/' || c == ','; });
      if (bad) problems_.add({user.mark, join(path, "access") + ".local", "is not a user name", {}, "write the login name of a user of this machine"});
    }
  }

  void check_label(const Entry& entry, const std::string& path, std::string_view noun) const {
    if (!is_dns_label(entry.key))
      problems_.add({entry.mark, path, "the name of a " + std::string(noun) + " is not a DNS label", {},
                     "use 1 to 63 of a-z, 0-9 and -, not starting or ending with -"});
  }

  std::vector<BlueprintComponent> read_components(const Layer& layer) const {
    std::vector<BlueprintComponent> components;
    const Entry* section = layer.root.find("components");
    if (!section) return components;
    const std::string section_path = join(layer.path, "components");
    if (section->value.kind != Node::Kind::mapping) {
      report_shape(problems_, section->value, section_path, "a mapping of components ({} for none)");
      return components;
    }
    for (const Entry& entry : section->value.entries) {
      const std::string path = join(section_path, entry.key);
      if (entry.repeats()) { report_repeated(problems_, entry, path); continue; }
      check_label(entry, path, "component");
      if (auto component = read_component(entry, path, layer)) components.push_back(std::move(*component));
    }
    return components;
  }

  std::optional<BlueprintComponent> read_component(const Entry& entry, const std::string& path, const Layer& layer) const {
    const Node& node = entry.value;
    if (node.kind != Node::Kind::mapping && node.kind != Node::Kind::null) {
      report_shape(problems_, node, path, "a mapping");
      return std::nullopt;
    }
    const Kind* kind = kind_of(entry, path, layer.kinds);
    if (!kind) return std::nullopt;
    const SettingsReader reader(problems_, layer.completeness);
    BlueprintComponent component{entry.key, kind, reader.read(node, kind->settings, {path, entry.mark, kComponentAlso}), entry.mark};
    if (layer.completeness == Completeness::partial) return component;
    if (const auto filled = fill_defaults(component.settings, kind->settings); !filled) report_table(filled.error(), entry.mark);
    return component;
  }

  /// The kind an entry is of: what it says itself, else what the merged whole says of that component, else its name.
  const Kind* kind_of(const Entry& entry, const std::string& path, const Node& whole) const {
    const Entry* said = entry.value.find("kind");
    if (!said)
      if (const Entry* section = whole.find("components"))
        if (const Entry* same = section->value.find(entry.key)) said = same->value.find("kind");
    if (said && said->value.kind != Node::Kind::scalar) {
      report_shape(problems_, said->value, path + ".kind", "the name of a kind");
      return nullptr;
    }
    const std::string& name = said ? said->value.text : entry.key;
    const SourceMark& mark = said ? said->value.mark : entry.mark;
    const Kind* kind = find_kind(catalog_, name);
    const std::string at_path = said ? path + ".kind" : path;
    if (!kind) problems_.add({mark, at_path, "unknown kind " + shown(name), {}, problems_.full() ? "" :
                              suggest(name, kind_names_, "kinds") + (said ? "" : "; a component with a name of its own says kind:")});
    else if (!kind->in_blueprint) {
      problems_.add({mark, at_path, "kind " + shown(name) + " is not for blueprints", "it comes by itself with the components that need it",
                     "remove it; kinds: " + listed(kind_names_)});
      return nullptr;
    }
    return kind;
  }

  /// A kind's table that contradicts itself is a defect of keelson, told as such.
  void report_table(const Error& error, const SourceMark& mark) const {
    problems_.add({mark, {}, "a default of keelson's own settings table " + error.what, "this is a defect of keelson", "please report it"});
  }

  Problems& problems_;
  Catalog catalog_;
  std::vector<std::string_view> kind_names_;
};

/// The base with the chosen profile over it. An unknown profile is told with those that exist.
Node with_profile(const Node& whole, std::string_view profile, const std::vector<std::string>& offered, Problems& problems) {
  if (profile.empty()) return whole;
  const Entry* profiles = whole.find("profiles");
  const Entry* chosen = profiles ? profiles->value.find(profile) : nullptr;
  if (chosen) return merged(whole, chosen->value);
  const SourceMark mark = profiles ? profiles->mark : SourceMark{whole.mark.file, 1, 1};
  problems.add({mark, "profiles", "there is no profile " + shown(profile), {}, suggest(profile, offered, "profiles")});
  return whole;
}

}  // namespace

Checked<Blueprint> load_blueprint(const std::vector<BlueprintSource>& sources, std::string_view profile, Catalog catalog) {
  Problems problems(file_names(sources));
  if (sources.empty()) problems.add({{}, {}, "there is no blueprint", {}, "pass one with -f"});
  std::vector<Node> files;
  for (const BlueprintSource& source : sources) {
    if (auto bad = check_bytes(source)) { problems.add(std::move(*bad)); continue; }
    if (auto tree = parse_tree(source, problems)) files.push_back(std::move(*tree));
  }
  // Where one file cannot be read, what the others say cannot be judged: a kind or a profile may be in the missing one.
  if (files.empty() || files.size() != sources.size()) return unexpected(problems.sorted());

  Node whole = files.front();
  for (std::size_t i = 1; i < files.size(); ++i) whole = merged(whole, files[i]);
  const Loader loader(problems, catalog);
  for (const Node& file : files) loader.check_file(file, whole);

  std::vector<std::string> offered;
  if (const Entry* profiles = whole.find("profiles"))
    for (const Entry& entry : profiles->value.entries)
      if (!entry.repeats()) offered.push_back(entry.key);
  Blueprint blueprint = loader.read_whole(with_profile(whole, profile, offered, problems));
  if (!problems.empty()) return unexpected(problems.sorted());
  blueprint.profile = profile;
  blueprint.profiles = std::move(offered);
  return blueprint;
}

}  // namespace keelson
