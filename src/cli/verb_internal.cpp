#include "cli/verbs.h"
#include "components/catalog.h"
#include "runtime/native/agent_launch.h"
#include "runtime/native/log_writer.h"

namespace keelson::cli {
namespace {

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
  const auto status = run_process(options);
  return status ? *status : output.error(status.error());
}

}  // namespace keelson::cli
