#include <array>

#include "operate/engine.h"

namespace keelson::operate {
namespace {
constexpr std::array<const Engine*, 2> kEngines = {&kPostgresqlEngine, &kRedisEngine};
}

std::span<const Engine* const> engines() { return kEngines; }

const Engine* find_engine(std::string_view kind) {
  for (const Engine* engine : kEngines)
    if (engine->kind == kind) return engine;
  return nullptr;
}

}  // namespace keelson::operate
