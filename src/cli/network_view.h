#pragma once
#include "cli/output.h"
#include "model/foundation.h"
#include "runtime/runtime.h"

namespace keelson::cli {

/// `keelson network show`: who may talk to whom, on which port and why, what is published to whom, who access.local is, and whether that
/// is in force. Returns the exit code.
int show_network(const Foundation& foundation, Runtime& runtime, Output& output);

}  // namespace keelson::cli
