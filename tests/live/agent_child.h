#pragma once
#include <string>
#include <vector>

namespace keelson::live {

/// Roles the test program plays when it is started by the agent under test:
///   child listen ADDRESS PORT   listens, ends on SIGTERM
///   child stubborn ADDRESS PORT the same with a process beside it that left the session; both ignore SIGTERM
///   child redis ADDRESS PORT    answers AUTH and ROLE as a Redis master does
///   child crash                 ends at once with status 3
///   child flood FILE            writes to stdout as fast as it goes; keeps "<bytes> <longest write in ms>" in FILE
int run_child(const std::vector<std::string>& words);

}  // namespace keelson::live
