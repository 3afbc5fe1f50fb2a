#pragma once
#include <string_view>

#include "blueprint/blueprint.h"
#include "pipeline/render.h"

namespace keelson {

/// The layout of `render compose` that is AI Kernel's folder for developers' machines (ADR 0034):
///
///   dev/docker-compose.yml       services called by their roles, on ports of 127.0.0.1
///   config/postgres/…            what they read: postgresql.conf, init-db.sql
///   scripts/start-dev.sh, stop-dev.sh
///   secrets/clients/             0600: passwords, known ones where the blueprint pins them
///
/// Plaintext, and without failover. A kind that has no such form is refused.
inline constexpr std::string_view kDevelopmentLayout = "ai-kernel";

Checked<RenderReport> render_development(const RenderRequest& request, const Blueprint& blueprint, const std::string& state_dir, const std::string& directory);

}  // namespace keelson
