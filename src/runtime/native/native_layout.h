#pragma once
#include <map>
#include <string>

#include "model/layout.h"

namespace keelson::native {

/// Everything that tells one foundation on this machine from another. Plain data.
struct Site {
  std::string foundation = {};
  int id = 0;                    ///< of the host registry
  std::string state_dir = {};
  std::string artifact_dir = {}; ///< shared by the foundations of a user
  std::string key_file = {};     ///< of the secret store; outside `state_dir`
  std::string block = "127.77.1";
  std::map<std::string, int> uids = {};  ///< by component, when root
  bool root = false;             ///< runs with root: own users, cgroups, /etc/hosts
  bool owns_short_names = false;
  std::string user = {};         ///< who runs keelson; every component's user when not root
  std::string program = {};      ///< absolute path of the keelson binary, for launch verbs and the agent
};

/// Where things live natively:
///
///   <state>/m/<instance>/{config,tls,data,run}   0700, the component's user ("m" keeps socket paths short)
///   <state>/trust/<domain>.crt                   the three roots, readable by everybody
///   <state>/agent/                               socket, the agent's certificates
///   <state>/log/                                 the log writer's FIFOs and files
///   <artifacts>/<id>-<series>/                   engines, unpacked
class NativeLayout : public Layout {
 public:
  /// `trees` maps an artifact's id to its tree, as the artifact store says.
  NativeLayout(Site site, std::map<std::string, std::string> trees,
               std::map<std::string, std::vector<std::pair<std::string, std::string>>> environments);

  Place place(const std::string& component, const std::string& instance) const override;
  std::string program(const std::string& artifact, const std::string& relative) const override;
  std::vector<std::pair<std::string, std::string>> environment(const std::string& artifact) const override;
  std::string user(const std::string& component) const override;

  const Site& site() const { return site_; }
  std::string member_root() const { return site_.state_dir + "/m"; }
  std::string agent_dir() const { return site_.state_dir + "/agent"; }
  std::string socket() const { return agent_dir() + "/agent.sock"; }
  /// keelson itself, copied where every component's user may run it (launch verbs) and no rebuild disturbs it.
  std::string installed_program() const { return site_.state_dir + "/bin/keelson"; }
  std::string log_dir() const { return site_.state_dir + "/log"; }

 private:
  Site site_;
  std::map<std::string, std::string> trees_;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> environments_;
};

}  // namespace keelson::native
