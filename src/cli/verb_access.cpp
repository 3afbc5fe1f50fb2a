#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/access_sheet.h"

namespace keelson::cli {

int run(const AccessOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const std::string ca_path = (*pipeline)->runtime().world().trust_file(TrustDomain::services);
  const Foundation& foundation = (*pipeline)->foundation();
  if (output.structured()) {
    Json document = document_head("access");
    const Json body = access_json(foundation, (*pipeline)->names(), ca_path);
    for (const auto& [key, value] : body.members()) document.set(key, value);
    output.document(document);
  } else {
    output.print(access_text(foundation, (*pipeline)->names(), ca_path));
  }
  return 0;
}

int run(const SecretListOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto secrets = (*pipeline)->secret_names();
  if (!secrets) return output.error(secrets.error());
  if (output.structured()) {
    Json list = Json::array();
    for (const auto& [name, purpose] : *secrets) list.push(Json::object().set("name", name).set("purpose", purpose));
    output.document(document_head("secrets").set("foundation", (*pipeline)->foundation().name).set("secrets", std::move(list)));
    return 0;
  }
  Table table({"SECRET", "PURPOSE"});
  for (const auto& [name, purpose] : *secrets) table.row({name, purpose});
  output.print(table.text(output));
  return 0;
}

int run(const SecretGetOptions& options, Output& output) {
  if (!options.reveal)
    return output.error({ErrorCode::usage, "a secret is printed only with --reveal", {}, {}, "keelson secret get " + options.name + " --reveal"});
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto secret = (*pipeline)->runtime().world().secret(options.name);
  if (!secret) return output.error(secret.error());
  if (output.out_is_terminal()) output.note("keelson: this terminal now shows a secret; it may stay in its scroll-back");
  if (output.structured())
    output.document(document_head("secret").set("name", options.name).set("value", Json(secret->reveal())));
  else
    output.print(std::string(secret->reveal()) + "\n");
  return 0;
}

}  // namespace keelson::cli
