#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/pipeline.h"

namespace keelson {

/// What to render, and where.
struct RenderRequest {
  Request request = {};
  std::string out = {};      ///< the folder; relative to `request.directory`
  std::string layout = {};   ///< "nexus", "ai-kernel": files, namespaces and pods as that foundation's handbook names them; "" = keelson's own
};

struct RenderReport {
  std::string directory = {};              ///< absolute
  std::vector<std::string> changed = {};   ///< what was written or removed, relative; empty = all stood so already
  std::vector<std::string> notes = {};     ///< what the runtime does less well than the native one
};

/// load -> resolve at the runtime's own addresses -> a folder that works without keelson. Starts nothing. Secrets and the certificate
/// authority are those of the foundation's state directory, made when there are none: rendering again changes nothing, and a native
/// foundation of that state directory has the same passwords. Refuses, before anything is written, what the runtime cannot do yet.
Checked<RenderReport> render(const RenderRequest& request);

/// The artifacts whose images a rendered folder names, each once. Refuses what `render` would refuse of the blueprint.
Checked<std::vector<const Artifact*>> artifacts_of_render(const RenderRequest& request);

}  // namespace keelson
