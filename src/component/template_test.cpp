#include "component/template.h"

#include <gtest/gtest.h>

#include "component/defaults.h"

namespace keelson {
namespace {

TEST(Template, PutsValuesAndSecretReferencesInTheirPlaces) {
  const auto text = fill("t", "bind {{address}}\nauth \"{{password}}\"\n", {{"address", "127.77.1.1"}, {"password", SecretRef{"redis/app", SecretForm::double_quoted}}});
  ASSERT_TRUE(text);
  EXPECT_EQ(text->redacted(), "bind 127.77.1.1\nauth \"${secret:redis/app}\"\n");
}

TEST(Template, RefusesAPlaceWithoutAValueAndAValueWithoutAPlace) {
  EXPECT_FALSE(fill("t", "{{a}}", {}));
  EXPECT_FALSE(fill("t", "nothing", {{"a", "1"}}));
  EXPECT_FALSE(fill("t", "{{a", {{"a", "1"}}));
}

TEST(Defaults, FillWhatIsAbsentAndDescendIntoObjects) {
  static constexpr Setting kInner[] = {{.name = "size", .type = SettingType::bytes, .default_value = "1Mi"}};
  static constexpr Setting kTable[] = {{.name = "members", .type = SettingType::integer, .default_value = "3"},
                                       {.name = "pool", .type = SettingType::object, .fields = kInner},
                                       {.name = "note", .type = SettingType::text}};
  Settings settings;
  ASSERT_TRUE(fill_defaults(settings, kTable));
  EXPECT_EQ(number(settings, "members"), 3);
  EXPECT_EQ(number(at(settings, "pool").object(), "size"), 1 << 20);
  EXPECT_FALSE(has(settings, "note"));
  EXPECT_TRUE(at(settings, "members").from_default);
}

TEST(Defaults, ReadScalarsStrictly) {
  const Setting integer{.name = "n", .type = SettingType::integer, .minimum = 1, .maximum = 9};
  EXPECT_TRUE(read_scalar(integer, "9"));
  for (const char* text : {"0", "10", "1e3", "0o17", "010", "+3", "3.0", ""}) EXPECT_FALSE(read_scalar(integer, text)) << text;
  const Setting choice{.name = "c", .type = SettingType::choice, .choices = "synchronous|asynchronous"};
  const auto wrong = read_scalar(choice, "syncronous");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().next, "did you mean synchronous? choose from: synchronous, asynchronous");
  const Setting schedule{.name = "s", .type = SettingType::schedule};
  EXPECT_TRUE(read_scalar(schedule, "0 2 * * 1-5"));
  EXPECT_FALSE(read_scalar(schedule, "60 2 * * *"));
}

}  // namespace
}  // namespace keelson
