#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/secret.h"
#include "component/kind.h"

namespace keelson::kubernetes {

/// What is asked of engines that only pods reach: `keelson inside`, run in a pod of the component, or in a client's (seat.h), by `kubectl exec`, reads a question from its
/// standard input, does what the kinds' verbs do, and prints the answer. A pod may do what its component's edges allow, so each component is asked through
/// one of its own; what is handed in is what that component's verbs need, and it is gone with the process.
struct Question {
  enum class What { look, roles, provision, set, client } what = What::look;
  std::string applied;    ///< the blueprint, as applied.json keeps it
  std::string space;      ///< the namespace it stands in
  std::string domain;     ///< of the cluster's names
  std::string component;  ///< whom it is about; `look` (settings and what is missing) is about its companions, too
  std::string member = {};     ///< of `set`
  LiveSetting setting = {};    ///< of `set`
  Json asked = {};             ///< of `client`: what the foundation's clients are asked, by whoever understands the answer
  std::map<std::string, Secret> secrets = {};  ///< by name: "redis/agent"
  std::map<std::string, Secret> files = {};    ///< roots and certificates, keelson's own by their path in a state directory ("trust/services.crt"), members' by leaf_name
};

struct Answer {
  std::map<std::string, std::vector<LiveSetting>> live = {};   ///< by instance; left out: those that did not answer
  std::vector<Provision> provisions = {};                      ///< of the component, when it could be asked
  Json told = {};                                              ///< of `client`
  std::map<std::string, std::string> roles = {};               ///< member -> "primary" | "replica"
};

/// Where a leaf of an instance is among the files: "leaves/postgresql-1.rewind.crt".
std::string leaf_name(const std::string& instance, const std::string& certificate, const std::string& suffix);

/// With values of secrets: for the standard input of that process only.
Secret text_of(const Question& question);
Result<Question> question_from(const std::string& text);
Json json(const Answer& answer);
Answer answer_from(const Json& json);

}  // namespace keelson::kubernetes
