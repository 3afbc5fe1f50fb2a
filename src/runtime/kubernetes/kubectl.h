#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/kubernetes/seen.h"
#include "system/commands.h"
#include "system/files.h"

namespace keelson::kubernetes {

/// A container of a pod.
struct PodPlace {
  std::string space;
  std::string pod;
  std::string container;
};

/// Something that may be allowed.
struct Right {
  std::string verb;
  std::string group;        ///< "" = the core group
  std::string resource;     ///< "pods"
  std::string subresource = {};  ///< "exec"
  std::string space = {};   ///< "" = in the whole cluster
};

struct Versions {
  std::string client;  ///< "v1.32.4"
  std::string server;  ///< "v1.34.4"
};

/// Which cluster it is, and whether a namespace is there.
struct ClusterFacts {
  std::string id;                              ///< the uid of its namespace kube-system, which it keeps for life; "" = whoever asks may not look
  std::optional<Labels> space_labels = {};     ///< of the namespace asked for; nothing = there is none
};

/// Whether a field that somebody else set is left to them, which is an error, or taken.
enum class Conflicts { refuse, take_over };

/// Whether `remove` comes back at once, or when the objects and what they own (the pods of a set) are gone.
enum class Gone { later, waited_for };

/// How `kubectl exec` is to go on with this process's terminal, if it has one: "-it" or "-i".
std::string on_terminal();

/// A cluster, as the user's own client reaches it (KUBECONFIG, a context of it). Every call is one process and blocks. Thread-safe. What goes wrong is
/// told as refusal.h says; a server that does not answer is ErrorCode::preflight_refused.
class Kubectl {
 public:
  /// Finds the client in the user's PATH; asks nothing of it yet. `context` "" = the one the kubeconfig has chosen.
  static Result<std::unique_ptr<Kubectl>> find(Files& files, Commands& commands, std::string context);

  /// All objects of some resources ("statefulsets.apps") in a namespace ("" = in all) that have these labels. Resources that have no namespace are
  /// looked for, too. With managed fields.
  Result<Seen> get(const std::vector<std::string>& resources, const std::string& space, const Labels& labels);

  /// What the objects of a list (list_of, object.h) would be if they were applied now, and fields of others taken over. Changes nothing. A namespace that is
  /// not there yet is an error.
  Result<Seen> would_apply(const Secret& list);
  /// Server-side apply. One object that is refused does not keep the others from being applied; each that was is an error.
  Checked<Seen> apply(const Secret& list, Conflicts conflicts);
  /// Absent ones are fine. All of one namespace; "" = they have none.
  Result<void> remove(const std::string& space, const std::vector<ObjectName>& names, Gone gone);
  /// Everything of some resources that has these labels (one at least), in one namespace.
  Result<void> remove_all(const std::vector<std::string>& resources, const std::string& space, const Labels& labels, Gone gone);

  struct Patience {
    int timeout_ms = 60'000;
    std::function<void(const std::string& line)> on_line = {};  ///< each line as it comes, of both outputs
  };
  /// What `words` print inside a running container, with `input` as their standard input.
  Result<std::string> run_inside(const PodPlace& place, const std::vector<std::string>& words, const std::string& input, const Patience& patience);
  Result<std::string> run_inside(const PodPlace& place, const std::vector<std::string>& words, const std::string& input) { return run_inside(place, words, input, {}); }
  /// The last lines a container wrote, newest last.
  Result<std::string> last_lines(const PodPlace& place, int count);

  /// The words of `kubectl` in a namespace, for who becomes that process: `words("shop")` and then "exec", …
  std::vector<std::string> words(const std::string& space) const;
  const std::vector<std::pair<std::string, std::string>>& environment() const { return environment_; }

  Result<ClusterFacts> cluster(const std::string& space);
  /// The context that the kubeconfig has chosen; "" where it has none (inside a pod).
  std::string current_context();
  Result<Versions> versions();
  /// Those of `rights` that whoever the kubeconfig stands for does not have.
  Result<std::vector<Right>> lacking(const std::vector<Right>& rights);

 private:
  Kubectl(Commands& commands, std::string program, std::string context);
  Result<CommandOutput> run(const std::string& space, const std::vector<std::string>& asked, std::string input, const Patience& patience);
  /// As `run`; what ends with another code than 0 is an error.
  Result<CommandOutput> must(const std::string& space, const std::vector<std::string>& asked, const std::string& what, std::string input = {}, const Patience& patience = {60'000, {}});
  std::vector<std::string> apply_words() const;

  Commands& commands_;
  const std::string program_;
  const std::string context_;
  const std::vector<std::pair<std::string, std::string>> environment_;
};

}  // namespace keelson::kubernetes
