#include "runtime/container/clearing.h"

#include <signal.h>
#include <sys/wait.h>

namespace keelson::container {

bool reap_children(int spared) {
  while (true) {
    siginfo_t ended{};
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return false;
    if (ended.si_pid == spared) return true;
    ::waitpid(ended.si_pid, nullptr, WNOHANG);
  }
}

void Clearing::begin(std::function<void()> told) {
  told_ = std::move(told);
  if (again_) return;
  done_ = false;
  shared_.clear();
  strangers_.clear();
  empty_looks_ = 0;
  look();
  look_again();
}

void Clearing::look_again() {
  again_ = loop_.after_us(kLookAgainUs, [this] {
    if (!look()) return look_again();
    again_.reset();
    done_ = true;
    told_();
  });
}

/// Those that have gone meanwhile are forgotten.
bool Clearing::all_stay(const std::vector<Process>& strangers) {
  std::map<int, std::int64_t> seen;
  bool stay = true;
  for (const Process& process : strangers) {
    const auto known = strangers_.find(process.pid);
    seen[process.pid] = known == strangers_.end() ? loop_.now_us() : known->second;
    stay = stay && loop_.now_us() - seen[process.pid] >= kStrangerUs;
  }
  strangers_ = std::move(seen);
  return stay;
}

/// Nobody is left, for the second time.
bool Clearing::look() {
  const auto seen = look_around(proc_);
  if (!seen) return false;
  if (seen->strangers.empty()) ::kill(-1, SIGKILL);
  else for (const Process& process : seen->own) ::kill(process.pid, SIGKILL);
  reap_children(0);
  empty_looks_ = all_stay(seen->strangers) && seen->own.empty() ? empty_looks_ + 1 : 0;
  if (empty_looks_ < 2) return false;
  if (!seen->strangers.empty()) shared_ = text(seen->strangers.front()) + " is not this container's";
  return true;
}

}  // namespace keelson::container
