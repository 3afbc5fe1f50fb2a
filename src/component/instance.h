#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "component/leadership.h"
#include "component/setting.h"
#include "component/text.h"

namespace keelson {

/// The three separate roots of design section 6. A leaf of one opens nothing in another.
enum class TrustDomain {
  control,   ///< etcd, Patroni's REST API, the agent
  members,   ///< client certificates the databases accept
  services,  ///< server certificates; the only root clients see
};

/// Directories of one instance, absolute, chosen by the runtime. All 0700 and owned by the instance's user.
struct Place {
  std::string home;    ///< parent of the others
  std::string config;  ///< rendered files
  std::string tls;     ///< certificates and keys
  std::string data;    ///< the engine's data; survives `down`
  std::string run;     ///< sockets; kept short (a Unix socket path holds 107 bytes)
};

/// A leaf certificate the instance needs: EC P-256, written as `<tls>/<name>.crt` (leaf + issuing CA), `<name>.key`, and
/// `<name>.pem` (both) when `pem` is set. Renewed at 2/3 of its life; `on_renew` says how the engine picks it up.
struct Certificate {
  std::string name;
  TrustDomain domain = TrustDomain::services;
  std::string common_name;
  bool server = false;
  bool client = false;
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
  bool pem = false;
  Applies on_renew = Applies::restart;
  bool operator==(const Certificate&) const = default;
};

/// A file that only says whom to trust: `<tls>/<name>.crt`, the roots of `domains` one after another.
struct TrustFile {
  std::string name;
  std::vector<TrustDomain> domains;
  bool operator==(const TrustFile&) const = default;
};

enum class WritePolicy {
  always,  ///< keelson owns it: a difference is drift and is mended
  seed,    ///< written once; the engine owns it afterwards (sentinel.conf)
};

/// A rendered file, relative to `Place::config`.
struct ConfigFile {
  std::string path;
  Text content;
  unsigned mode = 0600;
  WritePolicy policy = WritePolicy::always;
  Applies on_change = Applies::restart;
  bool operator==(const ConfigFile&) const = default;
};

enum class ProbeProtocol {
  tcp,       ///< connects
  http,      ///< GET `request`, expects `expect_status`
  redis,     ///< RESP over TLS: AUTH, then ROLE (Redis) or PING (Sentinel: `request`)
  pgbouncer, ///< PostgreSQL SSLRequest answered by 'S'
  process,   ///< nothing listens: its process has lived for `interval_ms`
};

/// How readiness is asked in the engine's own protocol, in-process, on a kept connection where the protocol allows.
struct Probe {
  ProbeProtocol protocol = ProbeProtocol::tcp;
  std::string address = {};
  int port = 0;
  bool tls = false;
  std::string server_name = {};  ///< verified in the server's certificate
  TrustDomain trust = TrustDomain::services;
  bool client_certificate = false;  ///< present the agent's control-domain certificate
  std::string request = {};         ///< http: path; redis: "ROLE" or "PING"
  int expect_status = 200;
  std::string user = {};           ///< redis
  std::string secret = {};         ///< redis: name of the user's password
  int interval_ms = 1000;
  int timeout_ms = 1000;
  int failures = 3;                ///< this many in a row make a ready instance unready
  bool operator==(const Probe&) const = default;
};

/// One supervised process, described completely. Plain data: `resolve` makes it, plan reads it, a runtime runs it.
struct Instance {
  std::string name = {};      ///< unique in the foundation: "redis-1", "redis-sentinel-1"
  std::string artifact = {};  ///< id of the artifact its program comes from; "" = the machine's own
  std::vector<std::string> command = {};  ///< absolute program path first; never a secret
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< complete; never a secret
  /// Name of a launch verb of the kind (see Kind::launch), run by `keelson launch` in the instance's own process, as its
  /// user, before `command` replaces it; "" = none.
  std::string launch = {};
  Place place = {};
  std::vector<ConfigFile> files = {};
  std::vector<Certificate> certificates = {};
  std::vector<TrustFile> trust = {};
  Probe ready = {};
  int stop_signal = 15;
  int stop_timeout_ms = 30'000;  ///< then the whole cgroup is killed
  std::int64_t memory_limit = 0; ///< bytes, 0 = none
  std::int64_t storage = 0;      ///< bytes its data directory is to hold; 0 = nothing in it is missed after a new start
  bool elects = false;           ///< writes to the runtime's Layout::lease_store
  std::int64_t open_files = 65'536;
  /// Instances that must be ready before this one is started.
  std::vector<std::string> after = {};
  /// The engine's own run-time settings that must hold, in the engine's words (`maxmemory` -> "536870912"). Compared with
  /// what the engine says now, so that CONFIG SET and ALTER SYSTEM by hand are seen.
  std::map<std::string, std::string> live_settings = {};
  Leadership leadership = {};
  /// What people type who are inside leaves out where the engine is and how it speaks: by the client's name, its absolute path and the words that come
  /// before theirs. Never a secret.
  std::map<std::string, std::vector<std::string>> tools = {};
};

}  // namespace keelson
