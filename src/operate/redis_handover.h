#pragma once
#include "operate/fault.h"

namespace keelson::operate {

/// Engine::hand_over of Redis (components/redis/handover.h says how), until the endpoint leads to the new master.
Result<void> hand_over_redis(Scene& scene);
/// Engine::step_down of Redis: to whom Sentinel chooses.
Result<std::string> step_down_redis(World& world, const std::string& facts);

}  // namespace keelson::operate
