#pragma once
#include <string>
#include <utility>

#include "cli/verb_list.h"

namespace keelson::cli {

// The words in which verbs are declared.

inline void flag(Verb& verb, FlagInfo info, Assign assign) {
  verb.info.flags.push_back(std::move(info));
  verb.flags.push_back(std::move(assign));
}

inline void argument(Verb& verb, ArgumentInfo info, Assign assign) {
  verb.info.arguments.push_back(std::move(info));
  verb.arguments.push_back(std::move(assign));
}

inline Verb plain(std::string name, std::string summary, std::string details = {}) {
  Verb verb;
  verb.info.name = std::move(name);
  verb.info.summary = std::move(summary);
  verb.info.details = std::move(details);
  return verb;
}

/// What runtimes start, on the machine and in containers. Hidden: people never type these.
void add_internal(Collected& into, std::deque<Verb>& verbs);

}  // namespace keelson::cli
