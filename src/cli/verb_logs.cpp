#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/units.h"
#include "cli/log_tail.h"
#include "cli/opening.h"
#include "cli/replace_process.h"
#include "cli/verbs.h"

namespace keelson::cli {
namespace {

struct Source {
  std::string instance;
  std::string prefix;  ///< "" when there is only one
  LogTail tail;
};

/// The instances meant by names of components, members or instances; all when there are none.
Result<std::vector<std::string>> instances_meant(const Foundation& foundation, const std::vector<std::string>& names) {
  std::vector<std::string> instances;
  std::set<std::string> used;
  std::vector<std::string> known;
  for (const Component& component : foundation.components) {
    known.push_back(component.name);
    for (const Member& member : component.members) {
      known.push_back(member.name);
      for (const Instance& instance : member.instances) {
        known.push_back(instance.name);
        const auto match = [&](const std::string& name) { return name == component.name || name == member.name || name == instance.name; };
        if (!names.empty() && std::none_of(names.begin(), names.end(), match)) continue;
        for (const std::string& name : names)
          if (match(name)) used.insert(name);
        instances.push_back(instance.name);
      }
    }
  }
  for (const std::string& name : names) {
    if (used.contains(name)) continue;
    const std::string near = nearest(name, known);
    return fail_as(ErrorCode::usage, "no component, member or instance '" + name + "'", {}, {},
                   near.empty() ? "see `keelson status`" : "did you mean '" + near + "'?");
  }
  return instances;
}

void print_line(const std::string& instance, const std::string& prefix, const std::string& line, Output& output) {
  if (output.structured()) output.print(Json::object().set("instance", instance).set("line", line).dump() + "\n");
  else output.print(prefix + line + "\n");
}

/// Wakes when a log file changes; sleeps in the kernel until then.
class DirectoryWatch {
 public:
  DirectoryWatch() : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}
  ~DirectoryWatch() {
    if (inotify_ >= 0) ::close(inotify_);
  }
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

  void add(const std::string& directory) {
    if (inotify_ >= 0) ::inotify_add_watch(inotify_, directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
  }
  /// Also ends when the reader of standard output went away: POLLERR on a pipe without readers.
  void wait() const {
    std::array<pollfd, 2> watched{pollfd{inotify_, POLLIN, 0}, pollfd{STDOUT_FILENO, 0, 0}};
    // The limit matters only where the kernel gave no inotify.
    ::poll(watched.data(), watched.size(), 1000);
    if ((watched[1].revents & (POLLERR | POLLNVAL)) != 0) reader_gone_ = true;
    std::array<char, 4096> events;
    while (inotify_ >= 0 && ::read(inotify_, events.data(), events.size()) > 0) {}
  }
  bool reader_gone() const { return reader_gone_; }

 private:
  int inotify_;
  mutable bool reader_gone_ = false;
};

void follow(std::vector<Source>& sources, const std::set<std::string>& directories, Output& output) {
  DirectoryWatch watch;
  for (const std::string& directory : directories) watch.add(directory);
  while (!output.reader_gone() && !watch.reader_gone()) {
    for (Source& source : sources)
      source.tail.more([&](const std::string& line) { print_line(source.instance, source.prefix, line, output); });
    watch.wait();
  }
}

}  // namespace

int run(const LogsOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto instances = instances_meant((*pipeline)->foundation(), options.names);
  if (!instances) return output.error(instances.error());
  if ((*pipeline)->log_file("").empty()) {
    const auto printer = (*pipeline)->log_command(*instances, options.follow == Follow::yes, options.tail);
    return output.error(printer ? replace_process(*printer, environment_with({})) : printer.error());
  }

  std::size_t width = 0;
  for (const std::string& instance : *instances) width = std::max(width, instance.size());
  std::vector<Source> sources;
  std::set<std::string> directories;
  for (const std::string& instance : *instances) {
    const std::string path = (*pipeline)->log_file(instance);
    directories.insert(path.substr(0, path.rfind('/')));
    const std::string prefix = instances->size() == 1 ? "" : instance + std::string(width - instance.size(), ' ') + " | ";
    sources.push_back({instance, prefix, LogTail(path)});
  }
  for (Source& source : sources) {
    const auto tell = [&](const std::string& line) { print_line(source.instance, source.prefix, line, output); };
    source.tail.begin(options.tail, tell);
    if (options.follow == Follow::no) source.tail.flush(tell);
  }
  if (options.follow == Follow::yes) follow(sources, directories, output);
  return 0;
}

}  // namespace keelson::cli
