// Probes against real TLS servers (openssl s_server): whom they trust, what they say when they do not.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "runtime/native/agent_world.h"
#include "supervision/prober.h"
#include "system/commands.h"
#include "system/files.h"
#include "system/temporary_directory.h"

namespace keelson::native {
namespace {

struct ProberTest : testing::Test {
  TemporaryDirectory directory;
  RealClock clock;
  RealFiles files;
  Loop loop{clock};
  TlsContexts contexts;
  AgentWorld world{{directory.path(), directory.path()}, [](const std::string&) -> Result<Secret> { return Secret("pa$$ \"word\""); }};
  std::vector<pid_t> servers;
  /// Runs at the same time (the same tests under another sanitizer) do not meet.
  const std::string address = fmt::format("127.79.{}.{}", getpid() >> 8 & 0xff, getpid() & 0xff);
  Probe probe{.protocol = ProbeProtocol::http, .address = address, .port = 7443, .tls = true, .server_name = "one.test",
              .trust = TrustDomain::control, .request = "/", .interval_ms = 20, .timeout_ms = 2000, .failures = 1};

  void openssl(std::vector<std::string> words) {
    words.insert(words.begin(), "openssl");
    RealCommands commands;
    const auto output = commands.run(words, {.directory = directory.path()});
    ASSERT_TRUE(output && output->status == 0) << (output ? output->err : describe(output.error()));
  }
  /// A self-signed root `<root>.crt` and a leaf `server.crt` of it for one.test.
  void make_certificates(const std::string& root) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", root + ".key", "-out", root + ".crt", "-subj", "/CN=" + root, "-days", "2"});
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=x", "-addext", "subjectAltName=DNS:one.test"});
    openssl({"x509", "-req", "-in", "server.csr", "-CA", root + ".crt", "-CAkey", root + ".key", "-copy_extensions", "copy", "-out", "server.crt", "-days", "2"});
  }
  void serve(std::vector<std::string> more = {}) {
    std::vector<std::string> words{"openssl", "s_server", "-accept", address + ":7443", "-cert", directory / "server.crt", "-key", directory / "server.key", "-www", "-quiet"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) {
      execvp(argv[0], argv.data());
      _exit(127);
    }
    servers.push_back(pid);
  }
  void TearDown() override {
    for (const pid_t pid : servers) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  /// The first result that is not a refused connection (the server may still be starting).
  ProbeResult first_answer() {
    std::optional<ProbeResult> told;
    const Prober prober(loop, contexts, world, probe, [&](const ProbeResult& result) {
      if (result.detail.find("refused") == std::string::npos || result.detail.find("certificate") != std::string::npos) told = result;
    });
    const std::int64_t deadline = clock.monotonic_us() + 10'000'000;
    while (!told && clock.monotonic_us() < deadline) loop.run_once(100);
    return told.value_or(ProbeResult{false, "", "no answer at all"});
  }
};

TEST_F(ProberTest, an_https_server_of_the_right_domain_is_ready) {
  make_certificates("control");
  serve();
  const ProbeResult result = first_answer();
  EXPECT_TRUE(result.ok) << result.detail;
}

TEST_F(ProberTest, a_server_of_another_root_is_refused) {
  make_certificates("control");
  serve();
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "o.key", "-out", "control.crt", "-subj", "/CN=control", "-days", "2"});
  const ProbeResult result = first_answer();
  EXPECT_FALSE(result.ok);
  EXPECT_NE(result.detail.find("certificate refused"), std::string::npos) << result.detail;
}

TEST_F(ProberTest, a_server_with_another_name_is_refused) {
  make_certificates("control");
  serve();
  probe.server_name = "two.test";
  const ProbeResult result = first_answer();
  EXPECT_FALSE(result.ok);
  EXPECT_NE(result.detail.find("ostname mismatch"), std::string::npos) << result.detail;
}

TEST_F(ProberTest, shows_its_certificate_when_the_server_wants_one) {
  make_certificates("control");
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "keelson-agent-control.key", "-out", "a.csr", "-subj", "/CN=keelson-agent"});
  openssl({"x509", "-req", "-in", "a.csr", "-CA", "control.crt", "-CAkey", "control.key", "-out", "keelson-agent-control.crt", "-days", "2"});
  serve({"-Verify", "2", "-verify_return_error", "-CAfile", directory / "control.crt"});
  EXPECT_FALSE(first_answer().ok);
  probe.client_certificate = true;
  const ProbeResult result = first_answer();
  EXPECT_TRUE(result.ok) << result.detail;
}

/// A real Redis with TLS and an ACL user; the program comes by KEELSON_REDIS_SERVER, as the live tier of a machine sets it.
TEST_F(ProberTest, a_redis_is_asked_for_its_role_after_logging_in_on_one_connection) {
  const char* program = std::getenv("KEELSON_REDIS_SERVER");
  if (!program) GTEST_SKIP() << "KEELSON_REDIS_SERVER names no redis-server";
  make_certificates("control");
  ASSERT_TRUE(files.write(directory / "redis.conf",
                          "bind " + address + "\nport 0\ntls-port 7443\ntls-cert-file server.crt\ntls-key-file server.key\ntls-ca-cert-file control.crt\n"
                          "tls-auth-clients no\nsave \"\"\ndir " + directory.path() + "\nuser default off\n"
                          "user probe on \">pa$$ \\\"word\\\"\" -@all +role +ping\n", 0600, {}));
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::chdir(directory.path().c_str()) == 0) execl(program, program, "redis.conf", nullptr);
    _exit(127);
  }
  servers.push_back(pid);
  probe.protocol = ProbeProtocol::redis;
  probe.request = "ROLE";
  probe.user = "probe";
  probe.secret = "redis/probe";
  int answers = 0;
  ProbeResult last;
  const Prober prober(loop, contexts, world, probe, [&](const ProbeResult& result) { last = result; answers += result.ok ? 1 : 0; });
  const std::int64_t deadline = clock.monotonic_us() + 10'000'000;
  while (answers < 3 && clock.monotonic_us() < deadline) loop.run_once(100);
  EXPECT_EQ(answers, 3) << last.detail;
  EXPECT_EQ(last.role, "primary");
}

}  // namespace
}  // namespace keelson::native
