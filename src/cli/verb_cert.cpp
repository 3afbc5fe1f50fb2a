#include <algorithm>

#include "base/units.h"
#include "cli/bring_up.h"
#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/certificates.h"
#include "security/ca.h"
#include "state/lock.h"
#include "system/clock.h"

namespace keelson::cli {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::string_view use_of(const CertificateFacts& facts) {
  if (facts.server && facts.client) return "server, client";
  if (facts.server) return "server";
  return facts.client ? "client" : "signs";
}

bool was_read(const FoundationCertificate& certificate) { return certificate.facts.not_after_ms != 0; }

/// Whole days until it ends; negative when it has.
std::int64_t days_left(const FoundationCertificate& certificate, std::int64_t now_ms) {
  const std::int64_t left = certificate.facts.not_after_ms - now_ms;
  return left >= 0 ? left / kDayMs : -((-left + kDayMs - 1) / kDayMs);
}

Colour colour_of(CertificateState state) {
  switch (state) {
    case CertificateState::ok: return Colour::green;
    case CertificateState::renew: return Colour::yellow;
    case CertificateState::expired: case CertificateState::missing: case CertificateState::unreadable: return Colour::red;
  }
  return Colour::none;
}

bool is_bad(const FoundationCertificate& certificate) { return colour_of(certificate.state) == Colour::red; }

Json to_json(const FoundationCertificate& certificate, std::int64_t now_ms) {
  const bool read = was_read(certificate);
  return Json::object()
      .set("kind", Json(name(certificate.kind)))
      .set("instance", certificate.instance)
      .set("name", certificate.name)
      .set("domain", Json(name(certificate.domain)))
      .set("common_name", certificate.facts.common_name)
      .set("server", certificate.facts.server)
      .set("client", certificate.facts.client)
      .set("not_after", read ? Json(rfc3339(certificate.facts.not_after_ms)) : Json())
      .set("days_left", read ? Json(days_left(certificate, now_ms)) : Json())
      .set("state", Json(name(certificate.state)))
      .set("file", certificate.file);
}

void print_certificates(const std::vector<FoundationCertificate>& certificates, std::int64_t now_ms, Output& output) {
  const bool wide = output.format() == Format::wide;
  std::vector<std::string> headings{"OF", "NAME", "DOMAIN", "COMMON NAME", "USE", "UNTIL", "DAYS", "STATE"};
  if (wide) headings.emplace_back("FILE");
  Table table(headings);
  for (const FoundationCertificate& one : certificates) {
    const bool read = was_read(one);
    const std::string of = one.kind == CertificateKind::leaf ? one.instance : one.kind == CertificateKind::own ? "keelson" : "authority";
    const std::string called = one.name.empty() ? std::string(name(one.kind)) : one.name;
    std::vector<Cell> row{of, called, std::string(name(one.domain)), one.facts.common_name, read ? std::string(use_of(one.facts)) : std::string(),
                          read ? rfc3339(one.facts.not_after_ms).substr(0, 10) : std::string(), read ? std::to_string(days_left(one, now_ms)) : std::string(),
                          Cell(std::string(name(one.state)), colour_of(one.state))};
    if (wide) row.emplace_back(one.file);
    table.row(std::move(row));
  }
  output.print(table.text(output));
}

/// The instances that a name means: those of a component, of a member, one, or with `all` every one that has certificates.
Result<std::vector<std::string>> instances_meant(const Foundation& foundation, const std::string& meant) {
  std::vector<std::string> out, known{"all"};
  for (const PlacedInstance& placed : instances_of(foundation)) {
    if (placed.instance->certificates.empty()) continue;
    for (const std::string& one : {placed.component->name, placed.member->name, placed.instance->name}) known.push_back(one);
    if (meant == "all" || meant == placed.component->name || meant == placed.member->name || meant == placed.instance->name) out.push_back(placed.instance->name);
  }
  if (!out.empty()) return out;
  const std::string near = nearest(meant, known);
  return fail_as(ErrorCode::usage, "nothing named '" + meant + "' has certificates", {}, {}, near.empty() ? "see `keelson cert list`" : "did you mean '" + near + "'?");
}

Result<int> retire(Pipeline& pipeline, const Common& common, const std::vector<std::string>& instances) {
  KEELSON_TRY(const state::Lock lock, state::Lock::take(pipeline.state_dir(), common.request.command));
  RealFiles files;
  return retire_leaves(files, pipeline.foundation(), pipeline.runtime().world(), pipeline.state_dir(), instances);
}

}  // namespace

int run(const CertListOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const std::int64_t now = RealClock().wall_ms();
  RealFiles files;
  const auto certificates = certificates_of(files, (*pipeline)->foundation(), (*pipeline)->runtime().world(), (*pipeline)->state_dir(), now);
  if (!certificates) return output.error(certificates.error());
  if (output.structured()) {
    Json list = Json::array();
    for (const FoundationCertificate& one : *certificates) list.push(to_json(one, now));
    output.document(document_head("certificates").set("foundation", (*pipeline)->foundation().name).set("certificates", std::move(list)));
  } else {
    print_certificates(*certificates, now, output);
  }
  return std::any_of(certificates->begin(), certificates->end(), is_bad) ? exit_code(ErrorCode::check_failed) : 0;
}

int run(const CertRotateOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto instances = instances_meant((*pipeline)->foundation(), options.instance);
  if (!instances) return output.error(instances.error());
  const auto retired = retire(**pipeline, options.common, *instances);
  if (!retired) return output.error(retired.error());
  output.note("keelson: " + std::to_string(*retired) + (*retired == 1 ? " certificate is" : " certificates are") + " to be replaced");
  return bring_up(**pipeline, options.common, output);
}

}  // namespace keelson::cli
