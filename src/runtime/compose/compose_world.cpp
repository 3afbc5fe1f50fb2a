#include "runtime/compose/compose_world.h"

#include "runtime/container_layout.h"

namespace keelson::compose {

Result<std::string> ComposeWorld::container_of(const std::string& instance) {
  KEELSON_TRY(const auto containers, docker_.containers(project_));
  const auto found = containers.find(instance);
  if (found == containers.end()) return fail_as(ErrorCode::not_running, "there is no such container", instance, {}, "keelson up");
  return found->second.id;
}

Result<std::string> ComposeWorld::run_inside(const std::string& instance, const std::vector<std::string>& words, const std::string& input) {
  KEELSON_TRY(const std::string container, container_of(instance));
  return docker_.run_inside(container, words, input);
}

Result<std::string> ComposeWorld::ask_socket(const std::string& instance, const std::string& path, const std::string& question) {
  if (closed_.contains(instance)) return World::ask_socket(instance, path, question);
  return run_inside(instance, {std::string(kContainerProgram), "relay", path}, question);
}

Result<void> ComposeWorld::signal(const std::string& instance, int number) {
  KEELSON_TRY(const std::string container, container_of(instance));
  return docker_.signal(container, number);
}

}  // namespace keelson::compose
