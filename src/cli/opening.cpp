#include "cli/opening.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "cli/machine_size.h"

namespace keelson::cli {
namespace {

constexpr std::string_view kSmallProfile = "laptop";

/// The profile a standing foundation was made with; nothing when there is none. A second `up` must not choose again: the
/// first one's data has taken disk space since.
std::optional<std::string> standing_profile(const Common& common) {
  auto standing = Pipeline::open_applied(common.request);
  if (!standing) return std::nullopt;
  return (*standing)->blueprint().profile;
}

Checked<PipelinePtr> open_with(Request request, std::string profile) {
  request.profile = std::move(profile);
  return Pipeline::open(request);
}

}  // namespace

std::string own_path() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string("/proc/self/exe");
}

Checked<PipelinePtr> open_wanted(const Common& common, Output& output) {
  auto opened = Pipeline::open(common.request);
  if (!opened || !common.request.profile.empty()) return opened;
  PipelinePtr& pipeline = *opened;
  const auto& offered = pipeline->blueprint().profiles;
  if (!pipeline->blueprint().profile.empty() || std::find(offered.begin(), offered.end(), kSmallProfile) == offered.end()) return opened;

  if (const auto standing = standing_profile(common)) {
    if (standing->empty() || std::find(offered.begin(), offered.end(), *standing) == offered.end()) return opened;
    return open_with(common.request, *standing);
  }
  const auto machine = this_machine(pipeline->state_dir());
  if (!machine) return unexpected(Errors{machine.error()});
  const std::string why = too_small(demand_of(pipeline->foundation()), *machine);
  if (why.empty()) return opened;

  auto smaller = open_with(common.request, std::string(kSmallProfile));
  if (!smaller) return smaller;
  output.note("This machine is too small for " + pipeline->foundation().name + " as written: " + why + ".");
  output.note("Taking profile 'laptop' (--profile chooses another):");
  for (const std::string& line : changed_settings(pipeline->blueprint(), (*smaller)->blueprint())) output.note("  " + line);
  return smaller;
}

Checked<PipelinePtr> open_standing(const Common& common) {
  return Pipeline::open_applied(common.request);
}

}  // namespace keelson::cli
