#include <algorithm>

#include "cli/opening.h"
#include "cli/verbs.h"
#include "client/client.h"
#include "pipeline/why.h"

namespace keelson::cli {
namespace {

/// Everything that is kept, oldest first; nothing where nobody watches. Asked for only where something is amiss, for it may be much.
std::vector<Json> events_of(Pipeline& pipeline) {
  constexpr int kBatch = 1000, kBatches = 200;
  std::vector<Json> out;
  std::int64_t seen = 0;
  for (int i = 0; i < kBatches; ++i) {
    const auto events = pipeline.events(seen, kBatch, 0);
    if (!events || events->empty()) break;
    out.insert(out.end(), events->begin(), events->end());
    seen = out.back()["seq"].as_int();
  }
  return out;
}

bool all_ready(const std::vector<InstanceStatus>& instances) {
  return std::all_of(instances.begin(), instances.end(), [](const InstanceStatus& one) { return one.life == Life::ready; });
}

void print_chain(const Chain& chain, Output& output) {
  if (chain.links.empty()) {
    output.print(chain.subject + " is " + output.coloured("well", Colour::green) + ".\nlooked at: " + clients::joined(chain.looked_at) + "; all is as the blueprint says\n");
    return;
  }
  const Cause& symptom = chain.links.front();
  output.print(chain.subject + " is " + output.coloured("not well", Colour::red) + ": " + (symptom.subject == chain.subject ? "" : symptom.subject + ": ") + symptom.what + "\n");
  for (std::size_t i = 1; i < chain.links.size(); ++i) output.print("  because " + chain.links[i].subject + ": " + chain.links[i].what + "\n");
  for (const Cause& other : chain.also) output.print("also " + other.subject + ": " + other.what + "\n");
  output.print("next: " + chain.next() + "\n");
}

}  // namespace

int run(const WhyOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const Foundation& foundation = (*pipeline)->foundation();
  const auto instances = (*pipeline)->runtime().status();
  const auto plan = (*pipeline)->plan();
  const std::vector<Json> events = instances && !all_ready(*instances) ? events_of(**pipeline) : std::vector<Json>();
  const auto chain = explain_state({foundation, instances, plan, events}, options.thing);
  if (!chain) return output.error(chain.error());
  if (output.structured()) {
    Json document = document_head("why");
    const Json body = why_json(foundation, *chain);
    for (const auto& [key, value] : body.members()) document.set(key, value);
    output.document(document);
  } else {
    print_chain(*chain, output);
  }
  if (!instances) return exit_code(instances.error().code);
  return chain->links.empty() ? 0 : exit_code(ErrorCode::not_healthy);
}

}  // namespace keelson::cli
