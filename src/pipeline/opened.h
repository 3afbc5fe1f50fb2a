#pragma once
#include <string>

#include "blueprint/blueprint.h"
#include "pipeline/locate.h"
#include "pipeline/pipeline.h"

namespace keelson {

/// A blueprint that was found and read: what a runtime's pipeline begins with.
struct OpenedBlueprint {
  Request request;
  Applied source;
  Blueprint blueprint;
  std::string state_dir;
};

}  // namespace keelson
