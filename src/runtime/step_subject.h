#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"
#include "plan/plan.h"

namespace keelson {

/// The instance that a step is about.
inline Result<PlacedInstance> instance_of(const Foundation& foundation, const Step& step) {
  for (const PlacedInstance& placed : instances_of(foundation))
    if (placed.instance->name == step.subject) return placed;
  return fail("the foundation has no such instance", step.subject);
}

/// The secrets that a step of Action::secret is about: those of one component.
inline std::vector<SecretSpec> secrets_of(const Foundation& foundation, const Step& step) {
  std::vector<SecretSpec> out;
  for (const SecretSpec& secret : foundation.secrets)
    if (secret.name.substr(0, secret.name.find('/')) == step.subject) out.push_back(secret);
  return out;
}

}  // namespace keelson
