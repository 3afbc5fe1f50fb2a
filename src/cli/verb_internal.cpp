#include "cli/opening.h"
#include "cli/replace_process.h"
#include "cli/verbs.h"
#include "components/catalog.h"
#include "pipeline/pipeline.h"
#include "runtime/container_layout.h"
#include "runtime/container_tools.h"
#include "runtime/native/agent_launch.h"
#include "runtime/native/log_writer.h"
#include "system/files.h"

namespace keelson::cli {
namespace {

/// What an agent starts that found damage when it began (runtime/native/damage_repair.h).
int repair(const std::string& state_dir, Output& output) {
  Request request;
  request.state_dir = state_dir;
  request.command = "keelson repair";
  request.program = own_path();
  auto pipeline = Pipeline::open_applied(request);
  if (!pipeline) return output.errors(pipeline.error());
  const auto repaired = (*pipeline)->repair();
  return repaired ? 0 : output.error(repaired.error());
}

/// An image has us in front of its engine's clients (artifact/image.cpp).
Result<void> become_client(const std::vector<std::string>& typed) {
  RealFiles real_files;
  Files& files = real_files;
  const std::string path = std::string(kContainerHome) + "/" + std::string(kToolsFile);
  KEELSON_TRY(const auto there, files.info(path));
  if (!there) return unexpected(replace_process(bare_client(typed), environment_with({})));  // nothing to add: the client finds its engine
  KEELSON_TRY(const std::string tools, files.read(path));
  KEELSON_TRY(const std::vector<std::string> command, tool_command(tools, typed));
  return unexpected(replace_process(command, environment_with({})));
}

Result<int> run_process(const InternalOptions& options) {
  if (options.process == "log-writer") {
    if (options.arguments.size() != 1) return fail_as(ErrorCode::usage, "log-writer takes one directory");
    return native::run_log_writer(options.arguments.front());
  }
  KEELSON_TRY(const native::AgentOptions agent, native::parse_agent_arguments(options.arguments));
  return options.process == "guardian" ? native::run_guardian(agent) : native::run_agent(agent, catalog());
}

}  // namespace

int run(const InternalOptions& options, Output& output) {
  if (options.process == "repair" && options.arguments.size() == 1) return repair(options.arguments.front(), output);
  if (options.process == "tool") return output.error(become_client(options.arguments).error());
  const auto status = run_process(options);
  return status ? *status : output.error(status.error());
}

}  // namespace keelson::cli
