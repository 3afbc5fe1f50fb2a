#include <array>

#include "cli/assign.h"
#include "cli/declare.h"

namespace keelson::cli {
namespace {

constexpr std::array kProbes{Choice<ProbeProtocol>{"tcp", ProbeProtocol::tcp}, Choice<ProbeProtocol>{"http", ProbeProtocol::http},
                             Choice<ProbeProtocol>{"redis", ProbeProtocol::redis}, Choice<ProbeProtocol>{"pgbouncer", ProbeProtocol::pgbouncer}};

}  // namespace

void add_internal(Collected& into, std::deque<Verb>& verbs) {
  Verb launch = plain("launch", "become an engine");
  launch.info.hidden = true;
  launch.info.trailing = "the program";
  launch.trailing = [&into](Values values) { into.launch.command = std::move(values); };
  argument(launch, {"KIND", ""}, to_text(into.launch.kind));
  flag(launch, {"--home", "", "DIR", ""}, to_text(into.launch.place.home));
  flag(launch, {"--config", "", "DIR", ""}, to_text(into.launch.place.config));
  flag(launch, {"--tls", "", "DIR", ""}, to_text(into.launch.place.tls));
  flag(launch, {"--data", "", "DIR", ""}, to_text(into.launch.place.data));
  flag(launch, {"--run", "", "DIR", ""}, to_text(into.launch.place.run));
  launch.make = [&into]() -> Command { return into.launch; };
  verbs.push_back(std::move(launch));

  Verb member = plain("member", "be a container's first process");
  member.info.hidden = true;
  member.info.trailing = "the program";
  member.trailing = [&into](Values values) { into.member.command = std::move(values); };
  flag(member, {"--launch", "", "KIND", ""}, to_text(into.member.launch));
  flag(member, {"--home", "", "DIR", ""}, to_text(into.member.home));
  flag(member, {"--facts", "", "FILE", ""}, to_text(into.member.facts));
  member.make = [&into]() -> Command { return into.member; };
  verbs.push_back(std::move(member));

  Verb probe = plain("probe", "be a container's health check");
  probe.info.hidden = true;
  clients::ProbeOnce& ask = into.probe.ask;
  argument(probe, {"PROTOCOL", "", true, false, words_of(kProbes)}, to_choice(ask.probe.protocol, kProbes));
  flag(probe, {"--address", "", "ADDRESS", ""}, to_text(ask.probe.address));
  flag(probe, {"--port", "", "PORT", ""}, to_number(ask.probe.port));
  flag(probe, {"--server-name", "", "NAME", ""}, to_text(ask.probe.server_name));
  flag(probe, {"--trust", "", "FILE", ""}, to_text(ask.trust_file));
  flag(probe, {"--user", "", "NAME", ""}, to_text(ask.probe.user));
  flag(probe, {"--password-file", "", "FILE", ""}, to_text(ask.password_file));
  flag(probe, {"--request", "", "WORD", ""}, to_text(ask.probe.request));
  flag(probe, {"--status", "", "NUMBER", ""}, to_number(ask.probe.expect_status));
  flag(probe, {"--certificate", "", "FILE", ""}, to_text(ask.certificate_file));
  flag(probe, {"--key", "", "FILE", ""}, to_text(ask.key_file));
  probe.make = [&into]() -> Command { return into.probe; };
  verbs.push_back(std::move(probe));

  Verb relay = plain("relay", "ask a container's own socket");
  relay.info.hidden = true;
  argument(relay, {"SOCKET", ""}, to_text(into.relay.socket));
  relay.make = [&into]() -> Command { return into.relay; };
  verbs.push_back(std::move(relay));

  Verb look = plain("look", "tell what a container looks like from inside");
  look.info.hidden = true;
  argument(look, {"ADDRESS:PORT", "", false, true}, to_list(into.look.places));
  look.make = [&into]() -> Command { return into.look; };
  verbs.push_back(std::move(look));

  Verb inside = plain("inside", "ask engines from inside a pod");
  inside.info.hidden = true;
  argument(inside, {"DIR", ""}, to_text(into.inside.directory));
  inside.make = [&into]() -> Command { return into.inside; };
  verbs.push_back(std::move(inside));

  Verb pause = plain("pause", "hold a container open");
  pause.info.hidden = true;
  argument(pause, {"SECONDS", ""}, to_number(into.pause.seconds));
  pause.make = [&into]() -> Command { return into.pause; };
  verbs.push_back(std::move(pause));

  Verb tell = plain("tell", "write a file inside a container");
  tell.info.hidden = true;
  argument(tell, {"FILE", ""}, to_text(into.tell.path));
  argument(tell, {"TEXT", "", false}, to_text(into.tell.text));
  tell.make = [&into]() -> Command { return into.tell; };
  verbs.push_back(std::move(tell));

  Verb strike = plain("strike", "kill what a container runs, but its first process");
  strike.info.hidden = true;
  argument(strike, {"WORD", "", false}, to_text(into.strike.word));
  strike.make = [&into]() -> Command { return into.strike; };
  verbs.push_back(std::move(strike));

  Verb signal = plain("signal", "send a signal to a container's first process");
  signal.info.hidden = true;
  argument(signal, {"NUMBER", ""}, to_number(into.signal.number));
  signal.make = [&into]() -> Command { return into.signal; };
  verbs.push_back(std::move(signal));

  Verb with = plain("with", "become a client with the variables of a file");
  with.info.hidden = true;
  with.info.trailing = "the program";
  with.trailing = [&into](Values values) { into.with.command = std::move(values); };
  argument(with, {"FILE", ""}, to_text(into.with.file));
  with.make = [&into]() -> Command { return into.with; };
  verbs.push_back(std::move(with));

  Verb name_lookup = plain("nslookup", "tell the addresses of a name");
  name_lookup.info.hidden = true;
  argument(name_lookup, {"SCRIPT", ""}, to_text(into.name_lookup.script));
  argument(name_lookup, {"NAME", "the name to look up"}, to_text(into.name_lookup.name));
  name_lookup.make = [&into]() -> Command { return into.name_lookup; };
  verbs.push_back(std::move(name_lookup));
}

}  // namespace keelson::cli
