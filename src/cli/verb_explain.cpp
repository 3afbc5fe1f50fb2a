#include "cli/command_line.h"
#include "cli/explain.h"
#include "cli/verbs.h"
#include "components/catalog.h"

namespace keelson::cli {

int run(const ExplainOptions& options, Output& output) {
  if (output.structured()) {
    const auto json = explain_json(catalog(), options.subject);
    if (!json) return output.error(json.error());
    Json document = document_head("explain");
    for (const auto& [key, value] : json->members()) document.set(key, value);
    output.document(document);
    return 0;
  }
  const auto text = explain_text(catalog(), options.subject);
  if (!text) return output.error(text.error());
  output.print(*text);
  return 0;
}

int run(const SchemaOptions&, Output& output) {
  output.print(blueprint_schema(catalog()));
  output.print("\n");
  return 0;
}

int run(const CompletionOptions& options, Output& output) {
  output.print(completion_script(verb_tree(), options.shell));
  return 0;
}

int run(const ReferenceOptions&, Output& output) {
  output.print(reference_text(verb_tree()));
  return 0;
}

int run(const VersionOptions&, Output& output) {
  if (output.structured()) output.document(document_head("version").set("version", KEELSON_VERSION).set("compiler", __VERSION__));
  else output.print("keelson " KEELSON_VERSION "\n");
  return 0;
}

int run(const UnsupportedOptions& options, Output& output) {
  return output.error({ErrorCode::not_supported, "`keelson " + options.verb + "` is not supported yet", {}, {}, "`keelson --help` lists what is"});
}

}  // namespace keelson::cli
