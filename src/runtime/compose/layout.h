#pragma once
#include <map>
#include <string>

#include "model/layout.h"

namespace keelson::compose {

/// Inside a container, whatever the instance: it is alone there.
///
///   /keelson/config   rendered files, read-only; a volume of its own where the engine writes its configuration (WritePolicy::seed)
///   /keelson/given    what such a volume begins with
///   /keelson/tls      certificates, keys, whom to trust
///   /keelson/data     a volume; survives `docker compose down`
///   /keelson/run      in memory
///   /keelson/probe    what the health check needs
inline constexpr std::string_view kHome = "/keelson";
inline constexpr std::string_view kGiven = "/keelson/given";
inline constexpr std::string_view kProbe = "/keelson/probe";
/// keelson itself, in every image that `keelson images build` makes.
inline constexpr std::string_view kProgram = "/usr/bin/keelson";

/// The users containers run as. With root each component has its own, counted from a fixed one; otherwise all are the one user who
/// owns the files that containers read.
struct Users {
  static constexpr int kFirst = 52'000;   ///< below 65536, which is all that user namespaces of rootless engines map
  std::map<std::string, int> by_component = {};
  int uid = 0, gid = 0;                   ///< of everybody, when `by_component` is empty

  int uid_of(const std::string& component) const {
    const auto found = by_component.find(component);
    return found == by_component.end() ? uid : found->second;
  }
  int gid_of(const std::string& component) const {
    const auto found = by_component.find(component);
    return found == by_component.end() ? gid : found->second;
  }
};

/// Programs are where their packages put them: an image is an ordinary Debian tree.
class ComposeLayout : public Layout {
 public:
  Place place(const std::string&, const std::string&) const override;
  std::string program(const std::string&, const std::string& relative) const override { return "/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string&) const override;
  /// The name that the number has inside the container: numbers are known only when a folder is written.
  std::string user(const std::string& component) const override { return component; }
  Reach reach() const override { return Reach::network; }
};

}  // namespace keelson::compose
