#include "components/haproxy/haproxy.h"

#include "components/haproxy/room.h"

namespace keelson {
namespace {

constexpr std::string_view kPackages[] = {"haproxy"};
constexpr Artifact kArtifacts[] = {{.id = haproxy::kArtifact, .series = "2.6", .source = ArtifactSource::debian, .packages = kPackages,
                                    .program = haproxy::kProgram, .version_flag = "-v"}};

}  // namespace

const Kind kHaproxy{
    .name = "haproxy",
    .summary = "The endpoints of a component: stable addresses that lead to the member that fits",
    .in_blueprint = false,
    .artifacts = kArtifacts,
    .verbs = {.shape = haproxy::shape, .render = haproxy::render, .provision = haproxy::wait_for_servers, .reload = haproxy::reload},
};

}  // namespace keelson
