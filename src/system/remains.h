#pragma once
#include <string>

namespace keelson {

/// A process whose working directory is `directory`: "process 4711"; "" = there is none. Servers that go to their data
/// directory are found by it wherever they were moved. Others' processes show only to root.
std::string process_working_in(const std::string& directory);

/// Whether nothing listens there: the connection is refused. A timeout (1 s) or any other answer is not a refusal.
bool port_refuses(const std::string& address, int port);

}  // namespace keelson
