#include "cli/network_view.h"
#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace keelson::cli {

int run(const NetworkShowOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  return show_network((*pipeline)->foundation(), (*pipeline)->runtime(), output);
}

}  // namespace keelson::cli
