#pragma once
#include "world.h"

/// Where the model runs the program's own code: what decides here is src/components/postgresql/leadership.cpp.
namespace keelson::model {

/// judge_keys and choose_heir on what the agent saw, and what the candidates say now; kNobody: refused.
std::uint8_t heir_of(const State& state, const Seen& seen, Durability durability, Without without);

/// Whether release_conditions, made from what was seen, hold in the store.
bool holds(const Seen& seen, const Store& store, Durability durability, Without without);

}  // namespace keelson::model
