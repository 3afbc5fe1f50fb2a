#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/probe_once.h"
#include "component/instance.h"
#include "pipeline/pipeline.h"

namespace keelson::cli {

/// How data is written to standard output (`-o`). `junit` is offered by `verify` only.
enum class Format { table, wide, json, yaml, ndjson, junit };

/// How a long action is shown on standard error (`--progress`).
enum class ProgressStyle { automatic, tty, plain, json, quiet };

/// What every verb about a foundation takes. `request` is handed to the pipeline as it is.
struct Common {
  Request request = {};
  Format format = Format::table;
  ProgressStyle progress = ProgressStyle::automatic;
};

enum class PlanListing { none, first };
enum class Follow { no, yes };
enum class Target { healthy, stopped };

struct UpOptions { Common common; PlanListing listing = PlanListing::none; };
struct PlanOptions { Common common; bool detailed_exitcode = false; };
struct DownOptions { Common common; };
/// `confirmed_name` is what the user typed on the command line as the foundation's name; nothing = ask at the terminal.
struct DestroyOptions { Common common; std::optional<std::string> confirmed_name = {}; };
struct StatusOptions { Common common; };
struct PsOptions { Common common; };
struct LogsOptions { Common common; Follow follow = Follow::no; int tail = 100; std::vector<std::string> names = {}; };
struct EventsOptions { Common common; Follow follow = Follow::no; std::int64_t after = 0; };
struct WaitOptions { Common common; Target target = Target::healthy; std::int64_t timeout_ms = 120'000; };
/// `keelson why [THING]`; "" = the whole foundation.
struct WhyOptions { Common common; std::string thing = {}; };
struct VerifyOptions { Common common; std::vector<std::string> only = {}; std::vector<std::string> sabotage = {}; bool list = false; };
/// `keelson drill FAULT COMPONENT`; without a seed a random one is taken, and told.
struct DrillOptions { Common common; std::string fault = {}; std::string component = {}; int times = 1; std::optional<std::uint32_t> seed = {}; };
struct DrillListOptions { Common common; };
/// `keelson switchover COMPONENT [--to MEMBER]`.
struct SwitchoverOptions { Common common; std::string component = {}; std::string to = {}; };
struct DoctorOptions { Common common; };
struct ConnectOptions { Common common; std::string component = {}; std::string role = {}; std::vector<std::string> arguments = {}; };
struct ExecOptions { Common common; std::string member = {}; std::vector<std::string> command = {}; };
struct EnvOptions { Common common; std::string component = {}; std::string role = {}; };
struct AccessOptions { Common common; };
struct SecretListOptions { Common common; };
struct SecretGetOptions { Common common; std::string name = {}; bool reveal = false; };
struct ArtifactsListOptions { Common common; };
struct ArtifactsFetchOptions { Common common; };
struct ArtifactsExportOptions { std::string file = {}; };
struct ArtifactsImportOptions { std::string file = {}; };
struct CertListOptions { Common common; };
/// `keelson cert rotate INSTANCE|all`.
struct CertRotateOptions { Common common; std::string instance = {}; };
struct NetworkShowOptions { Common common; };
/// `keelson render --runtime compose --out DIR`.
struct RenderOptions { Common common; std::string out = {}; std::string layout = {}; };
struct ImagesBuildOptions { Common common; };
struct ImagesListOptions { Common common; };
struct ImagesLoadOptions { Common common; };
struct ExplainOptions { Format format = Format::table; std::string subject = {}; };
struct SchemaOptions {};
struct CompletionOptions { std::string shell = {}; };
struct ReferenceOptions {};
struct VersionOptions { Format format = Format::table; };
/// A verb of the design that this version does not have.
struct UnsupportedOptions { std::string verb = {}; };
/// `keelson launch`: becomes an engine after the kind's launch verb had its say.
struct LaunchOptions { std::string kind = {}; Place place = {}; std::vector<std::string> command = {}; };
/// `keelson member`: a container's first process; puts files in place, then becomes the engine.
struct MemberOptions { std::string home = {}; std::string launch = {}; std::string facts = {}; std::vector<std::string> command = {}; };
/// `keelson probe`: a container's health check.
struct ProbeOptions { clients::ProbeOnce ask = {}; };
/// `keelson relay`: hands standard input to a Unix socket of the container, and its answer to standard output.
struct RelayOptions { std::string socket = {}; };
/// `keelson look [ADDRESS:PORT …]`: what a container looks like from inside, and whom it reaches.
struct LookOptions { std::vector<std::string> places = {}; };
/// `keelson inside DIR`: answers a question from standard input about engines that only pods reach; DIR is in memory.
struct InsideOptions { std::string directory = {}; };
/// `keelson pause SECONDS`: holds a container open until it is told to end, at most so long.
struct PauseOptions { int seconds = 0; };
struct ParityOptions { Format format = Format::table; bool markdown = false; std::vector<std::string> reports = {}; };
/// `keelson tell FILE TEXT`: writes a file inside a container, whole or not at all.
struct TellOptions { std::string path = {}; std::string text = {}; };
/// `keelson strike [WORD]`: a drill's fault inside a container (runtime/container/strike.h).
struct StrikeOptions { std::string word = {}; };
/// `keelson signal NUMBER`: to a container's first process, by whoever cannot reach it from outside.
struct SignalOptions { int number = 0; };
/// `keelson with FILE PROGRAM…`: becomes a client inside a container, with the variables of a file.
struct WithOptions {
  std::string file = {};
  std::vector<std::string> command = {};
};
/// `keelson nslookup SCRIPT NAME`: the addresses of a name; a container's nslookup is a script that begins so.
struct NameLookupOptions { std::string script = {}; std::string name = {}; };
/// `keelson agent|guardian|log-writer`: the native runtime's own processes; `keelson tool`: an engine's client in a container. Arguments as they were written.
struct InternalOptions { std::string process = {}; std::vector<std::string> arguments = {}; };

/// A parsed command line: what to do, as plain data.
using Command = std::variant<UpOptions, PlanOptions, DownOptions, DestroyOptions, StatusOptions, PsOptions, LogsOptions, EventsOptions,
                             WaitOptions, WhyOptions, VerifyOptions, DrillOptions, DrillListOptions, SwitchoverOptions, DoctorOptions, ConnectOptions, ExecOptions, EnvOptions, AccessOptions,
                             SecretListOptions, SecretGetOptions, CertListOptions, CertRotateOptions, ArtifactsListOptions, ArtifactsFetchOptions, ArtifactsExportOptions,
                             ArtifactsImportOptions, NetworkShowOptions, RenderOptions, ImagesBuildOptions, ImagesListOptions, ImagesLoadOptions, ExplainOptions, SchemaOptions, CompletionOptions, ReferenceOptions, VersionOptions,
                             UnsupportedOptions, LaunchOptions, MemberOptions, ProbeOptions, RelayOptions, LookOptions, InsideOptions, ParityOptions, PauseOptions, TellOptions, StrikeOptions, SignalOptions, WithOptions, NameLookupOptions, InternalOptions>;

}  // namespace keelson::cli
