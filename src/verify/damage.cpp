#include "verify/damage.h"

namespace keelson::damages {

tl::unexpected<Error> not_here(const std::string& why) { return fail_as(ErrorCode::not_supported, "nothing to damage", {}, why); }

Result<Victim> victim_of(const Foundation& foundation, const Json& record) {
  const std::string& name = record["member"].as_string();
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      if (member.name == name) return Victim{&component, &member};
  return not_here("member " + name + " is no longer in the foundation");
}

Json record_of(const Member& member) { return Json::object().set("member", member.name); }

}  // namespace keelson::damages
