#include "security/secret_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "system/temporary_directory.h"

namespace keelson {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SecretStoreTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<SecretStore>> open() { return SecretStore::open(files_, random_, key_, path_); }
  std::string raw() { return files_.read(path_).value(); }
  static std::string revealed(const Result<Secret>& secret) { return secret ? std::string(secret->reveal()) : "error: " + secret.error().what; }

  TemporaryDirectory dir_;
  RealFiles real_;
  Files& files_ = real_;
  RealRandom random_;
  const std::string key_path_ = dir_ / "keys/nexus.key";
  const std::string path_ = dir_ / "secrets.sealed";
  KeyFile key_{key_path_, random_};
};

TEST_F(SecretStoreTest, a_secret_is_generated_once_and_read_back_by_another_process) {
  auto store = open().value();
  EXPECT_TRUE(store->ensure({"redis/app", "the application"}, random_).value());
  EXPECT_FALSE(store->ensure({"redis/app", "the application"}, random_).value());
  const std::string value = revealed(store->get("redis/app"));
  EXPECT_EQ(value.size(), 32u);
  auto again = open().value();
  EXPECT_EQ(revealed(again->get("redis/app")), value);
  EXPECT_EQ(again->purpose("redis/app").value(), "the application");
}

TEST_F(SecretStoreTest, a_pinned_value_is_taken_and_wins_over_an_older_one) {
  auto store = open().value();
  const std::string odd = "q\"u'o$te \xF0\x9F\x94\x91\n";
  EXPECT_TRUE(store->ensure({"a", "", 32}, random_).value());
  EXPECT_TRUE(store->ensure({"a", "", 32, odd}, random_).value());
  EXPECT_EQ(revealed(open().value()->get("a")), odd);
  EXPECT_FALSE(store->ensure({"a", "", 32, odd}, random_).value());
  EXPECT_FALSE(store->ensure({"a", "", 32}, random_).value()) << "no longer pinned: it stays";
  EXPECT_EQ(revealed(store->get("a")), odd);
}

TEST_F(SecretStoreTest, many_are_made_in_one_rewrite) {
  auto store = open().value();
  EXPECT_THAT(store->ensure_all({{"a", "x"}, {"b", "y"}}, random_).value(), ElementsAre("a", "b"));
  EXPECT_THAT(store->ensure_all({{"a", "x"}, {"c", "z"}}, random_).value(), ElementsAre("c"));
  const std::string before = raw();
  EXPECT_TRUE(store->ensure_all({{"a", "x"}, {"c", "z"}}, random_).value().empty());
  EXPECT_EQ(raw(), before) << "a second run writes nothing";
}

TEST_F(SecretStoreTest, a_secret_too_short_to_guess_at_is_not_generated) {
  EXPECT_FALSE(open().value()->ensure({"a", "", 8}, random_));
}

TEST_F(SecretStoreTest, the_file_shows_neither_values_nor_names_and_is_private) {
  auto store = open().value();
  ASSERT_TRUE(store->put("redis/app", Secret("CANARY-VALUE")));
  EXPECT_THAT(raw(), ::testing::Not(HasSubstr("CANARY")));
  EXPECT_THAT(raw(), ::testing::Not(HasSubstr("redis/app")));
  EXPECT_EQ(files_.info(path_).value()->mode, 0600u);
  EXPECT_EQ(files_.info(key_path_).value()->mode, 0600u);
}

TEST_F(SecretStoreTest, the_same_content_is_never_the_same_bytes) {
  auto store = open().value();
  ASSERT_TRUE(store->put("a", Secret("x")));
  const std::string first = raw();
  ASSERT_TRUE(store->put("a", Secret("x")));
  const std::string second = raw();
  ASSERT_EQ(first.size(), second.size());
  EXPECT_NE(first.substr(26, 12), second.substr(26, 12)) << "the nonce";
  EXPECT_NE(first.substr(38), second.substr(38));
}

TEST_F(SecretStoreTest, any_changed_byte_is_noticed_and_the_file_left_alone) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  const std::string good = raw();
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    ASSERT_TRUE(files_.write(path_, bad, 0600));
    ASSERT_FALSE(open()) << "byte " << at;
    ASSERT_EQ(raw(), bad) << "byte " << at;
  }
}

TEST_F(SecretStoreTest, any_cut_and_any_appended_byte_is_noticed) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  const std::string good = raw();
  for (std::size_t size = 0; size < good.size(); ++size) {
    ASSERT_TRUE(files_.write(path_, good.substr(0, size), 0600));
    ASSERT_FALSE(open()) << size << " bytes";
  }
  ASSERT_TRUE(files_.write(path_, good + '\0', 0600));
  EXPECT_FALSE(open());
}

TEST_F(SecretStoreTest, a_store_damaged_while_open_is_not_overwritten) {
  auto store = open().value();
  ASSERT_TRUE(store->put("a", Secret("value")));
  std::string bad = raw();
  bad.back() = static_cast<char>(bad.back() ^ 1);
  ASSERT_TRUE(files_.write(path_, bad, 0600));
  EXPECT_FALSE(store->put("b", Secret("other")));
  EXPECT_FALSE(store->get("a"));
  EXPECT_EQ(raw(), bad);
  ASSERT_TRUE(files_.remove(path_));
  EXPECT_FALSE(store->put("b", Secret("other"))) << "gone is damage too";
}

TEST_F(SecretStoreTest, a_lost_key_is_told_by_name_and_no_new_one_is_made) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  ASSERT_TRUE(files_.remove(key_path_));
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().where, key_path_);
  EXPECT_THAT(opened.error().what, HasSubstr("missing"));
  EXPECT_FALSE(files_.info(key_path_).value().has_value());
}

TEST_F(SecretStoreTest, another_key_is_told_apart_from_damage) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  ASSERT_TRUE(files_.write(key_path_, random_.bytes(32), 0600));
  const auto opened = open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().what, HasSubstr("another key"));
  EXPECT_THAT(opened.error().why, HasSubstr(key_path_));
}

TEST_F(SecretStoreTest, a_key_that_others_can_read_is_refused) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  for (const unsigned mode : {0640u, 0604u, 0620u}) {
    ASSERT_EQ(::chmod(key_path_.c_str(), mode), 0);
    EXPECT_FALSE(open()) << std::oct << mode;
  }
  ASSERT_EQ(::chmod(key_path_.c_str(), 0600), 0);
  EXPECT_TRUE(open());
}

TEST_F(SecretStoreTest, a_key_in_a_directory_that_others_can_write_is_refused) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  ASSERT_EQ(::chmod((dir_ / "keys").c_str(), 0777), 0);
  EXPECT_FALSE(open());
}

TEST_F(SecretStoreTest, a_key_of_another_user_is_refused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  ASSERT_EQ(::chown(key_path_.c_str(), 65534, 65534), 0);
  EXPECT_FALSE(open());
}

TEST_F(SecretStoreTest, a_key_that_is_a_symlink_or_of_another_size_is_refused) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  ASSERT_TRUE(files_.rename(key_path_, dir_ / "keys/real"));
  ASSERT_EQ(::symlink((dir_ / "keys/real").c_str(), key_path_.c_str()), 0);
  EXPECT_FALSE(open());
  ASSERT_TRUE(files_.remove(key_path_));
  const std::string key = files_.read(dir_ / "keys/real").value();
  for (const std::string& bytes : {key.substr(1), key + "x", std::string()}) {
    ASSERT_TRUE(files_.write(key_path_, bytes, 0600));
    EXPECT_FALSE(open()) << bytes.size();
  }
}

TEST_F(SecretStoreTest, an_existing_key_is_used_for_a_new_store) {
  ASSERT_TRUE(open().value()->put("a", Secret("value")));
  const std::string key = files_.read(key_path_).value();
  ASSERT_TRUE(files_.remove(path_));
  ASSERT_TRUE(open().value()->put("b", Secret("other")));
  EXPECT_EQ(files_.read(key_path_).value(), key);
}

TEST_F(SecretStoreTest, two_open_stores_never_lose_each_others_changes) {
  auto one = open().value(), two = open().value();
  ASSERT_TRUE(one->put("a", Secret("1")));
  ASSERT_TRUE(two->put("b", Secret("2")));
  ASSERT_TRUE(one->put("a", Secret("3")));
  EXPECT_EQ(revealed(two->get("a")), "3");
  EXPECT_THAT(one->names().value(), ElementsAre("a", "b"));
}

TEST_F(SecretStoreTest, threads_and_stores_at_once_keep_everything) {
  auto one = open().value(), two = open().value();
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n) EXPECT_TRUE((i % 2 ? one : two)->put(std::to_string(i) + "/" + std::to_string(n), Secret("x")));
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(open().value()->names().value().size(), 20u);
}

TEST_F(SecretStoreTest, sealed_secrets_are_out_of_reach_of_names) {
  auto store = open().value();
  std::vector<std::pair<std::string, Secret>> values;
  values.emplace_back("ca/members/root.key", Secret("KEY"));
  ASSERT_TRUE(store->seal(std::move(values)));
  EXPECT_FALSE(store->get("ca/members/root.key"));
  EXPECT_TRUE(store->names().value().empty());
  EXPECT_EQ(revealed(open().value()->sealed("ca/members/root.key")), "KEY");
  ASSERT_TRUE(store->put("ca/members/root.key", Secret("hostile")));
  EXPECT_EQ(revealed(store->sealed("ca/members/root.key")), "KEY");
}

TEST_F(SecretStoreTest, errors_never_hold_the_secret) {
  auto store = open().value();
  ASSERT_TRUE(store->put("a", Secret("CANARY")));
  ASSERT_TRUE(files_.write(path_, raw() + "x", 0600));
  EXPECT_THAT(describe(store->get("a").error()), ::testing::Not(HasSubstr("CANARY")));
}

}  // namespace
}  // namespace keelson
