#pragma once
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace keelson {

/// For tests: the golden file `name` beside the test. KEELSON_UPDATE_GOLDEN=1 writes it anew from `made`.
inline std::string golden_file(const std::string& directory, const std::string& name, const std::string& made) {
  const std::string path = directory + "/" + name;
  if (std::getenv("KEELSON_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << made;
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace keelson
