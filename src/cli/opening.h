#pragma once
#include <memory>

#include "cli/options.h"
#include "cli/output.h"
#include "pipeline/pipeline.h"

namespace keelson::cli {

using PipelinePtr = std::unique_ptr<Pipeline>;

/// Opens what should be: for up, plan, apply, doctor. Without --profile, a foundation that stands keeps the profile it was
/// made with; a new one gets `laptop` when the blueprint offers it and the machine is too small, and `output` is told why
/// and what that changes.
Checked<PipelinePtr> open_wanted(const Common& common, Output& output);

/// Opens what stands: for every verb about what is.
Checked<PipelinePtr> open_standing(const Common& common);

/// Absolute path of this program.
std::string own_path();

}  // namespace keelson::cli
