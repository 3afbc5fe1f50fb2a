#include "cli/verbs.h"
#if __has_include("runtime/native/agent.h")
#include "runtime/native/agent.h"
#endif

namespace keelson::cli {

int run(const InternalOptions& options, Output& output) {
  return output.error({ErrorCode::not_supported, "no process '" + options.process + "'"});
}

}  // namespace keelson::cli
