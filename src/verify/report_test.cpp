#include "verify/report.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

std::vector<CheckResult> four() {
  return {{"PG-1", "reads and writes", CheckState::pass, 1203, "row 7 \"seen\"", ""},
          {"PG-4", "TLS <everywhere>", CheckState::fail, 5, "line 3\nlets in & trusts \x01", "keelson up"},
          {"AC-1", "users", CheckState::skip, 0, "needs root", ""},
          {"PG-2", "commits", CheckState::unproven, 9, "no drill", "keelson drill failover postgresql"}};
}

TEST(VerifyReport, JsonNamesEveryCheckWithItsEvidence) {
  const Json json = verify_json("demo", "native", "2026-01-02T03:04:05Z", four());
  EXPECT_EQ(json["schema"].as_string(), "keelson.verify/v1");
  EXPECT_EQ(json["observed_at"].as_string(), "2026-01-02T03:04:05Z");
  EXPECT_EQ(json["foundation"].as_string(), "demo");
  ASSERT_EQ(json["checks"].items().size(), 4U);
  const Json& unproven = json["checks"].items()[3];
  EXPECT_EQ(unproven["id"].as_string(), "PG-2");
  EXPECT_EQ(unproven["state"].as_string(), "unproven");
  EXPECT_EQ(unproven["took_ms"].as_int(), 9);
  EXPECT_EQ(unproven["next"].as_string(), "keelson drill failover postgresql");
}

TEST(VerifyReport, JunitCountsTheUnprovenAsFailures) {
  const std::string xml = verify_junit("demo", "2026-01-02T03:04:05Z", four());
  EXPECT_NE(xml.find("tests=\"4\" failures=\"2\" skipped=\"1\" time=\"1.217\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("<failure type=\"unproven\" message=\"no drill\">"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<skipped message=\"needs root\"/>"), std::string::npos) << xml;
}

TEST(VerifyReport, JunitEscapesWhatXmlCannotHold) {
  const std::string xml = verify_junit("demo", "t", four());
  EXPECT_NE(xml.find("PG-4 TLS &lt;everywhere&gt;"), std::string::npos) << xml;
  EXPECT_NE(xml.find("line 3&#10;lets in &amp; trusts \xef\xbf\xbd"), std::string::npos) << xml;
  EXPECT_NE(xml.find("row 7 &quot;seen&quot;"), std::string::npos) << xml;
}

TEST(VerifyReport, OnlyPassAndSkipLeaveNothingToProve) {
  std::vector<CheckResult> results = four();
  EXPECT_FALSE(all_proved({results[1]}));
  EXPECT_FALSE(all_proved({results[3]}));
  EXPECT_TRUE(all_proved({results[0], results[2]}));
}

TEST(Checks, EveryIdIsThereOnce) {
  for (const Check& check : all_checks()) EXPECT_EQ(find_check(check.id), &check) << check.id;
  EXPECT_EQ(find_check("XX-9"), nullptr);
}

}  // namespace
}  // namespace keelson
