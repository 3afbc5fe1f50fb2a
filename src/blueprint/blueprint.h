#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/source_mark.h"
#include "component/kind.h"

namespace keelson {

/// One entry under `components:`, validated against its kind's settings table; defaults filled in.
struct BlueprintComponent {
  std::string name;            ///< the key in the file
  const Kind* kind = nullptr;  ///< never null after a successful load
  Settings settings;
  SourceMark mark;
};

/// One entry under `publish:`; whether there is such an endpoint is for resolve to say.
struct BlueprintPublished {
  std::string endpoint;
  Published place;
  SourceMark mark;
};

/// One entry under `images:`; whether there is such a component is for resolve to say.
struct BlueprintImage {
  std::string component;  ///< its name, or that of its kind
  std::string reference;  ///< as engines take it: "docker.io/library/haproxy:2.6@sha256:…"
  SourceMark mark;
};

/// The user's YAML, typed. Profiles are already merged over the base.
struct Blueprint {
  std::string foundation;                    ///< a DNS label
  std::string domain;                        ///< default "<foundation>.internal"
  std::string runtime = "native";            ///< native | compose | kubernetes
  std::string profile;                       ///< the profile in force; "" = none
  std::vector<std::string> profiles;         ///< all profiles the file offers
  bool protect = false;
  std::vector<std::string> local_users;      ///< access.local; empty = default
  std::vector<BlueprintPublished> published;
  std::vector<BlueprintImage> images;
  std::vector<BlueprintComponent> components; ///< in the order of the file
  SourceMark mark;
};

/// One file's text, or standard input's.
struct BlueprintSource {
  std::string name;  ///< as errors shall call it
  std::string text;
};

/// Reads, merges (later sources over earlier ones, then the profile) and validates. Pure: no I/O. Strict as design section 5
/// says; every problem found is returned, each with file:line:column, the field path, what is wrong and what to do.
/// A component's kind is its `kind:` field, or its own key when there is none.
Checked<Blueprint> load_blueprint(const std::vector<BlueprintSource>& sources, std::string_view profile, Catalog catalog);

/// The JSON Schema (draft 2020-12) of blueprints for this catalog, deterministic.
std::string blueprint_schema(Catalog catalog);

}  // namespace keelson
