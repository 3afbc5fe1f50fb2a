#include "cli/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

#include "cli/progress.h"
#include "cli/table.h"

namespace keelson::cli {
namespace {

/// A pipe whose reader may go away; what was written is read back at the end.
struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    for (int end : ends)
      if (end >= 0) ::close(end);
  }
  void close_reader() { ::close(std::exchange(ends[0], -1)); }
  std::string text() {
    ::close(std::exchange(ends[1], -1));
    std::string out;
    std::array<char, 4096> buffer;
    for (ssize_t got; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) out.append(buffer.data(), static_cast<std::size_t>(got));
    return out;
  }
  std::array<int, 2> ends{-1, -1};
};

TEST(Output, goes_on_quietly_when_its_reader_went_away) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe out;
  Pipe err;
  Output output(out.ends[1], err.ends[1]);
  out.close_reader();
  output.print("first\n");
  output.print("second\n");
  EXPECT_TRUE(output.reader_gone());
  EXPECT_EQ(output.finish(0), 0);
  EXPECT_EQ(err.text(), "");
}

TEST(Output, fails_when_data_could_not_be_written) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  Pipe err;
  Output output(full, err.ends[1]);
  output.print("data\n");
  EXPECT_EQ(output.finish(0), 1);
  EXPECT_EQ(output.finish(5), 5);
  ::close(full);
  EXPECT_NE(err.text().find("No space left"), std::string::npos);
}

TEST(Output, tells_every_error_in_words_and_as_one_document_to_programs) {
  Pipe out;
  Pipe err;
  Output output(out.ends[1], err.ends[1]);
  output.set_format(Format::ndjson);
  EXPECT_EQ(output.errors({{ErrorCode::invalid_blueprint, "unknown field", "a.yaml:1:2", {}, "remove it"}, {ErrorCode::failed, "second"}}), 3);
  EXPECT_EQ(err.text(), "keelson: a.yaml:1:2: unknown field\n  next: remove it\nkeelson: second\n");
  const auto json = parse_json(out.text());
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["schema"].as_string(), "keelson.error/v1");
  EXPECT_EQ((*json)["errors"].items().size(), 2u);
  EXPECT_EQ((*json)["errors"].items()[0]["code"].as_string(), "invalid-blueprint");
}

TEST(Output, writes_no_second_document_when_an_error_follows_data) {
  Pipe out;
  Pipe err;
  Output output(out.ends[1], err.ends[1]);
  output.set_format(Format::ndjson);
  output.document(Json::object().set("a", 1));
  output.error({ErrorCode::not_running, "no agent"});
  EXPECT_EQ(out.text(), "{\"a\":1}\n");
}

TEST(Output, in_a_pipe_has_no_colours) {
  Pipe out;
  const Output output(out.ends[1], out.ends[1]);
  EXPECT_EQ(output.coloured("ready", Colour::green), "ready");
}

TEST(Yaml, quotes_every_string_so_that_none_turns_into_something_else) {
  const Json json = Json::object()
                        .set("no", "no")
                        .set("list", Json::array().push(1).push(Json::object().set("a", "x: y").set("b", Json::array())))
                        .set("empty", Json::object())
                        .set("nothing", Json());
  EXPECT_EQ(yaml_text(json),
            "\"no\": \"no\"\n\"list\":\n  - 1\n  -\n    \"a\": \"x: y\"\n    \"b\": []\n\"empty\": {}\n\"nothing\": null\n");
}

TEST(Table, lines_columns_up_by_characters_and_lets_no_cell_move_the_cursor) {
  Pipe out;
  const Output output(out.ends[1], out.ends[1]);
  Table table({"NAME", "STATE"});
  table.row({"é", "x\x1b[2J"});
  table.row({"longer", ""});
  EXPECT_EQ(table.text(output), "NAME    STATE\né       x?[2J\nlonger  -\n");
}

TEST(CutTo, never_splits_a_character) {
  EXPECT_EQ(cut_to("äöüß", 3), "äö…");
  EXPECT_EQ(cut_to("äöü", 3), "äöü");
  EXPECT_EQ(cut_to("abc", 0), "");
}

TEST(ProgressList, shows_what_runs_and_what_it_waits_for_with_elapsed_time) {
  ProgressList list;
  list.planned({"start redis-1", "start redis-2", "start redis-3"});
  list.started("start redis-1", 1000);
  list.ended("start redis-1", ProgressList::State::done, 1500, "");
  list.started("start redis-2", 2000);
  list.waiting("start redis-2", "redis-2: connection refused");
  EXPECT_EQ(list.lines(3500, 80, 20), (std::vector<std::string>{"  ✓   1.5s  start redis-1", "  …   1.5s  start redis-2: redis-2: connection refused",
                                                                "1 of 3 steps done, 1 running"}));
}

TEST(ProgressList, fits_any_terminal) {
  ProgressList list;
  for (int i = 0; i < 50; ++i) list.started("start a-component-with-a-long-name-" + std::to_string(i), 0);
  const auto lines = list.lines(1000, 20, 10);
  EXPECT_LE(lines.size(), 10u);
  for (const std::string& line : lines) EXPECT_LE(display_width(line), 20u);
}

TEST(ProgressList, tells_failures_and_what_was_not_tried) {
  ProgressList list;
  list.planned({"a", "b"});
  list.started("a", 0);
  list.ended("a", ProgressList::State::failed, 2000, "no space");
  list.ended("b", ProgressList::State::skipped, 0, "a");
  EXPECT_EQ(list.lines(9000, 80, 20),
            (std::vector<std::string>{"  ✗   2.0s  a: no space", "  -         b: not tried, because a failed", "0 of 2 steps done, 1 failed, 1 not tried"}));
}

}  // namespace
}  // namespace keelson::cli
