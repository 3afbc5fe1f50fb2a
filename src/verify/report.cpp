#include "verify/report.h"

#include <algorithm>
#include <cstdio>

namespace keelson {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\n') out += "&#10;";
    else if (byte < 0x20 || byte == 0x7f) out += "\xef\xbf\xbd";
    else out += c;
  }
  return out;
}

std::string seconds(std::int64_t milliseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%lld.%03d", static_cast<long long>(milliseconds / 1000), static_cast<int>(milliseconds % 1000));
  return text;
}

std::string testcase(const std::string& foundation, const CheckResult& result) {
  const std::string head = "  <testcase classname=\"" + escaped(foundation) + "\" name=\"" + escaped(result.id + " " + result.title) + "\" time=\"" +
                           seconds(result.took_ms) + "\"";
  const std::string message = escaped(result.evidence);
  switch (result.state) {
    case CheckState::pass:
      return head + ">\n    <system-out>" + message + "</system-out>\n  </testcase>\n";
    case CheckState::skip:
      return head + ">\n    <skipped message=\"" + message + "\"/>\n  </testcase>\n";
    case CheckState::fail:
    case CheckState::unproven:
      return head + ">\n    <failure type=\"" + std::string(name(result.state)) + "\" message=\"" + message + "\">" + escaped(result.next) +
             "</failure>\n  </testcase>\n";
  }
  return {};
}

std::int64_t count(const std::vector<CheckResult>& results, CheckState state) {
  return std::count_if(results.begin(), results.end(), [&](const CheckResult& result) { return result.state == state; });
}

}  // namespace

Json verify_json(const std::string& foundation, std::string_view runtime, const std::string& observed_at, const std::vector<CheckResult>& results) {
  Json checks = Json::array();
  for (const CheckResult& result : results)
    checks.push(Json::object()
                    .set("id", result.id)
                    .set("title", result.title)
                    .set("state", name(result.state))
                    .set("took_ms", result.took_ms)
                    .set("evidence", result.evidence)
                    .set("next", result.next));
  return Json::object().set("schema", "keelson.verify/v1").set("observed_at", observed_at).set("foundation", foundation).set("runtime", runtime).set("checks", std::move(checks));
}

std::string verify_junit(const std::string& foundation, const std::string& observed_at, const std::vector<CheckResult>& results) {
  std::int64_t took = 0;
  for (const CheckResult& result : results) took += result.took_ms;
  const std::int64_t failures = count(results, CheckState::fail) + count(results, CheckState::unproven);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"keelson verify " + escaped(foundation) + "\" timestamp=\"" +
                    escaped(observed_at) + "\" tests=\"" + std::to_string(results.size()) + "\" failures=\"" + std::to_string(failures) +
                    "\" skipped=\"" + std::to_string(count(results, CheckState::skip)) + "\" time=\"" + seconds(took) + "\">\n";
  for (const CheckResult& result : results) out += testcase(foundation, result);
  return out + "</testsuite>\n";
}

}  // namespace keelson
