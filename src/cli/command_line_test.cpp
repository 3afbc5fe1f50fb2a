#include "cli/command_line.h"

#include <gtest/gtest.h>

namespace keelson::cli {
namespace {

using Words = std::vector<std::string>;

template <typename Options>
Options parsed_as(const Words& words, const Environment& environment = {}) {
  const Parsed parsed = parse(words, environment);
  EXPECT_TRUE(parsed.command) << parsed.err;
  if (!parsed.command || !std::holds_alternative<Options>(*parsed.command)) {
    ADD_FAILURE() << "another verb was parsed";
    return {};
  }
  return std::get<Options>(*parsed.command);
}

TEST(CommandLine, takes_flags_before_and_after_the_verb) {
  EXPECT_EQ(parsed_as<StatusOptions>({"-o", "json", "status"}).common.format, Format::json);
  EXPECT_EQ(parsed_as<StatusOptions>({"status", "--output=yaml"}).common.format, Format::yaml);
  EXPECT_EQ(parsed_as<StatusOptions>({"-o", "json", "status", "-o", "wide"}).common.format, Format::wide);
}

TEST(CommandLine, lets_a_flag_win_over_its_variable) {
  const Environment environment{{"KEELSON_PROFILE", "from-variable"}, {"KEELSON_STATE_DIR", "/state"}};
  const auto options = parsed_as<UpOptions>({"up", "--profile", "from-flag"}, environment);
  EXPECT_EQ(options.common.request.profile, "from-flag");
  EXPECT_EQ(options.common.request.state_dir, "/state");
  EXPECT_EQ(parsed_as<UpOptions>({"--profile", "from-flag", "up"}, environment).common.request.profile, "from-flag");
  EXPECT_EQ(parsed_as<UpOptions>({"up"}, environment).common.request.profile, "from-variable");
}

TEST(CommandLine, treats_an_empty_variable_as_not_set) {
  EXPECT_EQ(parsed_as<StatusOptions>({"status"}, {{"KEELSON_OUTPUT", ""}}).common.format, Format::table);
}

TEST(CommandLine, takes_several_files_from_flags_and_from_the_variable) {
  EXPECT_EQ(parsed_as<PlanOptions>({"plan", "-f", "a.yaml", "-f", "-"}).common.request.files, (Words{"a.yaml", "-"}));
  EXPECT_EQ(parsed_as<PlanOptions>({"plan"}, {{"KEELSON_FILE", "a.yaml:b.yaml"}}).common.request.files, (Words{"a.yaml", "b.yaml"}));
}

TEST(CommandLine, reads_a_variable_for_switches_too) {
  EXPECT_TRUE(parsed_as<PlanOptions>({"plan"}, {{"KEELSON_DETAILED_EXITCODE", "1"}}).detailed_exitcode);
  EXPECT_FALSE(parsed_as<PlanOptions>({"plan"}, {{"KEELSON_DETAILED_EXITCODE", "0"}}).detailed_exitcode);
  EXPECT_EQ(parse({"plan"}, {{"KEELSON_DETAILED_EXITCODE", "perhaps"}}).exit, 64);
}

TEST(CommandLine, ignores_a_variable_that_only_another_verb_would_read) {
  EXPECT_TRUE(parse({"status"}, {{"KEELSON_TAIL", "not a number"}}).command);
  EXPECT_EQ(parse({"logs"}, {{"KEELSON_TAIL", "not a number"}}).exit, 64);
}

TEST(CommandLine, follows_with_f_in_logs_and_names_a_file_with_f_elsewhere) {
  const auto logs = parsed_as<LogsOptions>({"-f", "x.yaml", "logs", "-f", "--tail", "5", "redis-1", "redis-2"});
  EXPECT_EQ(logs.follow, Follow::yes);
  EXPECT_EQ(logs.tail, 5);
  EXPECT_EQ(logs.names, (Words{"redis-1", "redis-2"}));
  EXPECT_EQ(logs.common.request.files, Words{"x.yaml"});
}

TEST(CommandLine, takes_a_word_after_a_verb_for_an_argument_even_when_a_verb_has_that_name) {
  EXPECT_EQ(parsed_as<LogsOptions>({"logs", "status"}).names, Words{"status"});
  EXPECT_EQ(parsed_as<SecretGetOptions>({"secret", "get", "plan", "--reveal"}).name, "plan");
}

TEST(CommandLine, hands_on_what_follows_two_dashes_untouched) {
  const auto exec = parsed_as<ExecOptions>({"exec", "redis-1", "--", "sh", "-c", "[a,b]", "--", "", "--help"});
  EXPECT_EQ(exec.member, "redis-1");
  EXPECT_EQ(exec.command, (Words{"sh", "-c", "[a,b]", "--", "", "--help"}));
  EXPECT_EQ(parse({"status", "--", "x"}, {}).exit, 64);
}

TEST(CommandLine, launches_with_places_and_a_program) {
  const auto launch = parsed_as<LaunchOptions>({"launch", "redis", "--home", "/h", "--config", "/c", "--tls", "/t", "--data", "/d", "--run", "/r", "--", "/bin/redis", "x"},
                                               {{"KEELSON_HOME", "/elsewhere"}});
  EXPECT_EQ(launch.kind, "redis");
  EXPECT_EQ(launch.place.home, "/h");
  EXPECT_EQ(launch.place.run, "/r");
  EXPECT_EQ(launch.command, (Words{"/bin/redis", "x"}));
}

TEST(CommandLine, gives_the_runtimes_own_processes_their_arguments_as_they_are) {
  const auto internal = parsed_as<InternalOptions>({"agent", "--help", "-x", "--", "y"});
  EXPECT_EQ(internal.process, "agent");
  EXPECT_EQ(internal.arguments, (Words{"--help", "-x", "--", "y"}));
  EXPECT_EQ(parsed_as<InternalOptions>({"tool", "/usr/local/bin/redis-cli", "-h", "x"}).arguments, (Words{"/usr/local/bin/redis-cli", "-h", "x"}));
}

TEST(CommandLine, destroys_only_with_a_name_from_somewhere) {
  EXPECT_FALSE(parsed_as<DestroyOptions>({"destroy"}).confirmed_name);
  EXPECT_EQ(parsed_as<DestroyOptions>({"destroy", "--yes", "demo"}).confirmed_name, "demo");
  EXPECT_EQ(parsed_as<DestroyOptions>({"destroy", "--yes", "--foundation-name", "demo"}).confirmed_name, "demo");
  EXPECT_EQ(parsed_as<DestroyOptions>({"destroy", "--foundation", "demo", "--yes"}).confirmed_name, "demo");
  EXPECT_EQ(parsed_as<DestroyOptions>({"destroy", "--yes"}).confirmed_name, "");
  EXPECT_FALSE(parsed_as<DestroyOptions>({"destroy", "--foundation-name", "demo"}).confirmed_name);
}

TEST(CommandLine, suggests_the_verb_flag_or_value_that_was_meant) {
  EXPECT_NE(parse({"stauts"}, {}).err.find("did you mean 'status'?"), std::string::npos);
  EXPECT_NE(parse({"secret", "lst"}, {}).err.find("did you mean 'list'?"), std::string::npos);
  EXPECT_NE(parse({"status", "--otput", "json"}, {}).err.find("did you mean '--output'?"), std::string::npos);
  EXPECT_NE(parse({"status", "-o", "jsn"}, {}).err.find("did you mean 'json'?"), std::string::npos);
}

TEST(CommandLine, exits_with_64_when_it_makes_no_sense) {
  for (const Words& words : {Words{}, Words{"stauts"}, Words{"status", "extra"}, Words{"secret"}, Words{"secret", "get"}, Words{"logs", "--tail"},
                             Words{"logs", "--tail", "many"}, Words{"wait", "--timeout", "soon"}, Words{"completion", "tcsh"}, Words{"verify", "-o", "xml"}}) {
    const Parsed parsed = parse(words, {});
    EXPECT_EQ(parsed.exit, 64) << ::testing::PrintToString(words);
    EXPECT_FALSE(parsed.err.empty());
    EXPECT_TRUE(parsed.out.empty());
  }
}

TEST(CommandLine, answers_verbs_that_are_only_designed) {
  EXPECT_EQ(parsed_as<UnsupportedOptions>({"backup", "create", "--now"}).verb, "backup");
}

TEST(CommandLine, helps_for_every_verb) {
  const VerbInfo root = verb_tree();
  for (const VerbInfo& verb : root.verbs) {
    const Parsed help = parse({verb.name, "--help"}, {});
    if (verb.name == "launch") continue;
    EXPECT_EQ(help.exit, 0) << verb.name;
    EXPECT_NE(help.out.find("Usage: keelson " + verb.name), std::string::npos) << verb.name;
  }
  EXPECT_NE(parse({"--help"}, {}).out.find("Verbs:"), std::string::npos);
  EXPECT_EQ(parse({"help", "status"}, {}).out, parse({"status", "-h"}, {}).out);
}

TEST(Help, stays_within_eighty_columns_and_hides_what_is_internal) {
  for (const Words& words : {Words{"--help"}, Words{"up", "--help"}, Words{"destroy", "--help"}, Words{"explain", "--help"}}) {
    const std::string text = parse(words, {}).out;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = text.find('\n', from);
      EXPECT_LE(end - from, 80u) << text.substr(from, end - from);
      from = end + 1;
    }
    EXPECT_EQ(text.find("launch"), std::string::npos);
  }
}

TEST(Flags, name_their_variable) { EXPECT_EQ((FlagInfo{"--detailed-exitcode"}.variable()), "KEELSON_DETAILED_EXITCODE"); }

}  // namespace
}  // namespace keelson::cli
