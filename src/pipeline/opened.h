#pragma once
#include <string>

#include "blueprint/blueprint.h"
#include "pipeline/locate.h"
#include "pipeline/pipeline.h"

namespace keelson {

/// A blueprint that was found and read: what a runtime's pipeline begins with.
struct OpenedBlueprint {
  Request request;
  Applied source;      ///< what is asked for
  StandsOn stands_on;  ///< what it stands on already, if it stands
  Blueprint blueprint;
  std::string state_dir;
};

}  // namespace keelson
