#include <set>

#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace keelson::cli {
namespace {

std::string_view word_of(ArtifactSource source) {
  switch (source) {
    case ArtifactSource::debian: return "debian";
    case ArtifactSource::host: return "host";
  }
  return "unknown";
}

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

}  // namespace

int run(const ArtifactsListOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  const auto observed = (*pipeline)->runtime().observe((*pipeline)->foundation());
  if (!observed) return output.error(observed.error());
  Json list = Json::array();
  Table table({"ARTIFACT", "SERIES", "SOURCE", "HERE", "PACKAGES"});
  std::set<std::string_view> seen;
  for (const Component& component : (*pipeline)->foundation().components)
    for (const Artifact& artifact : component.kind->artifacts) {
      if (!seen.insert(artifact.id).second) continue;
      const bool here = artifact.source == ArtifactSource::host || observed->artifacts.contains(std::string(artifact.id));
      Json packages = Json::array();
      for (std::string_view package : artifact.packages) packages.push(Json(package));
      list.push(Json::object().set("id", Json(artifact.id)).set("series", Json(artifact.series)).set("source", Json(word_of(artifact.source))).set("present", here).set("packages", std::move(packages)));
      table.row({std::string(artifact.id), std::string(artifact.series), std::string(word_of(artifact.source)), here ? "yes" : "no", joined(artifact.packages)});
    }
  if (output.structured()) output.document(document_head("artifacts").set("foundation", (*pipeline)->foundation().name).set("artifacts", std::move(list)));
  else output.print(table.text(output));
  return 0;
}

int run(const NetworkShowOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  const Foundation& foundation = (*pipeline)->foundation();
  Json list = Json::array();
  Table table({"FROM", "TO", "PORT", "WHY"});
  for (const Edge& edge : foundation.edges) {
    list.push(Json::object().set("from", edge.from).set("to", edge.to).set("port", edge.port).set("why", edge.why));
    table.row({edge.from, edge.to, std::to_string(edge.port), edge.why});
  }
  Json users = Json::array();
  std::string user_names;
  for (const std::string& user : foundation.local_users) {
    users.push(user);
    user_names += (user_names.empty() ? "" : ", ") + user;
  }
  if (output.structured()) {
    output.document(document_head("network").set("foundation", foundation.name).set("edges", std::move(list)).set("local_users", std::move(users)));
  } else {
    output.print(table.text(output));
    output.print("\nLocal users who may reach the endpoints: " + (user_names.empty() ? "none" : user_names) + "\n");
  }
  return 0;
}

}  // namespace keelson::cli
