#pragma once
#include <string>
#include <string_view>

#include "model/layout.h"

namespace keelson {

/// Inside a container, whatever the instance: it is alone there.
///
///   /keelson/config   rendered files, read-only; the instance's own, writable, where the engine writes its configuration (WritePolicy::seed)
///   /keelson/given    what such a directory begins with
///   /keelson/tls      certificates, keys, whom to trust
///   /keelson/data     a volume; survives `down`
///   /keelson/run      in memory
///   /keelson/probe    what the health check needs
///   /keelson/keelson-member.json   what keelson goes by as the first process, where the instance may lead
///   /keelson/keelson-tools.json    the instance's own words of its clients, before what is typed
inline constexpr std::string_view kContainerHome = "/keelson";
inline constexpr std::string_view kContainerGiven = "/keelson/given";
inline constexpr std::string_view kContainerProbe = "/keelson/probe";
/// keelson itself, in every image that `keelson images build` makes.
inline constexpr std::string_view kContainerProgram = "/usr/bin/keelson";

/// Programs are where their packages put them: an image of keelson's is an ordinary Debian tree. In others they may be elsewhere on PATH.
class ContainerLayout : public Layout {
 public:
  Place place(const std::string& component, const std::string& instance) const override;
  std::string program(const std::string&, const std::string& relative) const override { return "/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string& artifact) const override;
  /// The name that the number has inside the container.
  std::string user(const std::string& component) const override { return component; }
  Reach reach() const override { return Reach::network; }
};

}  // namespace keelson
