#pragma once
#include "cli/options.h"
#include "cli/output.h"
#include "pipeline/pipeline.h"

namespace keelson::cli {

/// `up` of what is opened, shown as --progress says, and told as `keelson up` tells it. Returns the exit code.
int bring_up(Pipeline& pipeline, const Common& common, Output& output);

}  // namespace keelson::cli
