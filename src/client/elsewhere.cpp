#include "client/elsewhere.h"

#include <vector>

#include "system/commands.h"

namespace keelson::clients {
namespace {

using Words = std::vector<std::string>;

Result<void> ip(const Words& words) {
  RealCommands commands;
  Words command{"ip"};
  command.insert(command.end(), words.begin(), words.end());
  KEELSON_TRY(const CommandOutput output, static_cast<Commands&>(commands).run(command));
  if (output.status == 0) return {};
  return fail("cannot make another network namespace", words.front(), output.err.substr(0, output.err.find('\n')), "it needs iproute2 and the right to add links");
}

/// What is not there is fine. The wire first: with its namespace it would only go some time later.
void remove(const std::string& wire, const std::string& name) {
  [[maybe_unused]] const auto cut = ip({"link", "del", wire});
  [[maybe_unused]] const auto gone = ip({"netns", "del", name});
}

}  // namespace

Elsewhere::Elsewhere(int number)
    : name_("keelson-" + std::to_string(number)), wire_("kl" + std::to_string(number)), address_("169.254." + std::to_string(number) + ".2"), our_end_("169.254." + std::to_string(number) + ".1") {}

Elsewhere::~Elsewhere() { remove(wire_, name_); }

Result<std::unique_ptr<Elsewhere>> Elsewhere::make(int number) {
  std::unique_ptr<Elsewhere> out(new Elsewhere(number));
  const std::string& name = out->name_;
  const std::string &here = out->wire_, there = here + "e";
  remove(here, name);
  const std::vector<Words> steps{
      {"netns", "add", name},
      {"link", "add", here, "type", "veth", "peer", "name", there, "netns", name},
      {"addr", "add", out->our_end_ + "/30", "dev", here},
      {"link", "set", here, "up"},
      {"-n", name, "addr", "add", out->address_ + "/30", "dev", there},
      {"-n", name, "link", "set", there, "up"},
      {"-n", name, "route", "add", "default", "via", out->our_end_},
  };
  for (const Words& step : steps) KEELSON_CHECK(ip(step));
  return out;
}

}  // namespace keelson::clients
