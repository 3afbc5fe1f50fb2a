#include <unistd.h>

#include <iostream>

#include "cli/opening.h"
#include "cli/progress.h"
#include "cli/verbs.h"

namespace keelson::cli {
namespace {

void say_done(const std::string& verb, const std::string& foundation, const std::string& words, Output& output) {
  if (output.structured()) output.document(document_head(verb).set("foundation", foundation).set("state", verb == "down" ? "stopped" : "destroyed"));
  else output.print(foundation + " " + words + "\n");
}

/// The name as the user typed it, here or on the command line; an Error when nobody is there to ask.
Result<std::string> confirmed_name(const DestroyOptions& options, const std::string& foundation, const std::string& state_dir, Output& output) {
  if (options.confirmed_name) return *options.confirmed_name;
  if (::isatty(STDIN_FILENO) != 1)
    return fail_as(ErrorCode::usage, "destroy needs the foundation's name", {}, "there is no terminal to ask at", "pass --yes " + foundation);
  output.note("This removes " + foundation + " for good: its data, secrets and certificates under " + state_dir + ".");
  output.note("Type the foundation's name to go on:");
  std::string typed;
  std::getline(std::cin, typed);
  return typed;
}

}  // namespace

int run(const DownOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto done = (*pipeline)->down(make_progress(options.common.progress, output));
  if (!done) return output.error(done.error());
  say_done("down", (*pipeline)->foundation().name, "is down; its data stays. `keelson up` brings it back.", output);
  return 0;
}

int run(const DestroyOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const std::string name = (*pipeline)->foundation().name;
  const auto typed = confirmed_name(options, name, (*pipeline)->state_dir(), output);
  if (!typed) return output.error(typed.error());
  if (*typed != name)
    return output.error({ErrorCode::usage, "nothing was destroyed", {}, typed->empty() ? "the foundation's name was not given" : "the name given is '" + *typed + "'",
                         "the foundation is called " + name});
  const auto done = (*pipeline)->destroy(make_progress(options.common.progress, output));
  if (!done) return output.error(done.error());
  say_done("destroy", name, "is gone, with its data and secrets.", output);
  return 0;
}

}  // namespace keelson::cli
