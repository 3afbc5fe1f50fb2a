#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

#include "agent_child.h"
#include "async/pidfd.h"
#include "runtime/native/agent_client.h"
#include "runtime/native/agent_launch.h"
#include "runtime/native/cgroup.h"
#include "system/temporary_directory.h"

namespace keelson::native {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

inline std::string own_program() {
  std::array<char, 4096> path{};
  const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
  return {path.data(), static_cast<std::size_t>(size)};
}

inline bool alive(int pid) { return process_start_time(pid).has_value(); }

/// Looks every 2 ms, for things that nobody announces.
inline bool within(int limit_ms, const std::function<bool()>& holds) {
  const auto deadline = Steady::now() + milliseconds(limit_ms);
  while (!holds()) {
    if (Steady::now() > deadline) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

/// Runs at the same time (the same tests under another sanitizer) do not meet.
inline std::string loopback_of_this_run() { return fmt::format("127.78.{}.{}", getpid() >> 8 & 0xff, getpid() & 0xff); }

inline std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// One agent with its guardian and log writer, in a state directory of its own; ended after each test, when nothing may be left.
struct AgentTest : testing::Test {
  TemporaryDirectory directory;
  AgentOptions options;
  std::unique_ptr<AgentClient> client;
  const std::string address = loopback_of_this_run();
  int port = 7000;

  void SetUp() override {
    options = {own_program(), directory.path(), "live-test", getpid(), directory.path() + "/agent/agent.sock", directory.path() + "/key"};
    ASSERT_EQ(::mkdir((directory.path() + "/agent").c_str(), 0700), 0);  // as `up` does, which puts certificates there: for agent.log
    client = std::make_unique<AgentClient>(options.socket_path);
    const auto launched = launch_agent(options);
    ASSERT_TRUE(launched) << describe(launched.error());
  }
  void TearDown() override {
    if (!client->hello()) static_cast<void>(launch_agent(options));
    const auto hello = client->hello();
    const auto ended = client->shutdown(60'000);
    EXPECT_TRUE(ended) << describe(ended.error());
    EXPECT_EQ(findings(), "");
    const CgroupRoots roots = find_cgroup_roots(std::to_string(getpid()));
    if (!ended && hello) {
      ::kill(static_cast<int>((*hello)["guardian_pid"].as_int()), SIGTERM);
      std::ofstream(roots.processes + "/cgroup.kill") << "1";
    }
    remove_cgroup_roots(roots);
    EXPECT_TRUE(roots.processes.empty() || ::access(roots.processes.c_str(), F_OK) != 0) << "a cgroup was left";
  }

  ProcessSpec child(const std::string& name, std::vector<std::string> words) {
    ProcessSpec spec;
    spec.name = spec.member = name;
    spec.component = "test";
    spec.command = {own_program(), "child"};
    spec.command.insert(spec.command.end(), words.begin(), words.end());
    spec.ready = {.address = address, .port = ++port, .interval_ms = 200};
    return spec;
  }
  ProcessSpec listener(const std::string& name, const char* how = "listen") {
    ProcessSpec spec = child(name, {how, address, std::to_string(port + 1)});
    return spec;
  }
  void bring_up(const ProcessSpec& spec) {
    ASSERT_TRUE(client->put(spec));
    ASSERT_TRUE(client->start(spec.name));
    const auto ready = client->wait(spec.name, Life::ready, 10'000, {});
    ASSERT_TRUE(ready) << describe(ready.error());
  }
  InstanceStatus status(const std::string& name) {
    const auto all = client->status();
    if (all)
      for (const auto& one : *all)
        if (one.instance.name == name) return one.instance;
    return {};
  }
  int agent_pid() { const auto hello = client->hello(); return hello ? static_cast<int>((*hello)["pid"].as_int()) : 0; }
  /// Kills the agent and waits until the guardian's next one answers.
  void kill_agent() {
    const int before = agent_pid();
    ASSERT_GT(before, 1);
    ::kill(before, SIGKILL);
    ASSERT_TRUE(within(10'000, [&] { const int now = agent_pid(); return now > 1 && now != before; }));
  }
  std::string log(const std::string& name) { return text_of(directory.path() + "/log/" + name + ".log"); }
  /// What a sanitizer said in guardian or agent: nobody else reads their log, and a killed agent's exit status tells nothing.
  std::string findings() {
    const std::string said = text_of(directory.path() + "/agent/agent.log");
    for (const char* mark : {"Sanitizer", "runtime error"})
      if (said.find(mark) != std::string::npos) return said;
    return {};
  }
  bool told(const std::string& kind) {
    const auto events = client->events(0, 0);
    return events && std::any_of(events->begin(), events->end(), [&](const Json& e) { return e["kind"].as_string() == kind; });
  }
};

}  // namespace keelson::native
