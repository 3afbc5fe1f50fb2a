#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace keelson::cli {

int run(const NetworkShowOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  const Foundation& foundation = (*pipeline)->foundation();
  Json list = Json::array();
  Table table({"FROM", "TO", "PORT", "WHY"});
  for (const Edge& edge : foundation.edges) {
    list.push(Json::object().set("from", edge.from).set("to", edge.to).set("port", edge.port).set("why", edge.why));
    table.row({edge.from, edge.to, std::to_string(edge.port), edge.why});
  }
  Json users = Json::array();
  std::string user_names;
  for (const std::string& user : foundation.local_users) {
    users.push(user);
    user_names += (user_names.empty() ? "" : ", ") + user;
  }
  if (output.structured()) {
    output.document(document_head("network").set("foundation", foundation.name).set("edges", std::move(list)).set("local_users", std::move(users)));
  } else {
    output.print(table.text(output));
    output.print("\nLocal users who may reach the endpoints: " + (user_names.empty() ? "none" : user_names) + "\n");
  }
  return 0;
}

}  // namespace keelson::cli
