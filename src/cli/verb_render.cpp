#include "pipeline/render.h"

#include "cli/verbs.h"

namespace keelson::cli {

int run(const RenderOptions& options, Output& output) {
  if (options.out.empty()) return output.error({ErrorCode::usage, "render needs a folder", {}, {}, "name it: --out DIR"});
  const auto rendered = render({options.common.request, options.out, options.layout});
  if (!rendered) return output.errors(rendered.error());
  for (const std::string& note : rendered->notes) output.note("keelson: " + note);
  if (output.structured()) {
    Json changed = Json::array();
    for (const std::string& path : rendered->changed) changed.push(path);
    Json notes = Json::array();
    for (const std::string& note : rendered->notes) notes.push(note);
    output.document(document_head("render").set("directory", rendered->directory).set("changed", std::move(changed)).set("notes", std::move(notes)));
    return 0;
  }
  const std::size_t changed = rendered->changed.size();
  output.print(rendered->directory + (changed == 0 ? ": nothing changed\n" : ": " + std::to_string(changed) + (changed == 1 ? " file written\n" : " files written\n")));
  return 0;
}

}  // namespace keelson::cli
