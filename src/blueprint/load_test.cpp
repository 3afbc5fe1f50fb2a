#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blueprint/load_for_tests.h"

namespace keelson {
namespace {

using namespace load_for_tests;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Blueprint, PublishesEndpointsAndOnThisMachineToEverybodyOnIt) {
  const Blueprint b = good("foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: 127.0.0.1:5432 }\n  - { endpoint: b, at: \"192.0.2.1:6379\", from: [192.0.2.0/24, 198.51.100.7] }\n");
  ASSERT_EQ(b.published.size(), 2U);
  EXPECT_EQ(b.published[0].endpoint, "a");
  EXPECT_EQ(b.published[0].place, (Published{"127.0.0.1", 5432, {"127.0.0.0/8"}}));
  EXPECT_EQ(b.published[0].mark.text(), "b.yaml:4:5");
  EXPECT_EQ(b.published[1].place, (Published{"192.0.2.1", 6379, {"192.0.2.0/24", "198.51.100.7"}}));
}

TEST(Blueprint, ReadsEveryTypeWithItsMark) {
  const Blueprint b = good(
      "foundation: demo\ndomain: demo.example.org\nruntime: compose\nprotect: true\naccess: { local: [ada, bob] }\n"
      "components:\n  store:\n    version: 16\n    members: 5\n    durable: false\n    memory: 2Gi\n    timeout: 90s\n"
      "    title: two words\n    zone: west-1\n    backup: \"0 2 * * *\"\n    pooler: { members: 1 }\n"
      "    databases: [{ name: shop }]\n    tags: [a, \"5\"]\n    parameters: { work_mem: \"64\" }\n    password: 'p\"$ 😀'\n    pin: 7\n");
  EXPECT_EQ(b.foundation, "demo");
  EXPECT_EQ(b.domain, "demo.example.org");
  EXPECT_EQ(b.runtime, "compose");
  EXPECT_TRUE(b.protect);
  EXPECT_THAT(b.local_users, ElementsAre("ada", "bob"));
  ASSERT_EQ(b.components.size(), 1U);
  EXPECT_EQ(b.components[0].kind, &catalog_for_tests::kStore);
  EXPECT_EQ(b.components[0].mark.text(), "b.yaml:7:3");
  const Settings& s = store(b);
  EXPECT_EQ(text(s, "version"), "16");
  EXPECT_EQ(number(s, "members"), 5);
  EXPECT_EQ(at(s, "members").mark.text(), "b.yaml:9:14");
  EXPECT_FALSE(at(s, "members").from_default);
  EXPECT_FALSE(at(s, "durable").boolean());
  EXPECT_EQ(number(s, "memory"), std::int64_t{2} << 30);
  EXPECT_EQ(number(s, "timeout"), 90'000);
  EXPECT_EQ(text(s, "title"), "two words");
  EXPECT_EQ(text(s, "zone"), "west-1");
  EXPECT_EQ(text(s, "backup"), "0 2 * * *");
  EXPECT_EQ(number(at(s, "pooler").object(), "members"), 1);
  EXPECT_EQ(text(at(s, "pooler").object(), "mode"), "session");
  EXPECT_EQ(text(at(s, "databases").list().at(0).object(), "owner"), "app");
  EXPECT_EQ(at(s, "tags").list().at(1).text(), "5");
  EXPECT_EQ(text(at(s, "parameters").object(), "work_mem"), "64");
  EXPECT_EQ(text(s, "password"), "p\"$ 😀");
  EXPECT_EQ(number(s, "pin"), 7);
}

TEST(Blueprint, FillsDefaultsOfAComponentThatSaysNothing) {
  for (const char* nothing : {"", " ~", " {}", " null"}) {
    const Blueprint b = good(std::string("foundation: demo\ncomponents:\n  store:") + nothing + "\n");
    EXPECT_EQ(number(store(b), "members"), 3);
    EXPECT_TRUE(at(store(b), "members").from_default);
    EXPECT_FALSE(has(store(b), "password"));
    EXPECT_EQ(b.domain, "demo.internal");
    EXPECT_EQ(b.runtime, "native");
    EXPECT_FALSE(b.protect);
    EXPECT_TRUE(b.local_users.empty());
  }
}

TEST(Blueprint, KeepsComponentsInTheOrderOfTheFile) {
  const Blueprint b = good("foundation: demo\ncomponents: { zulu: { kind: cache }, store: , alpha: { kind: store } }\n");
  ASSERT_EQ(b.components.size(), 3U);
  EXPECT_EQ(b.components[0].name, "zulu");
  EXPECT_EQ(b.components[0].kind, &catalog_for_tests::kCache);
  EXPECT_EQ(b.components[1].name, "store");
  EXPECT_EQ(b.components[2].name, "alpha");
}

TEST(Blueprint, AcceptsAFoundationOfNoComponentsWhenSaidAloud) {
  EXPECT_TRUE(good("foundation: demo\ncomponents: {}\n").components.empty());
}

TEST(Blueprint, AcceptsWindowsLineEndsAndKeepsTheMarks) {
  const Blueprint b = good("foundation: demo\r\ncomponents:\r\n  store:\r\n    members: 5\r\n");
  EXPECT_EQ(at(store(b), "members").mark.text(), "b.yaml:4:14");
}

TEST(Blueprint, CountsColumnsInCharacters) {
  const Blueprint b = good("foundation: demo\ncomponents: { store: { title: \"häß😀\", members: 5 } }\n");
  EXPECT_EQ(at(store(b), "members").mark.text(), "b.yaml:2:48");
}

struct Bad {
  const char* name;
  const char* text;  ///< of component `store`, or of the file when it starts at column 1 with another field
  const char* where;
  const char* what;
  const char* why;
  const char* next;
};

/// Each row breaks one rule and must be told once.
const Bad kBad[] = {
    {"UnknownField", "membrs: 3", "b.yaml:4:5", "components.store.membrs: unknown field", "", "did you mean members? fields: kind, version, members"},
    {"UnknownFieldFarFromAll", "frobnicate: 3", "b.yaml:4:5", "components.store.frobnicate: unknown field", "", "fields: kind, version"},
    {"UnknownFieldInObject", "pooler: { max: 3 }", "b.yaml:4:15", "components.store.pooler.max: unknown field", "", "fields: members, mode"},
    {"UnknownFieldInItem", "databases: [{ name: a, owmer: b }]", "b.yaml:4:28", "components.store.databases[0].owmer: unknown field", "", "did you mean owner?"},
    {"ForgottenSpace", "members: 3\n    durable:true", "b.yaml:5:5", "components.store.durable…: unknown field", "", "a colon and a space"},
    {"DuplicateKey", "members: 3\n    members: 5", "b.yaml:5:5", "components.store.members: duplicate key", "it already stands at b.yaml:4:5", "keep one"},
    {"DuplicateKeyInMap", "parameters: { a: x, 'a': y }", "b.yaml:4:25", "components.store.parameters.a: duplicate key", "b.yaml:4:19", "keep one"},
    {"TextForInteger", "members: many", "b.yaml:4:14", "components.store.members: is not a whole number", "", "decimal digits"},
    {"QuotedInteger", "members: \"3\"", "b.yaml:4:14", "wrong type: is text, because it is in quotes", "", "without quotes"},
    {"QuotedBoolean", "durable: 'true'", "b.yaml:4:14", "wrong type: is text, because it is in quotes", "", "without quotes"},
    {"ListForInteger", "members: [3]", "b.yaml:4:14", "components.store.members: wrong type: is a list", "", "a whole number"},
    {"MappingForText", "title: { a: b }", "b.yaml:4:12", "components.store.title: wrong type: is a mapping", "", "write text"},
    {"ScalarForObject", "pooler: 3", "b.yaml:4:13", "components.store.pooler: wrong type: is a single value", "", "a mapping"},
    {"ScalarForList", "databases: shop", "b.yaml:4:16", "components.store.databases: wrong type: is a single value", "", "a list"},
    {"ScalarInListOfMappings", "databases: [shop]", "b.yaml:4:17", "components.store.databases[0]: wrong type", "", "a mapping"},
    {"ListForMap", "parameters: [a]", "b.yaml:4:17", "components.store.parameters: wrong type: is a list", "", "a mapping"},
    {"NothingForInteger", "members:", "b.yaml:4:5", "components.store.members: wrong type: is empty", "", "leave the field out"},
    {"TildeForInteger", "members: ~", "b.yaml:4:5", "components.store.members: wrong type: is empty", "", "leave the field out"},
    {"MissingFieldOfItem", "databases: [{ owner: a }]", "b.yaml:4:17", "components.store.databases[0]: field name is missing", "", "add name:"},
    {"NoForBoolean", "durable: no", "b.yaml:4:14", "components.store.durable: is not a boolean", "YAML 1.1 reads it as a boolean, YAML 1.2 as text", "true or false"},
    {"CapitalTrue", "durable: True", "b.yaml:4:14", "is not a boolean", "", "true or false"},
    {"NumberForBoolean", "durable: 1", "b.yaml:4:14", "is not a boolean", "", "true or false"},
    {"NoForText", "title: no", "b.yaml:4:12", "components.store.title: wrong type: is not text", "YAML 1.1 reads it as a boolean", "write \"no\" in quotes"},
    {"OnForName", "zone: on", "b.yaml:4:11", "wrong type: is not text", "boolean", "\"on\" in quotes"},
    {"NumberForText", "title: 15", "b.yaml:4:12", "wrong type: is not text", "YAML reads it as a number", "\"15\" in quotes"},
    {"VersionForText", "title: 1.10", "b.yaml:4:12", "wrong type: is not text", "YAML reads it as a number", "\"1.10\" in quotes"},
    {"TimeForText", "title: 22:30", "b.yaml:4:12", "wrong type: is not text", "base 60", "in quotes"},
    {"DateForText", "title: 2024-05-01", "b.yaml:4:12", "wrong type: is not text", "date", "in quotes"},
    {"NumberInListOfTexts", "tags: [a, 5]", "b.yaml:4:15", "components.store.tags[1]: wrong type: is not text", "number", "\"5\" in quotes"},
    {"NumberInMap", "parameters: { a: 200 }", "b.yaml:4:22", "components.store.parameters.a: wrong type: is not text", "number", "\"200\" in quotes"},
    {"OctalOfYaml12", "members: 0o17", "b.yaml:4:14", "components.store.members: is not a whole number", "octal", "decimal digits"},
    {"OctalOfYaml11", "members: 010", "b.yaml:4:14", "is not a whole number", "octal", "decimal digits"},
    {"OctalSize", "memory: 0100", "b.yaml:4:13", "is not a size", "octal", "decimal digits"},
    {"Hexadecimal", "members: 0x1F", "b.yaml:4:14", "is not a whole number", "hexadecimal", "decimal digits"},
    {"Exponent", "members: 1e3", "b.yaml:4:14", "is not a whole number", "number", "decimal digits"},
    {"ExponentSize", "memory: 1e3", "b.yaml:4:13", "is not a size", "number", "decimal digits"},
    {"Underscore", "members: 1_000", "b.yaml:4:14", "is not a whole number", "YAML 1.1", "decimal digits"},
    {"Infinity", "members: .inf", "b.yaml:4:14", "is not a whole number", "floating-point", "decimal digits"},
    {"Sexagesimal", "members: 22:30", "b.yaml:4:14", "is not a whole number", "base 60", "decimal digits"},
    {"TooSmall", "members: 0", "b.yaml:4:14", "components.store.members: is 0, less than the least allowed", "", "at least 1"},
    {"TooLarge", "members: 8", "b.yaml:4:14", "is 8, more than the most allowed", "", "at most 7"},
    {"TooSmallSize", "memory: 1Mi", "b.yaml:4:13", "is 1Mi, less than the least allowed", "", "at least 64Mi"},
    {"SizeBeyondAllNumbers", "memory: 99999999999999999999Gi", "b.yaml:4:13", "is not a size", "", "512Mi"},
    {"BareNumberForDuration", "timeout: 30", "b.yaml:4:14", "is not a duration", "", "30s"},
    {"NotALabel", "zone: West_1", "b.yaml:4:11", "components.store.zone: is not a DNS label", "", "a-z"},
    {"NotAnIdentifier", "databases: [{ name: drop-it }]", "b.yaml:4:25", "components.store.databases[0].name: is not a database identifier", "", "a-z"},
    {"NotAChoice", "pooler: { mode: sesion }", "b.yaml:4:21", "components.store.pooler.mode: is not one of the choices", "", "did you mean session?"},
    {"NotASchedule", "backup: nightly", "b.yaml:4:13", "components.store.backup: is not a schedule", "", "five cron fields"},
    {"NulInText", "title: \"a\\0b\"", "b.yaml:4:12", "components.store.title: holds a NUL character", "", "remove"},
    {"Anchor", "title: &a x", "b.yaml:4:12", "anchors are not allowed", "", "needs quotes"},
    {"Alias", "title: *a", "b.yaml:4:", "aliases are not allowed", "", "needs quotes"},
    {"ScheduleWithoutQuotes", "backup: * * * * *", "b.yaml:4:", "aliases are not allowed", "", "needs quotes"},
    {"StandardTag", "title: !!str 5", "b.yaml:4:12", "tags are not allowed", "", "remove the tag"},
    {"ForeignTag", "title: !foo x", "b.yaml:4:12", "tags are not allowed", "", "remove the tag"},
    {"LoneTag", "title: ! x", "b.yaml:4:12", "tags are not allowed", "", "remove the tag"},
    {"TagOfNothing", "title: !!null", "b.yaml:4:12", "tags are not allowed", "", "remove the tag"},
    {"TagOfAMapping", "pooler: !!map { members: 1 }", "b.yaml:4:13", "tags are not allowed", "", "remove the tag"},
    {"TagOfAList", "tags: !!set [a]", "b.yaml:4:11", "tags are not allowed", "", "remove the tag"},
    {"KeyThatIsAList", "? [a]\n    : b", "b.yaml:4:7", "a key is not text", "", "name: value"},
    {"TabIndentation", "pooler:\n\t\tmembers: 1", "b.yaml:5:", "a tab stands where the line is indented", "", "spaces"},
    {"TabIndentationByOne", "pooler:\n\tmembers: 1", "b.yaml:5:", "a tab stands where the line is indented", "", "spaces"},
    {"UnclosedQuote", "title: \"a", "b.yaml:4:12", "a quote is never closed", "", "closing quote"},
    {"UnclosedSingleQuote", "title: 'it''s", "b.yaml:4:12", "a quote is never closed", "", "closing quote"},
    {"UnclosedQuoteAfterEscape", "title: \"a\\\"", "b.yaml:4:12", "a quote is never closed", "", "closing quote"},
    {"UnclosedBracket", "tags: [a, b", "b.yaml:", "a [ is never closed", "", "brackets"},
    {"UnknownEscape", "title: \"\\q\"", "b.yaml:4:", "an unknown escape", "", "single quotes"},
};

class BadSetting : public ::testing::TestWithParam<Bad> {};

void expect_only(const Checked<Blueprint>& blueprint, const Bad& bad) {
  ASSERT_FALSE(blueprint) << "was accepted";
  const Errors& errors = blueprint.error();
  ASSERT_EQ(errors.size(), 1U) << told(errors);
  EXPECT_EQ(errors[0].code, ErrorCode::invalid_blueprint);
  EXPECT_THAT(errors[0].where, HasSubstr(bad.where));
  EXPECT_THAT(errors[0].what, HasSubstr(bad.what));
  EXPECT_THAT(errors[0].why, HasSubstr(bad.why));
  EXPECT_THAT(errors[0].next, HasSubstr(bad.next));
  EXPECT_FALSE(errors[0].next.empty());
}

TEST_P(BadSetting, IsToldOnceAtItsPlace) {
  expect_only(load(std::string("foundation: demo\ncomponents:\n  store:\n    ") + GetParam().text + "\n"), GetParam());
}
INSTANTIATE_TEST_SUITE_P(Rules, BadSetting, ::testing::ValuesIn(kBad), [](const auto& row) { return row.param.name; });

const Bad kBadFiles[] = {
    {"Empty", "", "b.yaml:1:1", "the blueprint is empty", "", "foundation:"},
    {"OnlyComments", "# nothing\n\n", "b.yaml:1:1", "the blueprint is empty", "", "foundation:"},
    {"OnlyNull", "~\n", "b.yaml:1:1", "the blueprint is empty", "", "foundation:"},
    {"AList", "- foundation\n", "b.yaml:1:1", "the blueprint is not a mapping", "", "foundation: <name>"},
    {"ASingleWord", "foundation\n", "b.yaml:1:1", "the blueprint is not a mapping", "", "foundation: <name>"},
    {"NoFoundation", "components: {}\n", "b.yaml:1:1", "field foundation is missing", "", "add foundation:"},
    {"NoComponents", "foundation: demo\n", "b.yaml:1:1", "field components is missing", "", "store, cache, gateway"},
    {"NothingInComponents", "foundation: demo\ncomponents:\n", "b.yaml:2:1", "components: wrong type: is empty", "", "{} for none"},
    {"FoundationIsNoLabel", "foundation: De_mo\ncomponents: {}\n", "b.yaml:1:13", "foundation: is not a DNS label", "", "a-z"},
    {"FoundationIsANumber", "foundation: 12\ncomponents: {}\n", "b.yaml:1:13", "foundation: wrong type: is not text", "number", "\"12\" in quotes"},
    {"UnknownTopField", "foundation: demo\ncomponets: {}\ncomponents: {}\n", "b.yaml:2:1", "componets: unknown field", "", "did you mean components?"},
    {"DuplicateTopField", "foundation: demo\ncomponents: {}\ncomponents: {}\n", "b.yaml:3:1", "components: duplicate key", "b.yaml:2:1", "keep one"},
    {"DuplicateComponent", "foundation: demo\ncomponents:\n  store:\n  cache:\n  store:\n", "b.yaml:5:3", "components.store: duplicate key", "b.yaml:3:3", "keep one"},
    {"UnknownRuntime", "foundation: demo\nruntime: docker\ncomponents: {}\n", "b.yaml:2:10", "runtime: is not one of the choices", "", "native, compose, kubernetes"},
    {"BadDomain", "foundation: demo\ndomain: a..b\ncomponents: {}\n", "b.yaml:2:9", "domain: is not a DNS name", "", "labels"},
    {"PublishedAtNoPlace", "foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: localhost:5432 }\n", "b.yaml:4:24", "publish.at: is not an IPv4 address and a port", "", "127.0.0.1:5432"},
    {"PublishedAtALowPort", "foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: 127.0.0.1:443 }\n", "b.yaml:4:24", "publish.at: has a port below 1024", "", "1024 to 65535"},
    {"PublishedInOurBlock", "foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: 127.77.1.1:5432 }\n", "b.yaml:4:24", "publish.at: is among the addresses that keelson gives out", "", "127.0.0.1:5432"},
    {"PublishedToNobodyKnows", "foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: 192.0.2.1:5432 }\n", "b.yaml:4:5", "publish: says not from whom", "other machines", "from:"},
    {"PublishedToNoNetwork", "foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: 192.0.2.1:5432, from: [192.0.2.1/24] }\n", "b.yaml:4:47", "publish.from: is neither an IPv4 address nor a network", "", "192.0.2.0/24"},
    {"PublishedTwice", "foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: 127.0.0.1:5432 }\n  - { endpoint: b, at: 127.0.0.1:5432 }\n", "b.yaml:5:24", "publish.at: is taken by what is published at b.yaml:4:24", "", "another port"},
    {"PublishedBesideEverywhere", "foundation: demo\ncomponents: {}\npublish:\n  - { endpoint: a, at: 0.0.0.0:5432, from: [10.0.0.0/8] }\n  - { endpoint: b, at: 127.0.0.1:5432 }\n", "b.yaml:5:24", "publish.at: is taken by", "", "another port"},
    {"ImageIsNoReference", "foundation: demo\ncomponents: {}\nimages: { orders: \"shop/Orders:1\" }\n", "b.yaml:3:19", "images.orders: has a name that is not of a-z", "", "shop/orders:1.4"},
    {"ImageIsAMapping", "foundation: demo\ncomponents: {}\nimages: { orders: { name: shop } }\n", "b.yaml:3:19", "images.orders: wrong type", "", ""},
    {"BadUser", "foundation: demo\naccess: { local: [\"a:b\"] }\ncomponents: {}\n", "b.yaml:2:19", "access.local: is not a user name", "", "login name"},
    {"UnknownKind", "foundation: demo\ncomponents: { stoer: }\n", "b.yaml:2:15", "components.stoer: unknown kind stoer", "", "did you mean store? kinds: store, cache, gateway"},
    {"UnknownKindSaid", "foundation: demo\ncomponents: { mine: { kind: cahce } }\n", "b.yaml:2:29", "components.mine.kind: unknown kind cahce", "", "did you mean cache?"},
    {"KindIsAList", "foundation: demo\ncomponents: { mine: { kind: [cache] } }\n", "b.yaml:2:29", "components.mine.kind: wrong type", "", "kind"},
    {"CompanionKind", "foundation: demo\ncomponents: { quorum: }\n", "b.yaml:2:15", "components.quorum: kind quorum is not for blueprints", "comes by itself", "store, cache, gateway"},
    {"ComponentNameIsNoLabel", "foundation: demo\ncomponents: { My_Store: { kind: store } }\n", "b.yaml:2:15", "components.My_Store: the name of a component is not a DNS label", "", "a-z"},
    {"ComponentIsAList", "foundation: demo\ncomponents: { store: [] }\n", "b.yaml:2:22", "components.store: wrong type: is a list", "", "a mapping"},
    {"RequiredSetting", "foundation: demo\ncomponents:\n  gateway:\n", "b.yaml:3:3", "components.gateway: field command is missing", "What to run.", "add command:"},
    {"TwoDocuments", "foundation: demo\ncomponents: {}\n---\nfoundation: other\n", "b.yaml:", "a second document starts here", "", "---"},
    {"TwoDocumentsOneEmpty", "foundation: demo\ncomponents: {}\n---\n", "b.yaml:", "a second document starts here", "", "---"},
    {"AnchoredMapping", "foundation: demo\ncomponents: &all {}\n", "b.yaml:2:13", "anchors are not allowed", "", "remove the anchor"},
    {"TaggedRoot", "!!map {foundation: demo, components: {}}\n", "b.yaml:1:1", "tags are not allowed", "", "remove the tag"},
    {"MergeKey", "foundation: demo\n<<: { domain: a.b }\ncomponents: {}\n", "b.yaml:2:1", "merge keys are not allowed", "", "profile"},
    {"ByteOrderMark", "\xEF\xBB\xBF" "foundation: demo\ncomponents: {}\n", "b.yaml:1:1", "byte order mark", "", "without BOM"},
    {"Utf16", "\xFF\xFE" "f", "b.yaml:1:1", "the text is UTF-16", "", "UTF-8"},
    {"InvalidUtf8", "foundation: demo\n# \xC3\xA4\xFF\n", "b.yaml:2:4", "not valid UTF-8", "", "UTF-8"},
    {"OverlongUtf8", "# \xC0\xAF\n", "b.yaml:1:3", "not valid UTF-8", "", "UTF-8"},
    {"SurrogateInUtf8", "# \xED\xA0\x80\n", "b.yaml:1:3", "not valid UTF-8", "", "UTF-8"},
    {"ControlCharacter", "foundation: demo\ncomponents: {} # \x04\n", "b.yaml:2:18", "the control character 0x04", "", "remove it"},
    {"LoneCarriageReturn", "foundation: demo\rcomponents: {}\n", "b.yaml:1:17", "a carriage return without a line feed", "", "line feed"},
    {"ProfilesIsAList", "foundation: demo\ncomponents: {}\nprofiles: [a]\n", "b.yaml:3:11", "profiles: wrong type: is a list", "", "a mapping"},
    {"ProfileNameIsNoLabel", "foundation: demo\ncomponents: {}\nprofiles: { A: }\n", "b.yaml:3:13", "the name of a profile is not a DNS label", "", "a-z"},
    {"ProfileOfAnotherName", "foundation: demo\ncomponents: {}\nprofiles: { a: { foundation: x } }\n", "b.yaml:3:18", "profiles.a.foundation: unknown field", "", "fields: components"},
    {"BadSettingInUnusedProfile", "foundation: demo\ncomponents: { store: }\nprofiles: { a: { components: { store: { members: x } } } }\n", "b.yaml:3:50", "profiles.a.components.store.members: is not a whole number", "", "digits"},
};

class BadFile : public ::testing::TestWithParam<Bad> {};
TEST_P(BadFile, IsToldOnceAtItsPlace) { expect_only(load(GetParam().text), GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rules, BadFile, ::testing::ValuesIn(kBadFiles), [](const auto& row) { return row.param.name; });

TEST(Blueprint, RefusesANulByte) {
  const auto b = load(std::string("foundation: demo\ncomponents: {}\n#\0\n", 35));
  ASSERT_FALSE(b);
  EXPECT_THAT(told(b.error()), HasSubstr("b.yaml:3:2: the text holds a NUL byte"));
}

TEST(Blueprint, RefusesAHundredMebibytesUnread) {
  const auto b = load(std::string(100 << 20, 'a'));
  ASSERT_FALSE(b);
  EXPECT_THAT(told(b.error()), HasSubstr("too large: it has 104857600 bytes"));
}

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(Blueprint, RefusesTwoHundredThousandLevelsOfAnyKind) {
  for (const char* level : {"[", "{a: ", "- ", "? ", "[{", "{[", "- ? "}) {
    const auto b = load(repeated(level, 200'000));
    ASSERT_FALSE(b) << level;
    EXPECT_THAT(told(b.error()), HasSubstr("nested too deep: 64 levels are the most allowed")) << level;
  }
}

TEST(Blueprint, RefusesMoreValuesThanAnyFoundationHas) {
  const auto b = load("[" + repeated("a,", 100'001) + "]");
  ASSERT_FALSE(b);
  EXPECT_THAT(told(b.error()), HasSubstr("100000 keys and values are the most allowed"));
}

TEST(Blueprint, AcceptsBracketsInTextHoweverMany) {
  EXPECT_EQ(text(store(good("foundation: demo\ncomponents: { store: { title: \"" + repeated("[{", 200) + "\" } }\n")), "title").size(), 400U);
}

TEST(Blueprint, DoesNotExpandAnAliasBomb) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 30; ++i)
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated("*a" + std::to_string(i - 1) + " ,", 9) + "]\n";
  const auto b = load(bomb);
  ASSERT_FALSE(b);
  EXPECT_THAT(told(b.error()), HasSubstr("b.yaml:1:5: anchors are not allowed"));
}

TEST(Blueprint, TellsEveryProblemInTheOrderOfTheFile) {
  const auto b = load("foundation: Demo\nprotect: yes\ncomponents:\n  store: { members: 0, membrs: 1 }\n  redsi:\nextra: 1\n");
  ASSERT_FALSE(b);
  std::vector<std::string> where;
  for (const Error& error : b.error()) where.push_back(error.where);
  EXPECT_THAT(where, ElementsAre("b.yaml:1:13", "b.yaml:2:10", "b.yaml:4:21", "b.yaml:4:24", "b.yaml:5:3", "b.yaml:6:1"));
}

TEST(Blueprint, StopsListingAfterAHundredProblems) {
  std::string text = "foundation: demo\ncomponents: {}\n";
  for (int i = 0; i < 5'000; ++i) text += "field" + std::to_string(i) + ": 1\n";
  const auto b = load(text);
  ASSERT_FALSE(b);
  EXPECT_EQ(b.error().size(), 101U);
  EXPECT_THAT(b.error().back().what, HasSubstr("only the first 100 problems"));
}

TEST(Blueprint, NeverTellsASecret) {
  const char* const kMistakes[] = {"password: 1234567", "password: {hunter2: 1234567, hunter2: 1}", "password: [hunter2]", "password: &hunter2 x",
                                   "password: *hunter2", "password: !hunter2 x", "password: \"hunter2\\q\"", "password: \"hunter2", "password: hunter2: x",
                                   "password: \"hunter2\\0\"", "pin: 1234567", "pin: hunter2", "pin: 0x1234567", "pin: '1234567'",
                                   "password: x\n    password: hunter2", "password: @hunter2", "password: `hunter2", "password: %hunter2", "password:hunter2",
                                   "password = hunter2", "password hunter2", "\"password\":hunter2", "password\n      hunter2: x"};
  for (const char* mistake : kMistakes) {
    const auto b = load(std::string("foundation: demo\ncomponents:\n  store:\n    ") + mistake + "\n");
    ASSERT_FALSE(b) << mistake;
    EXPECT_THAT(told(b.error()), Not(HasSubstr("hunter2"))) << mistake;
    EXPECT_THAT(told(b.error()), Not(HasSubstr("1234567"))) << mistake;
  }
}

TEST(Blueprint, ShowsKeysWithoutWhatIsNoName) {
  const auto b = load("foundation: demo\ncomponents: {}\n\"a\\e[2J\\n\": 1\n");
  ASSERT_FALSE(b);
  EXPECT_EQ(b.error()[0].what, "a…: unknown field");
}

}  // namespace
}  // namespace keelson
