#include "runtime/kubernetes/inside.h"

#include <gtest/gtest.h>

namespace keelson::kubernetes {
namespace {

TEST(Inside, a_question_arrives_as_it_was_asked) {
  Question asked{Question::What::set, "the blueprint\n", "shop", "cluster.local", "redis", "redis-2", {"maxmemory", "1", "2", false}};
  asked.secrets["redis/agent"] = Secret("pass\"word");
  asked.files["trust/services.crt"] = Secret("PEM");
  const auto got = question_from(std::string(text_of(asked).reveal()));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->what, Question::What::set);
  EXPECT_EQ(got->applied, "the blueprint\n");
  EXPECT_EQ(got->space, "shop");
  EXPECT_EQ(got->member, "redis-2");
  EXPECT_EQ(got->setting.name, "maxmemory");
  EXPECT_FALSE(got->setting.settable);
  EXPECT_EQ(got->secrets.at("redis/agent").reveal(), "pass\"word");
  EXPECT_EQ(got->files.at("trust/services.crt").reveal(), "PEM");
}

TEST(Inside, an_answer_arrives_as_it_was_given) {
  Answer given;
  given.live["redis-1"] = {{"maxmemory", "1", "2"}};
  given.live["redis-2"] = {};
  given.provisions = {{"database shop", "does not exist"}};
  given.roles = {{"redis-1", "primary"}};
  const Answer got = answer_from(json(given));
  EXPECT_EQ(got.live.at("redis-1").front().actual, "2");
  EXPECT_TRUE(got.live.at("redis-2").empty()) << "it answered, and nothing differs";
  EXPECT_EQ(got.provisions.front().what, "database shop");
  EXPECT_EQ(got.roles, given.roles);
}

TEST(Inside, words_of_another_keelson_are_refused) {
  EXPECT_EQ(question_from(R"({"schema":"keelson.inside/v2"})").error().code, ErrorCode::usage);
  EXPECT_FALSE(question_from("{"));
}

}  // namespace
}  // namespace keelson::kubernetes
