#include "verify/parity.h"

#include <gtest/gtest.h>

#include "verify/report.h"

namespace keelson {
namespace {

CheckResult result(const char* id, CheckState state, const char* evidence) { return {id, "", state, 1, evidence, ""}; }

Json report(const char* runtime, const char* at, const std::vector<CheckResult>& results) { return verify_json("shop", runtime, at, results); }

const ParityRow& row(const Parity& parity, const std::string& id) {
  for (const ParityRow& one : parity.rows)
    if (one.id == id) return one;
  static const ParityRow none;
  return none;
}

TEST(Parity, ACellSaysWhatTheRuntimesReportSaysAndWhy) {
  const auto parity = parity_of({report("kubernetes", "2026-01-02T00:00:00Z", {result("PG-1", CheckState::unproven, "no drill has run"), result("RD-1", CheckState::pass, "fine")}),
                                 report("native", "2026-01-01T00:00:00Z", {result("PG-1", CheckState::pass, "fine"), result("NE-1", CheckState::skip, "needs root")})});
  ASSERT_TRUE(parity) << describe(parity.error());
  EXPECT_EQ(parity->runtimes, (std::vector<std::string>{"native", "kubernetes"})) << "in this order, whatever that of the reports";
  EXPECT_EQ(row(*parity, "PG-1").cells.at("native").kept, ParityCell::Kept::yes);
  EXPECT_EQ(row(*parity, "PG-1").cells.at("kubernetes").kept, ParityCell::Kept::no);
  EXPECT_EQ(row(*parity, "PG-1").cells.at("kubernetes").why, "no drill has run");
  EXPECT_EQ(row(*parity, "NE-1").cells.at("native").kept, ParityCell::Kept::not_applicable);
  EXPECT_EQ(row(*parity, "RD-1").cells.at("native").kept, ParityCell::Kept::not_tried) << "a report that does not know a check keeps no promise";
  EXPECT_TRUE(parity->has_gap());
}

TEST(Parity, OfTwoReportsOfARuntimeTheLastCounts) {
  const auto parity = parity_of({report("native", "2026-01-02T00:00:00Z", {result("PG-1", CheckState::pass, "")}), report("native", "2026-01-01T00:00:00Z", {result("PG-1", CheckState::fail, "old")})});
  ASSERT_TRUE(parity);
  EXPECT_EQ(row(*parity, "PG-1").cells.at("native").kept, ParityCell::Kept::yes);
}

TEST(Parity, WhatIsNoReportIsRefused) {
  EXPECT_EQ(parity_of({Json::object().set("schema", "keelson.plan/v1")}).error().code, ErrorCode::usage);
  EXPECT_FALSE(parity_of({report("elsewhere", "2026-01-02T00:00:00Z", {})}));
}

TEST(Parity, ATableNumbersItsReasons) {
  const auto parity = parity_of({report("native", "2026-01-02T00:00:00Z", {result("PG-1", CheckState::fail, "the primary is away")})});
  ASSERT_TRUE(parity);
  const std::string table = parity_markdown(*parity);
  EXPECT_NE(table.find("| promise | | native |\n|---|---|---|\n| PG-1 | "), std::string::npos) << table;
  EXPECT_NE(table.find(" not kept (1) |\n"), std::string::npos) << table;
  EXPECT_NE(table.find("\n\n1. PG-1 on native: the primary is away\n"), std::string::npos) << table;
}

}  // namespace
}  // namespace keelson
