#include "runtime/compose/docker.h"

#include <algorithm>
#include <cstdlib>

#include "async/in_parallel.h"
#include "base/json.h"
#include "runtime/client_program.h"
#include "runtime/compose/file.h"

namespace keelson::compose {
namespace {

constexpr int kLoadMs = 600'000;
constexpr int kStopMs = 300'000;
constexpr int kQuickMs = 30'000;
constexpr std::string_view kNoEngine[] = {"Cannot connect to the Docker daemon", "error during connect", "permission denied while trying to connect"};

/// What a Docker client looks at to find its engine.
std::vector<std::pair<std::string, std::string>> client_environment() {
  std::vector<std::pair<std::string, std::string>> out{{"LANG", "C.UTF-8"}};
  for (const char* name : {"PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH"})
    if (const char* value = std::getenv(name)) out.emplace_back(name, value);
  return out;
}

/// The end of what a client said, which is where the reason stands.
std::string reason_of(const CommandOutput& output) {
  const std::string& said = output.err.empty() ? output.out : output.err;
  std::string out;
  for (const std::string& line : lines_of(said.size() > 2'000 ? said.substr(said.size() - 2'000) : said))
    if (line.find("Error") != std::string::npos || line.find("error") != std::string::npos || line.find("annot") != std::string::npos) out = line;
  if (out.empty() && !said.empty()) out = lines_of(said).empty() ? said : lines_of(said).back();
  return out;
}

std::string by_hand(const std::vector<std::string>& words) {
  std::string out = "the same by hand tells all of it: " + words.front().substr(words.front().rfind('/') + 1);
  for (auto word = words.begin() + 1; word != words.end(); ++word) out += " " + *word;
  return out;
}

Error failure(const std::string& what, const CommandOutput& output, const std::vector<std::string>& words) {
  for (const std::string_view told : kNoEngine)
    if (output.err.find(told) != std::string::npos)
      return {ErrorCode::preflight_refused, "no Docker engine answers", {}, reason_of(output), "is it running, and may you use it? docker info says"};
  // Who was killed inside says so by its exit code alone, whatever it had said before.
  constexpr int kBySignal = 128;
  const std::string reason = reason_of(output), code = "exit code " + std::to_string(output.status);
  return {ErrorCode::failed, what, {}, reason.empty() ? code : output.status > kBySignal ? reason + "; " + code : reason, by_hand(words)};
}

Container container_of(const Json& one) {
  const Json& state = one["State"];
  const Json& labels = one["Config"]["Labels"];
  Container out{one["Id"].as_string(), labels["com.docker.compose.service"].as_string(), state["Status"].as_string()};
  out.name = one["Name"].as_string().substr(one["Name"].as_string().starts_with('/') ? 1 : 0);
  out.number = std::max(1, std::atoi(labels["com.docker.compose.container-number"].as_string().c_str()));
  out.one_off = labels["com.docker.compose.oneoff"].as_string() == "True";
  out.health = state["Health"]["Status"].as_string();
  out.image_id = one["Image"].as_string();
  out.owner = labels[kOwnerLabel].as_string();
  out.digest = labels[kDigestLabel].as_string();
  out.pid = static_cast<int>(state["Pid"].as_int());
  out.exit_code = static_cast<int>(state["ExitCode"].as_int());
  out.restarts = static_cast<int>(one["RestartCount"].as_int());
  out.started_ms = wall_ms(state["StartedAt"].as_string());
  return out;
}

}  // namespace

Result<std::vector<Container>> parse_containers(const std::string& inspected) {
  KEELSON_TRY(const Json json, parse_json(inspected));
  std::vector<Container> out;
  for (const Json& one : json.items()) out.push_back(container_of(one));
  return out;
}

std::map<std::string, Container> by_service(std::vector<Container> containers) {
  std::sort(containers.begin(), containers.end(), [](const Container& one, const Container& other) { return one.number < other.number; });
  std::map<std::string, Container> out;
  for (Container& container : containers) {
    if (container.one_off) continue;
    std::string key = out.contains(container.service) ? container.name : container.service;
    out.insert_or_assign(std::move(key), std::move(container));
  }
  return out;
}

Docker::Docker(Files& files, Commands& commands, std::string program)
    : files_(files), commands_(commands), program_(std::move(program)), environment_(client_environment()) {}

Result<std::unique_ptr<Docker>> Docker::find(Files& files, Commands& commands) {
  std::string program = find_client(files, "docker");
  if (program.empty()) return fail_as(ErrorCode::preflight_refused, "docker is not here", {}, "no directory of PATH has it", "install a Docker client (Debian: docker.io), and Compose v2");
  return std::unique_ptr<Docker>(new Docker(files, commands, std::move(program)));
}

Result<CommandOutput> Docker::run(const std::vector<std::string>& words, const std::string& input, int timeout_ms) {
  return commands_.run(words, {.environment = environment_, .input = input, .timeout_ms = timeout_ms});
}

Result<std::string> Docker::must(std::vector<std::string> words, const std::string& what, const std::string& input, int timeout_ms) {
  words.insert(words.begin(), program_);
  KEELSON_TRY(CommandOutput output, run(words, input, timeout_ms));
  if (output.status != 0) return unexpected(failure(what, output, words));
  return std::move(output.out);
}

Result<Engine> Docker::engine() {
  KEELSON_TRY(const std::string info, must({"info", "--format", "{{json .}}"}, "cannot ask the engine what it is"));
  return parse_engine(info);
}

Result<Engine> Docker::engine_and_place() {
  KEELSON_TRY(Engine out, engine());
  KEELSON_TRY(out.place, must({"context", "inspect", "--format", "{{.Endpoints.docker.Host}}"}, "cannot ask the client where its engine is"));
  out.place = out.place.substr(0, out.place.find('\n'));
  return out;
}

Result<Project> Docker::project(const std::string& name) {
  Project out;
  Result<void> ended[3];
  const auto look = [](auto result, auto& into) -> Result<void> {
    if (!result) return unexpected(result.error());
    into = std::move(*result);
    return {};
  };
  in_parallel(3, [&](std::size_t job) {
    if (job == 0) ended[job] = look(containers(name), out.containers);
    else if (job == 1) ended[job] = look(kept(name, Kept::volume), out.volumes);
    else ended[job] = look(kept(name, Kept::network), out.networks);
  });
  for (const Result<void>& one : ended) KEELSON_CHECK(one);
  return out;
}

Result<std::string> Docker::inspected(const std::string& project) {
  KEELSON_TRY(const std::string listed, must({"container", "ls", "--all", "--quiet", "--no-trunc", "--filter", "label=com.docker.compose.project=" + project}, "cannot list containers"));
  std::vector<std::string> words{"container", "inspect"};
  for (const std::string& id : lines_of(listed)) words.push_back(id);
  if (words.size() == 2) return "[]";
  words.insert(words.begin(), program_);
  // One that was removed meanwhile is not told, and makes the client end with 1.
  KEELSON_TRY(CommandOutput output, run(words, {}, kQuickMs));
  if (output.status != 0 && output.err.find("No such") == std::string::npos) return unexpected(failure("cannot look at containers", output, words));
  return std::move(output.out);
}

Result<std::map<std::string, Container>> Docker::containers(const std::string& project) {
  KEELSON_TRY(const std::string text, inspected(project));
  KEELSON_TRY(std::vector<Container> containers, parse_containers(text));
  return by_service(std::move(containers));
}

Result<std::map<std::string, std::string>> Docker::kept(const std::string& project, Kept what) {
  KEELSON_TRY(const std::string listed, must({what == Kept::volume ? "volume" : "network", "ls", "--filter", "label=com.docker.compose.project=" + project, "--format",
                                              std::string("{{.Name}} {{.Label \"") + kOwnerLabel + "\"}}"}, "cannot look at what a project keeps"));
  std::map<std::string, std::string> out;
  for (const std::string& line : lines_of(listed)) {
    const std::size_t space = std::min(line.find(' '), line.size());
    out[line.substr(0, space)] = space < line.size() ? line.substr(space + 1) : "";
  }
  return out;
}

Result<std::vector<Taken>> Docker::taken_addresses() {
  KEELSON_TRY(const std::string listed, must({"network", "ls", "--quiet", "--no-trunc"}, "cannot list networks"));
  std::vector<std::string> words{"network", "inspect"};
  for (const std::string& id : lines_of(listed)) words.push_back(id);
  KEELSON_TRY(const std::string inspected, must(std::move(words), "cannot look at networks"));
  return taken_by_networks(inspected);
}

Result<void> Docker::remove_kept(const std::vector<std::string>& names, Kept what) {
  if (names.empty()) return {};
  std::vector<std::string> words{what == Kept::volume ? "volume" : "network", "rm"};
  words.insert(words.end(), names.begin(), names.end());
  KEELSON_CHECK(must(std::move(words), "cannot remove what a project kept"));
  return {};
}

Result<std::map<std::string, std::string>> Docker::image_ids(const std::vector<std::string>& names) {
  KEELSON_TRY(const std::string listed, must({"image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"}, "cannot list images"));
  std::map<std::string, std::string> out;
  for (const std::string& line : lines_of(listed)) {
    const std::size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    if (space != std::string::npos && std::find(names.begin(), names.end(), name) != names.end()) out[name] = line.substr(space + 1);
  }
  return out;
}

Result<std::string> Docker::image_id(const std::string& reference) {
  const std::vector<std::string> words{program_, "image", "inspect", "--format", "{{.Id}}", reference};
  KEELSON_TRY(const CommandOutput output, run(words, {}, kQuickMs));
  if (output.status != 0 && output.err.find("No such image") != std::string::npos) return std::string();
  if (output.status != 0) return unexpected(failure("cannot look at an image", output, words));
  return output.out.substr(0, output.out.find('\n'));
}

Result<void> Docker::load_image(const std::string& archive, const std::string& name) {
  KEELSON_CHECK(must({"load", "--quiet", "--input", archive}, "docker does not take the image " + name, {}, kLoadMs));
  return {};
}

Result<void> Docker::pause(const std::string& container) {
  KEELSON_CHECK(must({"pause", container}, "cannot make a container stand still"));
  return {};
}

Result<void> Docker::unpause(const std::string& container) {
  KEELSON_CHECK(must({"unpause", container}, "cannot let a paused container go on"));
  return {};
}

Result<void> Docker::join(const std::string& container, const std::string& network) {
  KEELSON_CHECK(must({"network", "connect", network, container}, "cannot join a network"));
  return {};
}

Result<void> Docker::leave(const std::string& container, const std::string& network) {
  KEELSON_TRY(const CommandOutput output, run({program_, "network", "disconnect", network, container}, {}, kQuickMs));
  if (output.status == 0 || output.err.find("is not connected to") != std::string::npos) return {};
  return unexpected(failure("cannot leave a network", output, {"docker", "network", "disconnect", network, container}));
}

Result<void> Docker::signal(const std::string& container, int number) {
  KEELSON_CHECK(must({"kill", "--signal", std::to_string(number), container}, "cannot send signal " + std::to_string(number)));
  return {};
}

Result<void> Docker::stop_and_remove(const std::string& container) {
  KEELSON_CHECK(must({"stop", container}, "cannot stop a container", {}, kStopMs));
  KEELSON_CHECK(must({"rm", container}, "cannot remove a container"));
  return {};
}

Result<std::string> Docker::run_inside(const std::string& container, const std::vector<std::string>& words, const std::string& input) {
  std::vector<std::string> all{"exec", "--interactive", container};
  all.insert(all.end(), words.begin(), words.end());
  return must(std::move(all), "a command inside a container failed", input);
}

Result<void> Docker::leave_inside_as_root(const std::string& container, const std::vector<std::string>& words) {
  std::vector<std::string> all{"exec", "--detach", "--user", "0", container};
  all.insert(all.end(), words.begin(), words.end());
  KEELSON_CHECK(must(std::move(all), "a command inside a container failed"));
  return {};
}

Result<std::string> Docker::last_lines(const std::string& container, int count) {
  KEELSON_TRY(const CommandOutput output, run({program_, "logs", "--tail", std::to_string(count), container}, {}, kQuickMs));
  return output.err.empty() ? output.out : output.out + output.err;
}

/// `docker compose`, or a docker-compose of its own; Debian 12 packages version 1 as the latter, which cannot read what is rendered.
Result<std::vector<std::string>> Docker::compose_program() {
  const std::lock_guard guard(mutex_);
  if (!compose_.empty()) return compose_;
  std::vector<std::vector<std::string>> candidates{{program_, "compose"}};
  if (std::string own = find_client(files_, "docker-compose"); !own.empty()) candidates.push_back({std::move(own)});
  for (const std::vector<std::string>& candidate : candidates) {
    std::vector<std::string> words = candidate;
    words.insert(words.end(), {"version", "--short"});
    KEELSON_TRY(const CommandOutput output, run(std::move(words), {}, kQuickMs));
    const std::string version = output.out.substr(output.out.starts_with('v') ? 1 : 0);
    if (output.status == 0 && std::atoi(version.c_str()) >= 2) return compose_ = candidate;
  }
  return fail_as(ErrorCode::preflight_refused, "Docker Compose v2 is not here", {}, "neither `docker compose` nor docker-compose is of version 2 or newer", "install Docker's Compose plugin");
}

Result<std::vector<std::string>> Docker::compose_words(const std::string& directory, const std::string& project) {
  KEELSON_TRY(std::vector<std::string> out, compose_program());
  out.insert(out.end(), {"--project-name", project, "--project-directory", directory, "--file", directory + "/compose.yaml"});
  return out;
}

Result<void> Docker::compose(const std::string& directory, const std::string& project, const std::vector<std::string>& words, int timeout_ms) {
  KEELSON_TRY(std::vector<std::string> all, compose_words(directory, project));
  all.insert(all.end(), words.begin(), words.end());
  KEELSON_TRY(const CommandOutput output, run(all, {}, timeout_ms));
  if (output.status != 0) return unexpected(failure("docker compose " + words.front() + " failed", output, all));
  return {};
}

}  // namespace keelson::compose
