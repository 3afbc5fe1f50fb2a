#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

/// What sort of failure this is. Decides the exit code; the words decide everything else.
enum class ErrorCode {
  failed,             ///< something went wrong while doing the work
  usage,              ///< the command line makes no sense
  invalid_blueprint,  ///< the blueprint is wrong; nothing was started
  preflight_refused,  ///< this machine cannot host the foundation as written; nothing was started
  not_healthy,        ///< it runs, but not all of it is well (in time)
  check_failed,       ///< a promise is broken or unproven
  locked,             ///< another keelson works on this foundation
  not_supported,      ///< keelson cannot do this (yet); never a silent skip
  not_running,        ///< the agent of the foundation does not answer
};

/// One failure, told so that the reader can act: what happened, where, why, and what to do next.
/// No field ever holds a secret. `where` is file:line:column, a field path, a path or an address.
struct Error {
  ErrorCode code = ErrorCode::failed;
  std::string what;
  std::string where = {};
  std::string why = {};
  std::string next = {};
};

/// Problems found together: validation reports all of them at once.
using Errors = std::vector<Error>;

/// The process exit code of design section 5: 0 done, 1 failed, 3 invalid blueprint, 4 preflight refused,
/// 5 not healthy, 6 check failed, 7 locked, 64 usage.
int exit_code(ErrorCode code);

/// The stable name of a code in JSON output ("invalid-blueprint").
std::string_view name(ErrorCode code);

/// The error as people read it: "where: what: why" and a second line "  next: …". Never ends in a newline.
std::string describe(const Error& error);

}  // namespace keelson
