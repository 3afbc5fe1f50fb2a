#pragma once
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options.h"
#include "cli/verb_info.h"

namespace keelson::cli {

/// Takes the values of a flag or argument as typed and puts them where they belong; the Error's `what` says what is wrong
/// with them, the caller adds which flag.
using Assign = std::function<Result<void>(const std::vector<std::string>& values)>;

/// A verb as it is declared: what help shows, where values go, and what comes out in the end.
struct Verb {
  VerbInfo info = {};
  std::deque<Assign> flags = {};      ///< one for each of info.flags
  std::deque<Assign> arguments = {};  ///< one for each of info.arguments
  std::function<void(std::vector<std::string>)> trailing = {};  ///< what follows `--`; null = nothing may follow
  bool takes_anything = false;  ///< arguments it does not know are no error
  std::function<Command()> make = {};                           ///< null for groups such as `secret`
  std::deque<Verb> verbs = {};
};

/// Where the values of one command line are collected. Verbs point into it, so it outlives them and does not move.
struct Collected {
  Collected() = default;
  Collected(const Collected&) = delete;
  Collected& operator=(const Collected&) = delete;

  Common common = {};
  UpOptions up = {};
  PlanOptions plan = {};
  DestroyOptions destroy = {};
  std::string destroy_name = {};
  LogsOptions logs = {};
  EventsOptions events = {};
  WaitOptions wait = {};
  WhyOptions why = {};
  VerifyOptions verify = {};
  DrillOptions drill = {};
  SwitchoverOptions switchover = {};
  ConnectOptions connect = {};
  ExecOptions exec = {};
  EnvOptions env = {};
  SecretGetOptions secret = {};
  CertRotateOptions cert_rotate = {};
  ArtifactsExportOptions artifacts_export = {};
  ArtifactsImportOptions artifacts_import = {};
  RenderOptions render = {};
  ExplainOptions explain = {};
  CompletionOptions completion = {};
  LaunchOptions launch = {};
  MemberOptions member = {};
  ProbeOptions probe = {};
  RelayOptions relay = {};
  LookOptions look = {};
  InsideOptions inside = {};
  ParityOptions parity = {};
  PauseOptions pause = {};
  TellOptions tell = {};
  StrikeOptions strike = {};
  SignalOptions signal = {};
  WithOptions with = {};
  NameLookupOptions name_lookup = {};
};

/// Every verb, in the order help lists them.
Verb declare_verbs(Collected& into);

}  // namespace keelson::cli
