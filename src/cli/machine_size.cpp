#include "cli/machine_size.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#include <cerrno>
#include <cstring>

#include "base/units.h"

namespace keelson::cli {
namespace {

void add_sizes(const Settings& settings, std::int64_t members, Demand& demand) {
  for (const auto& [name, value] : settings) {
    if (value.is_object()) add_sizes(value.object(), members, demand);
    else if (value.is_number() && name == "storage") demand.storage += members * value.number();
    else if (value.is_number() && name == "memory") demand.memory += members * value.number();
  }
}

std::string shown(const Setting* row, const SettingValue* value) {
  if (value == nullptr) return "not set";
  if (row != nullptr && row->secret) return "(secret)";
  if (value->is_boolean()) return value->boolean() ? "true" : "false";
  if (value->is_text()) return value->text();
  if (value->is_number()) {
    if (row != nullptr && row->type == SettingType::bytes) return format_bytes(value->number());
    if (row != nullptr && row->type == SettingType::duration) return format_duration_ms(value->number());
    return std::to_string(value->number());
  }
  if (value->is_list()) return std::to_string(value->list().size()) + " entries";
  return "set";
}

bool same(const SettingValue& a, const SettingValue& b) {
  if (a.is_boolean() && b.is_boolean()) return a.boolean() == b.boolean();
  if (a.is_number() && b.is_number()) return a.number() == b.number();
  if (a.is_text() && b.is_text()) return a.text() == b.text();
  if (a.is_list() && b.is_list()) {
    if (a.list().size() != b.list().size()) return false;
    for (std::size_t i = 0; i < a.list().size(); ++i)
      if (!same(a.list()[i], b.list()[i])) return false;
    return true;
  }
  if (a.is_object() && b.is_object()) {
    if (a.object().size() != b.object().size()) return false;
    for (const auto& [name, value] : a.object()) {
      const auto other = b.object().find(name);
      if (other == b.object().end() || !same(value, other->second)) return false;
    }
    return true;
  }
  return false;
}

const Setting* find_row(std::span<const Setting> table, std::string_view name) {
  for (const Setting& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

void compare(const std::string& path, std::span<const Setting> table, const Settings& before, const Settings& after, std::vector<std::string>& out) {
  Settings names = before;
  names.insert(after.begin(), after.end());
  for (const auto& [name, unused] : names) {
    const auto a = before.find(name);
    const auto b = after.find(name);
    const SettingValue* old_value = a == before.end() ? nullptr : &a->second;
    const SettingValue* new_value = b == after.end() ? nullptr : &b->second;
    if (old_value != nullptr && new_value != nullptr && same(*old_value, *new_value)) continue;
    const Setting* row = find_row(table, name);
    const std::string here = path + "." + name;
    if (row != nullptr && old_value != nullptr && new_value != nullptr && old_value->is_object() && new_value->is_object())
      compare(here, row->fields, old_value->object(), new_value->object(), out);
    else
      out.push_back(here + ": " + shown(row, old_value) + " -> " + shown(row, new_value));
  }
}

const BlueprintComponent* find(const Blueprint& blueprint, const std::string& name) {
  for (const BlueprintComponent& component : blueprint.components)
    if (component.name == name) return &component;
  return nullptr;
}

}  // namespace

Demand demand_of(const Foundation& foundation) {
  Demand demand;
  for (const Component& component : foundation.components)
    add_sizes(component.settings, static_cast<std::int64_t>(component.members.size()), demand);
  return demand;
}

Result<Machine> this_machine(const std::string& state_dir) {
  struct sysinfo system {};
  if (::sysinfo(&system) != 0) return fail("cannot ask for the machine's memory", {}, std::strerror(errno));
  std::string path = state_dir.empty() ? "/" : state_dir;
  struct statvfs disk {};
  while (::statvfs(path.c_str(), &disk) != 0) {
    if (errno != ENOENT || path == "/") return fail("cannot ask for free disk space", path, std::strerror(errno));
    const std::size_t slash = path.rfind('/');
    path = slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
  }
  return Machine{static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize),
                 static_cast<std::int64_t>(system.totalram) * static_cast<std::int64_t>(system.mem_unit)};
}

std::string too_small(const Demand& demand, const Machine& machine) {
  std::string why;
  if (demand.storage > machine.free_disk)
    why = "it asks for " + human_bytes(demand.storage) + " of storage and " + human_bytes(machine.free_disk) + " are free";
  if (demand.memory > machine.memory * kMemoryShare / 100)
    why += (why.empty() ? "it asks for " : "; and for ") + human_bytes(demand.memory) + " of memory, more than " +
           std::to_string(kMemoryShare) + " % of " + human_bytes(machine.memory);
  return why;
}

std::vector<std::string> changed_settings(const Blueprint& before, const Blueprint& after) {
  std::vector<std::string> out;
  for (const BlueprintComponent& component : before.components) {
    const BlueprintComponent* other = find(after, component.name);
    if (other == nullptr) out.push_back(component.name + ": left out");
    else compare(component.name, component.kind->settings, component.settings, other->settings, out);
  }
  for (const BlueprintComponent& component : after.components)
    if (find(before, component.name) == nullptr) out.push_back(component.name + ": added");
  return out;
}

std::string human_bytes(std::int64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace keelson::cli
