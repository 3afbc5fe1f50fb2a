#include "components/postgresql/access_rules.h"

#include <algorithm>

namespace keelson::postgresql {
namespace {

/// One blank between words, none around them: how a line reads to PostgreSQL outside of quotes, and nobody quotes blanks here.
std::string words_of(std::string_view line) {
  std::string out;
  bool gap = false;
  for (const char c : line) {
    if (c == ' ' || c == '\t' || c == '\r') {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

std::vector<std::string> rules_in(std::string_view file) {
  std::vector<std::string> out;
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string rule = words_of(file.substr(0, end));
    if (!rule.empty() && rule.front() != '#') out.push_back(std::move(rule));
    file.remove_prefix(std::min(end + 1, file.size()));
  }
  return out;
}

/// What of `lines` is not among `others`, each occurrence counted.
void add_missing(char sign, const std::vector<std::string>& lines, std::vector<std::string> others, std::string& out) {
  for (const std::string& line : lines) {
    if (const auto found = std::find(others.begin(), others.end(), line); found != others.end()) others.erase(found);
    else out += (out.empty() ? "" : "; ") + std::string{sign, ' '} + line;
  }
}

}  // namespace

std::vector<std::string> access_rules(const Wish& wish, Reach reach) {
  std::vector<std::string> out = {
      "local all postgres peer map=" + std::string(kIdentMap),
      "hostssl replication replicator all cert",
      "hostssl postgres rewind all cert",
  };
  if (reach == Reach::network) out.push_back("hostssl all postgres all cert map=" + std::string(kAgentMap));
  for (const auto& database : wish.databases) {
    out.push_back("hostssl " + database.name + " pgb_auth all cert");
    out.push_back("hostssl " + database.name + " " + database.owner + " all scram-sha-256");
  }
  out.insert(out.end(), {"local all all reject", "host all all all reject", "host replication all all reject"});
  return out;
}

std::string rule_differences(const std::vector<std::string>& wanted, std::string_view file) {
  const std::vector<std::string> found = rules_in(file);
  if (found == wanted) return {};
  std::string out;
  add_missing('+', found, wanted, out);
  add_missing('-', wanted, found, out);
  return out.empty() ? "the same lines in another order" : out;
}

}  // namespace keelson::postgresql
