#pragma once
#include <functional>
#include <string_view>

#include "world.h"

namespace keelson::model {

/// Whether a move is something going wrong (a death, a lost answer, an operator): the foundation must be able to come back without.
enum class Nature { progress, fault };

using Emit = std::function<void(std::string_view move, Nature nature, const State& next)>;

/// Everything that may happen next, a room each: the dying leader and its sessions, the other members, the agent, the wire.
void leader_moves(const State& state, Durability durability, Without without, const Emit& emit);
void follower_moves(const State& state, Durability durability, const Emit& emit);
void agent_moves(const State& state, Durability durability, Without without, const Emit& emit);
void wire_moves(const State& state, Durability durability, Without without, const Emit& emit);

/// Records that a law is broken; the first one stays.
void breaks(State& state, Law law);
/// A member begins to take writes: what it misses of the acknowledged commits is lost.
void takes_writes(State& state, Durability durability, int who);
/// Whether Patroni would elect member `who` by these keys.
bool may_lead(const Store& store, Durability durability, int who);

}  // namespace keelson::model
