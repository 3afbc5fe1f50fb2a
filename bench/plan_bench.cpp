// How long the pure planner takes for a large synthetic foundation: 3,000 objects (instances, files, certificates, secrets).
#include <benchmark/benchmark.h>

#include <string>

#include "plan/plan.h"

namespace keelson {
namespace {

constexpr int kMembers = 3, kFiles = 4, kCertificates = 2;
/// Component, members, instances with their files and certificates, one secret.
constexpr int kObjectsOfComponent = 1 + kMembers * (2 + kFiles + kCertificates) + 1;

constexpr Kind kSynthetic{.name = "synthetic"};

Instance instance_of(const std::string& component, int member, const std::string& waits_for) {
  Instance instance;
  instance.name = component + "-" + std::to_string(member);
  instance.artifact = "engine";
  instance.command = {"/usr/bin/engine", "--config", "/etc/" + instance.name};
  for (int i = 0; i < kFiles; ++i)
    instance.files.push_back({.path = "part-" + std::to_string(i) + ".conf", .content = {}, .on_change = i % 2 == 0 ? Applies::reload : Applies::restart});
  for (int i = 0; i < kCertificates; ++i) instance.certificates.push_back({.name = "leaf-" + std::to_string(i)});
  instance.ready.secret = component + "/app";
  if (!waits_for.empty()) instance.after.push_back(waits_for);
  return instance;
}

/// Components in chains of ten, each waiting for the one before, `objects` in all (rounded down).
Foundation foundation_of(int objects) {
  Foundation foundation;
  foundation.name = "synthetic";
  for (int c = 0; c < objects / kObjectsOfComponent; ++c) {
    Component component{.name = "component-" + std::to_string(c), .kind = &kSynthetic};
    const std::string before = c % 10 == 0 ? "" : "component-" + std::to_string(c - 1);
    for (int m = 1; m <= kMembers; ++m) {
      Member member{.name = component.name + "-" + std::to_string(m), .component = component.name, .ordinal = m};
      member.instances.push_back(instance_of(component.name, m, before.empty() ? "" : before + "-" + std::to_string(m)));
      component.members.push_back(std::move(member));
    }
    foundation.secrets.push_back({.name = component.name + "/app", .purpose = "synthetic"});
    foundation.components.push_back(std::move(component));
  }
  return foundation;
}

/// Everything stands; every file of every `drifted`th member is stale.
Observed observed_of(const Foundation& foundation, int drifted) {
  Observed observed;
  observed.supervisor_running = true;
  observed.artifacts.insert("engine");
  int count = 0;
  for (const SecretSpec& secret : foundation.secrets) observed.secrets.insert(secret.name);
  for (const Component& component : foundation.components)
    for (const Member& member : component.members) {
      ObservedInstance now{.life = Life::ready, .prepared = true, .running_command = "same", .wanted_command = "same"};
      if (drifted > 0 && count++ % drifted == 0)
        for (const ConfigFile& file : member.instances.front().files) now.files.push_back({file.path, DiskState::stale});
      observed.instances[member.instances.front().name] = std::move(now);
    }
  return observed;
}

void run(benchmark::State& state, const Observed& observed, const Foundation& foundation) {
  std::size_t steps = 0;
  for (auto _ : state) {
    const Plan plan = make_plan(foundation, observed);
    steps = plan.steps.size();
    benchmark::DoNotOptimize(steps);
  }
  state.counters["steps"] = static_cast<double>(steps);
}

void first_bring_up(benchmark::State& state) {
  const Foundation foundation = foundation_of(static_cast<int>(state.range(0)));
  run(state, Observed{}, foundation);
}
void one_in_ten_drifted(benchmark::State& state) {
  const Foundation foundation = foundation_of(static_cast<int>(state.range(0)));
  run(state, observed_of(foundation, 10), foundation);
}
void nothing_to_do(benchmark::State& state) {
  const Foundation foundation = foundation_of(static_cast<int>(state.range(0)));
  run(state, observed_of(foundation, 0), foundation);
}

BENCHMARK(first_bring_up)->Arg(300)->Arg(3000)->Arg(30000)->Unit(benchmark::kMillisecond);
BENCHMARK(one_in_ten_drifted)->Arg(300)->Arg(3000)->Arg(30000)->Unit(benchmark::kMillisecond);
BENCHMARK(nothing_to_do)->Arg(300)->Arg(3000)->Arg(30000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keelson

BENCHMARK_MAIN();
