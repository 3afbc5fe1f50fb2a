// Any bytes as a blueprint: load_blueprint must neither crash, hang nor lie. Lines of "%%%" part the input into several
// sources; a first byte of 'p' chooses the profile `p`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "blueprint/blueprint.h"
#include "blueprint/catalog_for_tests.h"

namespace {

std::vector<keelson::BlueprintSource> sources_of(std::string_view input) {
  constexpr std::string_view kSeparator = "\n%%%\n";
  std::vector<keelson::BlueprintSource> sources;
  while (true) {
    const std::size_t end = input.find(kSeparator);
    sources.push_back({"source-" + std::to_string(sources.size()), std::string(input.substr(0, end))});
    if (end == std::string_view::npos || sources.size() == 4) return sources;
    input.remove_prefix(end + kSeparator.size());
  }
}

void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const bool with_profile = input.starts_with('p');
  if (with_profile) input.remove_prefix(1);
  const auto blueprint = keelson::load_blueprint(sources_of(input), with_profile ? "p" : "", keelson::catalog_for_tests::kCatalog);
  if (!blueprint) {
    require(!blueprint.error().empty(), "a refusal says why");
    for (const keelson::Error& error : blueprint.error()) {
      require(error.code == keelson::ErrorCode::invalid_blueprint, "every problem is one of the blueprint");
      require(!error.what.empty() && !error.next.empty(), "every problem says what it is and what to do");
      require(keelson::describe(error).find('\x1b') == std::string::npos, "no escape sequence reaches the terminal");
    }
    return 0;
  }
  require(!blueprint->foundation.empty(), "an accepted blueprint has a name");
  for (const auto& component : blueprint->components) {
    require(component.kind != nullptr && component.kind->in_blueprint, "every component has a kind of its own");
    require(component.mark.line > 0, "every component knows its line");
    for (const auto& [name, value] : component.settings)
      require(value.from_default || value.mark.line > 0, "every value knows its line");
  }
  return 0;
}
