#include "operate/load.h"

#include <gtest/gtest.h>

#include <map>

namespace keelson::operate {
namespace {

/// Answers what the table says for a sequence number, else ok.
class Scripted : public Session {
 public:
  explicit Scripted(std::map<std::int64_t, Outcome> script) : script_(std::move(script)) {}
  Answer write(std::int64_t seq) override {
    const auto at = script_.find(seq);
    return at == script_.end() ? Answer{Outcome::ok} : Answer{at->second, "as written"};
  }

 private:
  std::map<std::int64_t, Outcome> script_;
};

Lane lane(Purpose purpose, std::map<std::int64_t, Outcome> script, int& opened) {
  return {.purpose = purpose, .name = "writes", .rows = 1, .pause_ms = 0, .open = [script = std::move(script), &opened]() -> Result<std::unique_ptr<Session>> {
            if (++opened == 1) return fail("refused");
            return std::make_unique<Scripted>(script);
          }};
}

void run_until_three(Load& load) {
  const std::int64_t until = now_us() + 10'000'000;
  while (!load.acknowledged_by_all(3) && now_us() < until) std::this_thread::yield();
  load.stop();
}

TEST(Load, LogsEveryOperationAndOpensANewSessionAfterOneThatWasNotAcknowledged) {
  int opened = 0;
  Load load({lane(Purpose::endpoint, {{3, Outcome::unknown}}, opened)});
  run_until_three(load);
  const StreamLog& log = load.ledger().at(0);
  ASSERT_GE(log.ops.size(), 5U);
  EXPECT_EQ(log.ops[0].outcome, Outcome::failed) << "never sent";
  EXPECT_EQ(log.ops[1].outcome, Outcome::ok);
  EXPECT_EQ(log.ops[2].outcome, Outcome::unknown);
  EXPECT_EQ(opened, 3);
  for (std::size_t i = 0; i < log.ops.size(); ++i) EXPECT_EQ(log.ops[i].seq, static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(load.of(Purpose::endpoint), &log);
  EXPECT_EQ(load.of(Purpose::pooler), nullptr);
}

TEST(Load, AProbeKeepsItsSessionWhenItIsRefused) {
  int opened = 0, probed = 0;
  Load load({lane(Purpose::endpoint, {}, opened), lane(Purpose::probe, {{2, Outcome::failed}, {3, Outcome::failed}}, probed)});
  run_until_three(load);
  EXPECT_LE(probed, 2);
  EXPECT_EQ(load.probes().size(), 1U);
  EXPECT_EQ(load.ledger().size(), 1U);
}

TEST(Load, SaysWhichLaneIsSilentAndWhy) {
  int opened = 0;
  Load load({{.purpose = Purpose::endpoint, .name = "writes", .rows = 1, .pause_ms = 0, .open = [&opened]() -> Result<std::unique_ptr<Session>> {
                ++opened;
                return fail("nobody there");
              }}});
  const std::int64_t until = now_us() + 10'000'000;
  while (load.silent() != "writes: nobody there" && now_us() < until) std::this_thread::yield();
  EXPECT_EQ(load.silent(), "writes: nobody there");
  load.stop();
}

}  // namespace
}  // namespace keelson::operate
