#include "operate/ledger.h"

#include <gtest/gtest.h>

namespace keelson::operate {
namespace {

StreamLog log_of(std::vector<Outcome> outcomes, int rows = 1) {
  StreamLog log{.stream = "writes", .rows = rows, .ops = {}};
  for (const Outcome outcome : outcomes) {
    const auto seq = static_cast<std::int64_t>(log.ops.size() + 1);
    log.ops.push_back({.seq = seq, .sent_us = seq * 10, .done_us = seq * 10 + 5, .outcome = outcome});
  }
  return log;
}

std::vector<Found> rows(std::vector<std::int64_t> seqs) {
  std::vector<Found> out;
  for (const std::int64_t seq : seqs) out.push_back({"writes", seq});
  return out;
}

constexpr Outcome ok = Outcome::ok, failed = Outcome::failed, unknown = Outcome::unknown;

TEST(Ledger, ALossWithinTheBoundIsCountedApart) {
  const auto logs = {log_of({ok, ok, ok})};  // done at 15, 25, 35
  EXPECT_EQ(audit(logs, rows({2}), {.from_us = 20, .to_us = 35}), (Account{.acknowledged = 3, .lost = 2, .lost_in_bound = 1}));
  EXPECT_FALSE(audit(logs, rows({2}), {.from_us = 20, .to_us = 35}).clean());
  EXPECT_TRUE(audit(logs, rows({2}), {.from_us = 15, .to_us = 35}).clean());
  EXPECT_EQ(audit(logs, rows({1, 2})).lost_in_bound, 0);
}

TEST(Ledger, IsCleanWhenEachAcknowledgedOperationIsThereOnce) {
  const Account account = audit({log_of({ok, failed, unknown, unknown, ok})}, rows({1, 4, 5}));
  EXPECT_EQ(account, (Account{.acknowledged = 2, .failed = 1, .unknown = 2}));
  EXPECT_TRUE(account.clean());
}

TEST(Ledger, AnAcknowledgedOperationThatIsNotThereIsLost) {
  const Account account = audit({log_of({ok, ok, ok})}, rows({1, 3}));
  EXPECT_EQ(account.lost, 1);
  EXPECT_FALSE(account.clean());
}

TEST(Ledger, CountsWhatIsThereTwice) {
  EXPECT_EQ(audit({log_of({ok, unknown})}, rows({1, 1, 2, 2})).duplicated, 2);
}

TEST(Ledger, WhatFailedOrWasNeverSentMustNotBeThere) {
  EXPECT_EQ(audit({log_of({failed, ok})}, rows({1, 2})).resurrected, 1);
  EXPECT_EQ(audit({log_of({ok})}, rows({1, 9})).resurrected, 1);
}

TEST(Ledger, HalfATransferIsTornAndAWholeOneIsNotADuplicate) {
  EXPECT_TRUE(audit({log_of({ok, unknown, failed}, 2)}, rows({1, 1})).clean());
  const Account account = audit({log_of({ok, unknown}, 2)}, rows({1, 2, 2}));
  EXPECT_EQ(account.torn, 1);
  EXPECT_EQ(account.lost, 0);
  EXPECT_FALSE(account.clean());
}

TEST(Ledger, AClientsAcknowledgedOrderIsKept) {
  EXPECT_EQ(audit({log_of({ok, ok, ok})}, rows({1, 3, 2})).disordered, 1);
  EXPECT_EQ(audit({log_of({ok, unknown, ok})}, rows({2, 1, 3})).disordered, 0) << "nobody was told when 2 happened";
}

TEST(Ledger, StreamsDoNotMix) {
  StreamLog other = log_of({failed});
  other.stream = "pooled";
  EXPECT_TRUE(audit({log_of({ok}), other}, rows({1})).clean());
}

}  // namespace
}  // namespace keelson::operate
