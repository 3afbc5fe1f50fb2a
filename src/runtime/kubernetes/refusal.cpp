#include "runtime/kubernetes/refusal.h"

#include <algorithm>
#include <array>
#include <optional>
#include <regex>

#include "runtime/client_program.h"

namespace keelson::kubernetes {
namespace {

constexpr std::string_view kWarning = "Warning: ";

/// "E1128 11:47:58.198295    5652 memcache.go:265] …": what the client notes for its developers, before it says the same to people.
bool is_log(const std::string& line) {
  return line.size() > 5 && (line[0] == 'E' || line[0] == 'W' || line[0] == 'I') && std::all_of(line.begin() + 1, line.begin() + 5, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_remark(const std::string& line) { return is_log(line) || line.starts_with(kWarning) || line.starts_with("WARNING: ") || line.starts_with("Defaulted container "); }

std::string after(const std::string& text, std::string_view words) {
  const std::size_t at = text.find(words);
  return at == std::string::npos ? std::string() : text.substr(at + words.size());
}

/// Without kubectl's "error: " and "Error from server (Forbidden): ".
std::string bare(std::string line) {
  for (const std::string_view prefix : {"error: ", "Error: "})
    if (line.starts_with(prefix)) line.erase(0, prefix.size());
  if (line.starts_with("Error from server") || line.starts_with("error from server"))
    if (const std::string rest = after(line, ": "); !rest.empty()) return rest;
  return line;
}

std::string in_space(const std::string& space) { return space.empty() ? " --all-namespaces" : " --namespace " + space; }

/// The server could not be asked at all.
struct NoServer {
  std::string_view said;  ///< the first that occurs decides
  std::string_view what;
  std::string_view next;
};

constexpr std::array kNoServer{
    NoServer{"certificate has expired or is not yet valid", "the certificate of the Kubernetes API server is not valid now",
             "compare the clock here (date) with the times it says; if the clock is right, the cluster's certificate has to be renewed"},
    NoServer{"failed to verify certificate",
             "the Kubernetes API server is not the one the kubeconfig trusts",
             "get a new kubeconfig for this cluster: kubectl config view shows the one in use"},
    NoServer{"You must be logged in to the server",
             "the Kubernetes API server does not take the credentials of the kubeconfig",
             "they may have expired: log in anew, or get a new kubeconfig"},
    NoServer{"getting credentials", "the kubeconfig's own program gives no credentials for the Kubernetes API server", "log in anew, as whoever runs the cluster says"},
    NoServer{"context was not found", "the kubeconfig has no such context", "choose one with --context: kubectl config get-contexts lists them"},
    NoServer{"error: context \"", "the kubeconfig has no such context", "choose one with --context: kubectl config get-contexts lists them"},
    NoServer{"error loading config file", "the kubeconfig cannot be read", "kubectl config view says why; KUBECONFIG names another"},
    NoServer{"localhost:8080 was refused", "no Kubernetes cluster is configured",
             "name a kubeconfig in KUBECONFIG, or a context with --context: kubectl config get-contexts lists them"},
    NoServer{"The connection to the server", "no Kubernetes API server answers", "is the cluster up, and this its address? kubectl cluster-info says"},
    NoServer{"Unable to connect to the server", "no Kubernetes API server answers", "is the cluster up, and this its address? kubectl cluster-info says"},
    NoServer{"server is currently unable to handle the request", "the Kubernetes API server is overloaded or not yet up",
             "try again; kubectl get --raw '/readyz?verbose' says what it lacks"},
    // Every server has what is asked for here: one that gave no answer when it was asked for its list is said to have nothing.
    NoServer{"server doesn't have a resource type", "the Kubernetes API server gives no whole answer", "try again; kubectl get --raw '/readyz?verbose' says what it lacks"},
    NoServer{"etcdserver: ", "the Kubernetes API server cannot reach its store", "try again; kubectl get --raw '/readyz?verbose' says what it lacks"},
};

std::optional<Error> no_server(const std::string& line) {
  for (const NoServer& known : kNoServer)
    if (line.find(known.said) != std::string::npos) return Error{ErrorCode::preflight_refused, std::string(known.what), {}, bare(line), std::string(known.next)};
  return {};
}

/// 'User "jane" cannot patch resource "statefulsets" in API group "apps" in the namespace "shop"'
std::optional<Error> not_allowed(const std::string& line) {
  static const std::regex kForm(R"re(User "([^"]*)" cannot (\S+) resource "([^"]*)" in API group "([^"]*)" (?:in the namespace "([^"]*)"|at the cluster scope))re");
  std::smatch found;
  if (!std::regex_search(line, found, kForm)) return {};
  const std::string user = found[1], verb = found[2], group = found[4], space = found[5];
  const std::string resource = found[3].str() + (group.empty() ? "" : "." + group);
  return Error{ErrorCode::preflight_refused, user + " may not " + verb + " " + resource + (space.empty() ? " in the cluster" : " in the namespace " + space), {}, bare(line),
               "ask for that right; you have it when this says yes: kubectl auth can-i " + verb + " " + resource + in_space(space)};
}

/// 'configmaps "redis-9" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=1'
std::optional<Error> over_quota(const std::string& line) {
  static const std::regex kForm(R"re((\S+) "([^"]*)" is forbidden: exceeded quota: ([^,]+), (.*))re");
  std::smatch found;
  if (!std::regex_search(line, found, kForm)) return {};
  return Error{ErrorCode::failed, "the namespace's quota is exceeded", found[1].str() + "/" + found[2].str(), "quota " + found[3].str() + ": " + found[4].str(),
               "ask for less in the blueprint, or have the quota raised, and run again: kubectl describe resourcequota --all-namespaces"};
}

std::optional<Error> going_away(const std::string& line) {
  static const std::regex kForm(R"re((\S+) "([^"]*)" is forbidden: unable to create new content in namespace (\S+) because it is being terminated)re");
  std::smatch found;
  if (!std::regex_search(line, found, kForm)) return {};
  const std::string space = found[3];
  return Error{ErrorCode::failed, "the namespace " + space + " is going away", found[1].str() + "/" + found[2].str(),
               "somebody deleted it, and nothing new can be made in it until it is gone",
               "run again when it is; what holds it stands in its conditions and finalizers: kubectl get namespace " + space + " -o yaml"};
}

std::optional<Error> no_space(const std::string& line) {
  static const std::regex kForm(R"re(namespaces "([^"]*)" not found)re");
  std::smatch found;
  if (!std::regex_search(line, found, kForm)) return {};
  return Error{ErrorCode::failed, "there is no namespace " + found[1].str(), {}, "somebody deleted it, or it was never made",
               "keelson up makes it, or: kubectl create namespace " + found[1].str()};
}

Error taken(const std::string& owner, const std::string& field) {
  return {ErrorCode::failed, "another manager has a field that keelson sets", field.substr(field.starts_with('.') ? 1 : 0), "it was last set by " + owner,
          "keelson plan names the field; keelson up takes it over"};
}

/// One conflict stands in one line; of several, each owner has a line, and each field one below it:
///
///   Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.redis.conf
///   Apply failed with 2 conflicts: conflicts with "keelson":
///   - .spec.ports[port=26379,protocol="TCP"].targetPort
///   conflicts with "other":
///   - .spec.ports[port=26379,protocol="TCP"].targetPort
///
/// Reads from lines[at] on; returns the line after.
std::size_t read_conflicts(const std::vector<std::string>& lines, std::size_t at, Errors& out) {
  static const std::regex kOwner(R"re(conflicts? with "([^"]*)"[^:]*:\s?(.*)$)re");
  std::string owner;
  for (; at < lines.size() && !lines[at].starts_with("Please review the fields above"); ++at) {
    std::smatch found;
    if (lines[at].starts_with("- ")) {
      out.push_back(taken(owner, lines[at].substr(2)));
    } else if (std::regex_search(lines[at], found, kOwner)) {
      owner = found[1];
      if (const std::string field = found[2]; !field.empty()) out.push_back(taken(owner, field));
    } else {
      return at;
    }
  }
  // Then follows how to resolve them, the same each time, up to the address of the manual.
  while (at < lines.size() && !lines[at].starts_with("See https://")) ++at;
  return std::min(at + 1, lines.size());
}

Error told(const std::string& line, const std::string& what) {
  for (const auto known : {no_server, not_allowed, over_quota, going_away, no_space})
    if (auto error = known(line)) return *error;
  return {ErrorCode::failed, what, {}, bare(line), {}};
}

void add_once(Errors& errors, Error error) {
  const std::string text = describe(error);
  if (std::none_of(errors.begin(), errors.end(), [&](const Error& other) { return describe(other) == text; })) errors.push_back(std::move(error));
}

}  // namespace

Errors refusals(const CommandOutput& output, const std::string& what) {
  const std::vector<std::string> lines = lines_of(output.err);
  Errors out;
  for (std::size_t at = 0; at < lines.size();) {
    if (is_remark(lines[at])) {
      ++at;
    } else if (lines[at].find("Apply failed with ") != std::string::npos) {
      at = read_conflicts(lines, at, out);
    } else if (!out.empty() && (lines[at].starts_with("* ") || lines[at].starts_with("  "))) {
      out.back().why += (out.back().why.ends_with(' ') ? "" : " ") + lines[at].substr(lines[at].find_first_not_of("* "));
      ++at;
    } else {
      add_once(out, told(lines[at], what));
      ++at;
    }
  }
  if (out.empty()) out.push_back({ErrorCode::failed, what, {}, "kubectl ended with " + std::to_string(output.status) + (lines.empty() ? "" : ": " + lines.back()), {}});
  return out;
}

std::vector<std::string> warnings(std::string_view said) {
  std::vector<std::string> out;
  for (const std::string& line : lines_of(said))
    if (line.starts_with(kWarning)) out.push_back(line.substr(kWarning.size()));
  return out;
}

}  // namespace keelson::kubernetes
