#include "pipeline/inside.h"

#include <limits.h>
#include <unistd.h>

#include "async/in_parallel.h"
#include "blueprint/blueprint.h"
#include "components/catalog.h"
#include "pipeline/kubernetes_place.h"
#include "operate/from_inside.h"
#include "pipeline/locate.h"
#include "protocol/haproxy.h"
#include "runtime/kubernetes/inside.h"
#include "security/own_certificates.h"
#include "system/clock.h"
#include "system/temporary_directory.h"
#include "verify/from_inside.h"
#include "verify/saboteur.h"

namespace keelson {
namespace {

constexpr std::int64_t kForgottenMs = 300'000;

using kubernetes::Answer;
using kubernetes::Question;

/// What verbs reach from inside: what came with the question.
class InsideWorld : public World {
 public:
  InsideWorld(const Question& question, const std::string& directory) : question_(question), directory_(directory), own_(directory) {}

  Result<Secret> secret(const std::string& name) override {
    const auto found = question_.secrets.find(name);
    if (found == question_.secrets.end()) return fail("secret was not handed in", name);
    return found->second;
  }
  std::string trust_file(TrustDomain domain) override { return own_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return own_.certificate_file(domain); }
  std::string key_file(TrustDomain domain) override { return own_.key_file(domain); }
  LeafFiles leaf_files(const Instance& instance, const std::string& certificate) const override {
    const auto path = [&](const char* suffix) { return directory_ + "/" + kubernetes::leaf_name(instance.name, certificate, suffix); };
    return {path(".crt"), path(".key")};
  }
  Reach reach() const override { return Reach::network; }
  /// Sockets are those of the pod that is asked.
  Result<std::string> ask_socket(const std::string& instance, const std::string& path, const std::string& asked) override {
    std::string host(HOST_NAME_MAX + 1, '\0');
    if (::gethostname(host.data(), host.size()) != 0 || kubernetes::pod_of(instance) != host.c_str()) return World::ask_socket(instance, path, asked);
    return ask_haproxy(path, asked);
  }

 private:
  const Question& question_;
  const std::string directory_;
  const OwnCertificates own_;
};

/// The component asked about and its companions: all that one of its pods may reach.
std::vector<const Component*> family_of(const Foundation& foundation, const std::string& name) {
  std::vector<const Component*> out;
  for (const Component& component : foundation.components)
    if (component.name == name || component.companion_of == name) out.push_back(&component);
  return out;
}

Answer look(World& world, const Foundation& foundation, const std::string& name) {
  Answer out;
  std::vector<PlacedInstance> jobs;
  for (const Component* component : family_of(foundation, name))
    if (component->kind->verbs.observe_live != nullptr)
      for (const PlacedInstance& placed : instances_of(*component)) jobs.push_back(placed);
  std::vector<Result<std::vector<LiveSetting>>> live(jobs.size(), std::vector<LiveSetting>{});
  const Component* component = find_component(foundation, name);
  in_parallel(jobs.size() + 1, [&](std::size_t job) {
    const Verbs& verbs = component->kind->verbs;
    if (job < jobs.size()) live[job] = jobs[job].component->kind->verbs.observe_live(world, foundation, *jobs[job].component, *jobs[job].member);
    else if (verbs.observe_provision != nullptr)
      if (auto provisions = verbs.observe_provision(world, foundation, *component)) out.provisions = std::move(*provisions);
  });
  for (std::size_t job = 0; job < jobs.size(); ++job)
    if (live[job]) out.live[jobs[job].instance->name] = std::move(*live[job]);
  return out;
}

Result<Answer> act(World& world, const Foundation& foundation, const Question& question, const std::string& directory) {
  if (question.what == Question::What::client) {
    ClientContext context{foundation, world};
    Answer out;
    if (question.asked.has("checks")) {
      KEELSON_TRY(out.told, answer_as_client(context, question.asked));
    } else if (question.asked.has("sabotage")) {
      KEELSON_TRY(out.told, answer_as_saboteur(context, question.asked));
    } else {
      KEELSON_TRY(out.told, operate::rehearse_inside(foundation, world, directory, question.asked));
    }
    return out;
  }
  const Component* component = find_component(foundation, question.component);
  if (component == nullptr) return fail("the foundation has no such component", question.component);
  switch (question.what) {
    case Question::What::client: break;
    case Question::What::look: return look(world, foundation, question.component);
    case Question::What::roles: {
      Answer out;
      KEELSON_TRY(out.roles, component->kind->verbs.roles(world, foundation, *component));
      return out;
    }
    case Question::What::provision: KEELSON_CHECK(component->kind->verbs.provision(world, foundation, *component)); return Answer{};
    case Question::What::set: {
      const Member* member = find_member(foundation, question.member);
      if (member == nullptr) return fail("the foundation has no such member", question.member);
      KEELSON_CHECK(component->kind->verbs.set_live(world, foundation, *component, *member, question.setting));
      return Answer{};
    }
  }
  return fail("nothing is asked");
}

Result<void> put_files(Files& files, const std::string& directory, const Question& question) {
  for (const auto& [path, content] : question.files) {
    KEELSON_CHECK(files.make_directory(directory + "/" + path.substr(0, path.find('/')), 0700));
    KEELSON_CHECK(files.write(directory + "/" + path, content.reveal(), 0600));
  }
  return {};
}

/// What one that was killed left: no question takes so long.
void sweep(Files& files, const std::string& directory) {
  const auto names = files.list(directory);
  if (!names) return;
  RealClock clock;
  for (const std::string& name : *names) {
    const auto there = files.info(directory + "/" + name);
    const bool old = there && *there && (*there)->modified_ms < clock.wall_ms() - kForgottenMs;
    if (name.starts_with("keelson-") && old) static_cast<void>(files.remove_tree(directory + "/" + name));
  }
}

}  // namespace

Result<Json> answer_inside(const std::string& text, const std::string& directory) {
  KEELSON_TRY(const Question question, kubernetes::question_from(text));
  KEELSON_TRY(const Applied applied, applied_from(question.applied, "standard input"));
  auto blueprint = load_blueprint(applied.sources, applied.profile, catalog());
  if (!blueprint) return unexpected(blueprint.error().front());
  const auto foundation = place_on_kubernetes(*blueprint, {question.space, question.domain});
  if (!foundation) return unexpected(foundation.error().front());
  RealFiles real_files;
  sweep(real_files, directory);
  const TemporaryDirectory own(directory);
  KEELSON_CHECK(put_files(real_files, own.path(), question));
  InsideWorld world(question, own.path());
  KEELSON_TRY(const Answer answer, act(world, *foundation, question, directory));
  return kubernetes::json(answer);
}

}  // namespace keelson
