#include "cli/verb_list.h"

#include <array>

#include "cli/assign.h"
#include "cli/declare.h"
#include "operate/engine.h"
#include "operate/fault.h"

namespace keelson::cli {
namespace {

constexpr std::array kFormats{Choice<Format>{"table", Format::table}, Choice<Format>{"wide", Format::wide},
                              Choice<Format>{"json", Format::json}, Choice<Format>{"yaml", Format::yaml},
                              Choice<Format>{"ndjson", Format::ndjson}};
constexpr std::array kVerifyFormats{Choice<Format>{"table", Format::table}, Choice<Format>{"wide", Format::wide},
                                    Choice<Format>{"json", Format::json}, Choice<Format>{"yaml", Format::yaml},
                                    Choice<Format>{"ndjson", Format::ndjson}, Choice<Format>{"junit", Format::junit}};
constexpr std::array kProgress{
    Choice<ProgressStyle>{"auto", ProgressStyle::automatic}, Choice<ProgressStyle>{"tty", ProgressStyle::tty},
    Choice<ProgressStyle>{"plain", ProgressStyle::plain}, Choice<ProgressStyle>{"json", ProgressStyle::json},
    Choice<ProgressStyle>{"quiet", ProgressStyle::quiet}};
constexpr std::array kTargets{Choice<Target>{"healthy", Target::healthy}, Choice<Target>{"stopped", Target::stopped}};
constexpr std::array kShells{Choice<std::string_view>{"bash", "bash"}, Choice<std::string_view>{"zsh", "zsh"},
                             Choice<std::string_view>{"fish", "fish"}};
constexpr std::array kRuntimes{Choice<std::string_view>{"native", "native"}, Choice<std::string_view>{"compose", "compose"},
                               Choice<std::string_view>{"kubernetes", "kubernetes"}};

void format_flag(Verb& verb, Format& format) {
  flag(verb, {"--output", "-o", "FORMAT", "how data is written", words_of(kFormats)}, to_choice(format, kFormats));
}

/// The flags that say which foundation is meant.
void foundation_flags(Verb& verb, Common& common) {
  FlagInfo file{"--file", "-f", "FILE", "blueprint; may be repeated, - reads standard input (default: keelson.yaml, looked for upward)"};
  file.repeated = true;
  flag(verb, std::move(file), to_list(common.request.files));
  flag(verb, {"--foundation", "", "NAME", "a foundation that stands already, by its name"}, to_text(common.request.foundation));
  flag(verb, {"--profile", "", "NAME", "profile of the blueprint"}, to_text(common.request.profile));
  flag(verb, {"--runtime", "", "NAME", "where it runs (default: as the blueprint says)", words_of(kRuntimes)},
       to_word(common.request.runtime, kRuntimes));
  flag(verb, {"--state-dir", "", "DIR", "where the foundation's state is kept"}, to_text(common.request.state_dir));
}

void progress_flag(Verb& verb, Common& common) {
  flag(verb, {"--progress", "", "STYLE", "how long actions are shown", words_of(kProgress)}, to_choice(common.progress, kProgress));
}

/// Where addresses are the foundation's own and not this machine's.
void subnet_flag(Verb& verb, Common& common) {
  flag(verb, {"--subnet", "", "NETWORK", "on Compose: the block of addresses it begins with, such as 10.88.0.0/20 (default: one of 10.64.0.0/12, by its name)"}, to_text(common.request.subnet));
}

/// Which cluster, and where in it.
void cluster_flags(Verb& verb, Common& common) {
  flag(verb, {"--context", "", "NAME", "on Kubernetes: the kubeconfig's context it begins in (default: the current one)"}, to_text(common.request.context));
  flag(verb, {"--namespace-prefix", "", "TEXT", "on Kubernetes: what the namespace's name begins with, before the foundation's"}, to_text(common.request.namespace_prefix));
  flag(verb, {"--storage-class", "", "NAME", "on Kubernetes: of its volumes (default: the cluster's default)"}, to_text(common.request.storage_class));
}

/// A verb that works on a foundation and makes `Options`, whose `common` is filled last.
template <typename Options>
Verb about_foundation(Collected& into, Options& options, std::string name, std::string summary, std::string details = {}) {
  Verb verb = plain(std::move(name), std::move(summary), std::move(details));
  foundation_flags(verb, into.common);
  format_flag(verb, into.common.format);
  verb.make = [&into, &options]() -> Command { options.common = into.common; return options; };
  return verb;
}

/// The same for verbs that take nothing of their own.
template <typename Options>
Verb about_foundation(Collected& into, std::string name, std::string summary, std::string details = {}) {
  Verb verb = plain(std::move(name), std::move(summary), std::move(details));
  foundation_flags(verb, into.common);
  format_flag(verb, into.common.format);
  verb.make = [&into]() -> Command { Options options; options.common = into.common; return options; };
  return verb;
}

/// `logs -f` follows, as everywhere else; the blueprint is then named by --file, or by -f before the verb.
void follow_flag(Verb& verb, Follow& follow) {
  for (FlagInfo& info : verb.info.flags)
    if (info.name == "--file") info.letter.clear();
  flag(verb, {"--follow", "-f", "", "go on as more comes"}, to_switch(follow, Follow::yes));
}

Verb group(std::string name, std::string summary, std::deque<Verb> verbs) {
  Verb verb = plain(std::move(name), std::move(summary));
  verb.verbs = std::move(verbs);
  return verb;
}

void add_lifecycle(Collected& into, std::deque<Verb>& verbs) {
  Verb up = about_foundation(into, into.up, "up", "make the foundation stand as the blueprint says",
                             "Plans, then does what the plan says; a second `up` has nothing to do. Without --profile it takes profile "
                             "`laptop`, where the blueprint offers one and the machine is too small, and says what that lowers.");
  progress_flag(up, into.common);
  subnet_flag(up, into.common);
  cluster_flags(up, into.common);
  verbs.push_back(std::move(up));

  Verb plan = about_foundation(into, into.plan, "plan", "show what `up` would do and why; changes nothing");
  flag(plan, {"--detailed-exitcode", "", "", "exit with 0 when nothing would change, 1 on errors, 2 when something would"},
       to_switch(into.plan.detailed_exitcode, true));
  subnet_flag(plan, into.common);
  cluster_flags(plan, into.common);
  verbs.push_back(std::move(plan));

  Verb apply = about_foundation(into, into.up, "apply", "print the plan, then do it");
  progress_flag(apply, into.common);
  subnet_flag(apply, into.common);
  cluster_flags(apply, into.common);
  apply.make = [&into]() -> Command { into.up.common = into.common; into.up.listing = PlanListing::first; return into.up; };
  verbs.push_back(std::move(apply));

  Verb down = about_foundation<DownOptions>(into, "down", "stop everything; data stays");
  progress_flag(down, into.common);
  verbs.push_back(std::move(down));

  Verb destroy = about_foundation(into, into.destroy, "destroy", "stop everything and remove data, secrets and certificates for good",
                                  "Asks for the foundation's name; --yes NAME answers beforehand. There is no way without the name.");
  progress_flag(destroy, into.common);
  flag(destroy, {"--yes", "", "[NAME]", "do it without asking; the foundation's name, here or with --foundation-name, must be right"},
       [&into](const Values& values) -> Result<void> {
         if (!into.destroy.confirmed_name || !values.back().empty()) into.destroy.confirmed_name = values.back();
         return {};
       });
  flag(destroy, {"--foundation-name", "", "NAME", "the name of the foundation to destroy, for --yes"}, to_text(into.destroy_name));
  destroy.make = [&into]() -> Command {
    into.destroy.common = into.common;
    auto& name = into.destroy.confirmed_name;
    if (name && name->empty()) name = into.destroy_name.empty() ? into.common.request.foundation : into.destroy_name;
    return into.destroy;
  };
  verbs.push_back(std::move(destroy));
}

void add_looking(Collected& into, std::deque<Verb>& verbs) {
  verbs.push_back(about_foundation<StatusOptions>(into, "status", "how components, members and endpoints are",
                                                  "Exits with 0 when all is healthy, 5 when not, 1 when the agent does not answer."));
  verbs.push_back(about_foundation<PsOptions>(into, "ps", "the processes, one line an instance"));

  Verb why = about_foundation(into, into.why, "why", "from a symptom to the first failing cause, and the command that mends it",
                              "Such as `keelson why postgresql-primary`: from an endpoint to its balancer and the members behind it, from those to what they rest on, "
                              "and to what `up` would change. Exits with 0 when all that was looked at is well, 5 when not, 1 when nobody says how it is.");
  argument(why, {"THING", "endpoint, component, member or instance; none = all of the foundation", false}, to_text(into.why.thing));
  verbs.push_back(std::move(why));

  Verb logs = about_foundation(into, into.logs, "logs", "what the instances wrote");
  follow_flag(logs, into.logs.follow);
  flag(logs, {"--tail", "", "N", "begin with the last N lines of each (default 100)"}, to_number(into.logs.tail));
  argument(logs, {"NAME", "component, member or instance; none = all", false, true}, to_list(into.logs.names));
  verbs.push_back(std::move(logs));

  Verb events = about_foundation(into, into.events, "events", "what happened, oldest first");
  follow_flag(events, into.events.follow);
  flag(events, {"--after", "", "SEQ", "only events with a higher number"}, to_number(into.events.after));
  verbs.push_back(std::move(events));

  Verb wait = about_foundation(into, into.wait, "wait", "block until the foundation is as wanted",
                               "Exits with 5 when it is not so in time, and says what is missing.");
  flag(wait, {"--for", "", "STATE", "what to wait for (default healthy)", words_of(kTargets)}, to_choice(into.wait.target, kTargets));
  flag(wait, {"--timeout", "", "TIME", "how long (default 120s)"}, to_duration(into.wait.timeout_ms));
  verbs.push_back(std::move(wait));
}

/// "postgresql, redis": the kinds whose components have that drill.
std::string kinds_with(const operate::Fault& fault) {
  std::string out;
  for (const operate::Engine* engine : operate::engines())
    for (const operate::Fault* one : engine->faults)
      if (one == &fault) out += (out.empty() ? "" : ", ") + std::string(engine->kind);
  return out;
}

Verb drill_verb(Collected& into, const operate::Fault& fault) {
  const std::string name(fault.name);
  Verb verb = about_foundation(into, into.drill, name, std::string(fault.what) + " (" + kinds_with(fault) + ")",
                               "Proved by: " + std::string(fault.proof) + ". Over when: " + std::string(fault.recovery) +
                                   ". Runs under a load of its own, and ends with a scorecard; exits with 6 when its verdict is fail, with 4 when the foundation "
                                   "is not healthy or its blueprint says protect: true.");
  progress_flag(verb, into.common);
  flag(verb, {"--times", "", "N", "how many runs (default 1)"}, to_number(into.drill.times));
  flag(verb, {"--seed", "", "N", "strikes at the same moments as the drill with that seed (default: a random one)"}, [&into](const Values& values) -> Result<void> {
    std::uint32_t seed = 0;
    KEELSON_CHECK(to_number(seed)(values));
    into.drill.seed = seed;
    return {};
  });
  argument(verb, {"COMPONENT", "whose leader it is about, such as postgresql"}, to_text(into.drill.component));
  verb.make = [&into, name]() -> Command {
    into.drill.common = into.common;
    into.drill.fault = name;
    return into.drill;
  };
  return verb;
}

/// A verb of the design that is not there yet: a clear answer instead of "unknown verb".
Verb unsupported(std::string name, std::string whole_name) {
  Verb verb = plain(std::move(name), "not supported yet");
  verb.info.hidden = true;
  verb.takes_anything = true;
  verb.make = [whole_name]() -> Command { return UnsupportedOptions{whole_name}; };
  verb.trailing = [](Values) {};
  return verb;
}

void add_drills(Collected& into, std::deque<Verb>& verbs) {
  std::deque<Verb> drills;
  for (const operate::Fault* fault : operate::faults()) drills.push_back(drill_verb(into, *fault));
  drills.push_back(about_foundation<DrillListOptions>(into, "list", "past drills, their age and verdict"));
  for (const char* name : {"restore"})
    drills.push_back(unsupported(name, "drill " + std::string(name)));
  verbs.push_back(group("drill", "rehearse a failure under load, and count what it costs", std::move(drills)));
}

void add_proving(Collected& into, std::deque<Verb>& verbs) {
  Verb verify = plain("verify", "try every promise as a client would", "Exits with 6 when a promise is broken or unproven.");
  foundation_flags(verify, into.common);
  flag(verify, {"--output", "-o", "FORMAT", "how results are written", words_of(kVerifyFormats)}, to_choice(into.common.format, kVerifyFormats));
  flag(verify, {"--only", "", "ID,...", "only these promises"}, to_comma_list(into.verify.only));
  flag(verify, {"--sabotage", "", "ID,...|all", "damage on purpose, see exactly the declared checks go red, repair; not for foundations in use"}, to_comma_list(into.verify.sabotage));
  flag(verify, {"--list", "", "", "say what would be tried"}, to_switch(into.verify.list, true));
  verify.make = [&into]() -> Command { into.verify.common = into.common; return into.verify; };
  verbs.push_back(std::move(verify));

  Verb parity = plain("parity", "which runtime keeps which promise", "Compares reports of `verify -o json`; without a FILE those that the last whole `verify` of each foundation here left in its state.");
  format_flag(parity, into.common.format);
  flag(parity, {"--markdown", "", "", "as a Markdown table"}, to_switch(into.parity.markdown, true));
  argument(parity, {"FILE", "a report", false, true}, to_list(into.parity.reports));
  parity.make = [&into]() -> Command { into.parity.format = into.common.format; return into.parity; };
  verbs.push_back(std::move(parity));
  add_drills(into, verbs);

  Verb switchover = about_foundation(into, into.switchover, "switchover", "hand a leadership over in good order, the poolers' clients held back meanwhile",
                                     "Exits with 4 when a member is missing: then there is nobody to hand over to safely.");
  flag(switchover, {"--to", "", "MEMBER", "who shall lead (default: the engine chooses)"}, to_text(into.switchover.to));
  argument(switchover, {"COMPONENT", "such as postgresql"}, to_text(into.switchover.component));
  verbs.push_back(std::move(switchover));

  Verb doctor = about_foundation<DoctorOptions>(into, "doctor", "can this machine, or this cluster, host the foundation? changes nothing",
                                 "Exits with 4 when something would stop `up`. Works without a blueprint too. On Kubernetes a pod is made for a moment, in a namespace of its own, "
                                 "to see whether network policies are in force.");
  cluster_flags(doctor, into.common);
  verbs.push_back(std::move(doctor));
}

void add_using(Collected& into, std::deque<Verb>& verbs) {
  Verb connect = about_foundation(into, into.connect, "connect", "open the engine's own client on an endpoint, over verified TLS");
  connect.info.trailing = "arguments for the client";
  connect.trailing = [&into](Values values) { into.connect.arguments = std::move(values); };
  flag(connect, {"--role", "", "ROLE", "user or role: app, admin, ro, ... (default: the first of the endpoint)"}, to_text(into.connect.role));
  argument(connect, {"COMPONENT", "component or endpoint"}, to_text(into.connect.component));
  verbs.push_back(std::move(connect));

  Verb exec = about_foundation(into, into.exec, "exec", "run a command as a member's user, in its environment");
  exec.info.trailing = "the command";
  exec.trailing = [&into](Values values) { into.exec.command = std::move(values); };
  argument(exec, {"MEMBER", "member or instance"}, to_text(into.exec.member));
  verbs.push_back(std::move(exec));

  Verb env = about_foundation(into, into.env, "env", "connection variables as `export` lines: eval \"$(keelson env postgresql)\"",
                              "Prints a password. -o json gives the same as a document.");
  flag(env, {"--role", "", "ROLE", "user or role: app, admin, ro, ... (default: the first of the endpoint)"}, to_text(into.env.role));
  argument(env, {"COMPONENT", "component or endpoint"}, to_text(into.env.component));
  verbs.push_back(std::move(env));

  verbs.push_back(about_foundation<AccessOptions>(into, "access", "the access sheet: endpoints, users, and which secret lets them in"));

  Verb get = about_foundation(into, into.secret, "get", "print one secret");
  flag(get, {"--reveal", "", "", "yes, print it"}, to_switch(into.secret.reveal, true));
  argument(get, {"NAME", "as `keelson secret list` shows it"}, to_text(into.secret.name));
  std::deque<Verb> secrets;
  secrets.push_back(about_foundation<SecretListOptions>(into, "list", "names and purposes, never values"));
  secrets.push_back(std::move(get));
  verbs.push_back(group("secret", "what is in the secret store", std::move(secrets)));

  std::deque<Verb> certificates;
  certificates.push_back(about_foundation<CertListOptions>(into, "list", "every certificate: whose it is, what for, and how long it is good",
                                                           "As this machine has them. Exits with 6 when one has expired, is missing or cannot be read; those to be renewed are "
                                                           "renewed by the next `keelson up`."));
  Verb rotate = about_foundation(into, into.cert_rotate, "rotate", "replace certificates and their keys before they are old",
                                 "Such as `keelson cert rotate redis-1`. Then does what `keelson up` does: instances that cannot take new ones while they run are restarted, one "
                                 "member of a component after another.");
  progress_flag(rotate, into.common);
  argument(rotate, {"INSTANCE", "instance, member or component; `all` = every one"}, to_text(into.cert_rotate.instance));
  certificates.push_back(std::move(rotate));
  verbs.push_back(group("cert", "the certificates", std::move(certificates)));

  std::deque<Verb> artifacts;
  artifacts.push_back(about_foundation<ArtifactsListOptions>(into, "list", "which engines, from where, and are they here"));
  Verb fetch = about_foundation<ArtifactsFetchOptions>(into, "fetch", "get the engines a blueprint needs, without starting anything");
  progress_flag(fetch, into.common);
  artifacts.push_back(std::move(fetch));
  Verb bundle = plain("export", "write every engine that is here into one file, for machines without a network");
  argument(bundle, {"FILE", "an uncompressed tar"}, to_text(into.artifacts_export.file));
  bundle.make = [&into]() -> Command { return into.artifacts_export; };
  artifacts.push_back(std::move(bundle));
  Verb unbundle = plain("import", "take the engines from such a file that are not here yet",
                        "A bundle is trusted as it is: compare its SHA-256 with the one of the machine that made it first.");
  argument(unbundle, {"FILE", "as `keelson artifacts export` wrote it"}, to_text(into.artifacts_import.file));
  unbundle.make = [&into]() -> Command { return into.artifacts_import; };
  artifacts.push_back(std::move(unbundle));
  verbs.push_back(group("artifacts", "the bytes of the engines", std::move(artifacts)));

  std::deque<Verb> network;
  network.push_back(about_foundation<NetworkShowOptions>(into, "show", "who may talk to whom and why, and whether that is in force"));
  verbs.push_back(group("network", "the network policy", std::move(network)));
}

void add_rendering(Collected& into, std::deque<Verb>& verbs) {
  Verb render = about_foundation(into, into.render, "render", "write a folder that works without keelson, for another runtime; starts nothing",
                                 "With --runtime compose: compose.yaml, configurations, and what is secret in files 0600. With --runtime kubernetes: manifests, and a script that "
                                 "applies them. Passwords and certificates are those of the "
                                 "state directory, so that rendering again changes nothing. What that runtime cannot do yet is refused before anything is written.");
  flag(render, {"--out", "", "DIR", "the folder; new, empty, or rendered before"}, to_text(into.render.out));
  flag(render, {"--layout", "", "NAME", "on Kubernetes: names of files, namespaces and pods as a foundation's handbook has them", {"nexus", "ai-kernel"}}, to_text(into.render.layout));
  cluster_flags(render, into.common);
  subnet_flag(render, into.common);
  verbs.push_back(std::move(render));

  std::deque<Verb> images;
  Verb build = about_foundation<ImagesBuildOptions>(into, "build", "make them of the same artifacts as native runs; no engine and no registry is needed",
                                                    "The same artifacts and the same keelson give the same id, on every machine.");
  progress_flag(build, into.common);
  images.push_back(std::move(build));
  images.push_back(about_foundation<ImagesListOptions>(into, "list", "which a rendered folder needs, and whether they are built"));
  images.push_back(about_foundation<ImagesLoadOptions>(into, "load", "give them to the Docker engine (docker load)"));
  verbs.push_back(group("images", "the container images of the engines", std::move(images)));
}

void add_learning(Collected& into, std::deque<Verb>& verbs) {
  Verb explain = plain("explain", "what a kind or a setting means");
  format_flag(explain, into.explain.format);
  argument(explain, {"KIND[.SETTING]", "such as redis or postgresql.backup.keep, or a field beside the components, such as publish; none = every kind", false}, to_text(into.explain.subject));
  explain.make = [&into]() -> Command { return into.explain; };
  verbs.push_back(std::move(explain));

  Verb schema = plain("schema", "the JSON Schema of blueprints, for editors");
  schema.make = []() -> Command { return SchemaOptions{}; };
  verbs.push_back(std::move(schema));

  Verb completion = plain("completion", "the completion script of a shell: source <(keelson completion bash)");
  argument(completion, {"SHELL", "bash, zsh or fish", true, false, words_of(kShells)}, to_word(into.completion.shell, kShells));
  completion.make = [&into]() -> Command { return into.completion; };
  verbs.push_back(std::move(completion));

  Verb version = plain("version", "the version of keelson");
  format_flag(version, into.common.format);
  version.make = [&into]() -> Command { return VersionOptions{into.common.format}; };
  verbs.push_back(std::move(version));

  Verb reference = plain("reference", "docs/reference/cli.md, from this tree");
  reference.info.hidden = true;
  reference.make = []() -> Command { return ReferenceOptions{}; };
  verbs.push_back(std::move(reference));
}

}  // namespace

Verb declare_verbs(Collected& into) {
  Verb root = plain("keelson", "stands up, secures, proves and heals a data-platform foundation from one blueprint");
  foundation_flags(root, into.common);
  format_flag(root, into.common.format);
  progress_flag(root, into.common);
  add_lifecycle(into, root.verbs);
  add_looking(into, root.verbs);
  add_proving(into, root.verbs);
  add_using(into, root.verbs);
  add_rendering(into, root.verbs);
  add_learning(into, root.verbs);
  add_internal(into, root.verbs);
  for (const char* name : {"backup", "restore", "scale", "upgrade", "console", "support-bundle", "top"})
    root.verbs.push_back(unsupported(name, name));
  return root;
}

}  // namespace keelson::cli
