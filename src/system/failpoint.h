#pragma once
#include <string_view>

namespace keelson {

/// The variable that a test sets for `keelson up`, and the agent inherits (see launch_agent).
inline constexpr const char* kFailpointVariable = "KEELSON_DIE_AT";

/// A place in the code where a test can have the process killed: the file named by the variable holds the place's name. The file is
/// removed first, so that it happens once, whoever starts the process again. Without the variable it costs nothing.
void failpoint(std::string_view place);

}  // namespace keelson
