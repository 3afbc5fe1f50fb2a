#include "artifact/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "system/digest.h"
#include "system/temporary_directory.h"

namespace keelson {
namespace {

constexpr std::string_view kPackages[] = {"redis-server"};
constexpr Artifact kRedis{"redis", "7.0", ArtifactSource::debian, kPackages, "usr/bin/redis-server"};
constexpr Artifact kShell{"app", "any", ArtifactSource::host, {}, "bin/sh"};

/// An archive with two packages, played by apt-get, dpkg-deb and chmod that write real files. Records every command.
class FakeArchive : public Commands {
 public:
  explicit FakeArchive(Files& files) : files_(files) {}

  Result<CommandOutput> run(const std::vector<std::string>& argv, const CommandOptions& options) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back(argv);
    if (has(argv, "--print-uris")) return resolve();
    if (has(argv, "download")) return download(argv, options.directory);
    if (has(argv, "update")) return update(argv);
    if (argv[0] == "dpkg-deb") return unpack(argv);
    if (argv[0] == "tar") return CommandOutput{};
    if (argv.back() == "--version") return CommandOutput{version_status_, "", "cannot open shared object"};
    return CommandOutput{};
  }

  static bool has(const std::vector<std::string>& argv, const std::string& word) {
    return std::find(argv.begin(), argv.end(), word) != argv.end();
  }
  int count(const std::string& word) const {
    return static_cast<int>(std::count_if(calls_.begin(), calls_.end(), [&](const auto& c) { return has(c, word); }));
  }

  std::vector<std::vector<std::string>> calls_;
  int updates_ = 0, version_status_ = 0;
  std::string served_ = "the bytes";     ///< what a download gives
  std::string version_ = "5:7.0.15-1";
  bool lists_missing_ = false, dpkg_dies_ = false, no_network_ = false;
  int gone_until_update_ = 0;

 private:
  /// Like apt's: exit code 0 also when there is no network.
  Result<CommandOutput> update(const std::vector<std::string>& argv) {
    ++updates_;
    if (no_network_) return CommandOutput{0, "", "W: Failed to fetch http://x  Temporary failure resolving 'x'\n"};
    constexpr std::string_view kOption = "Dir::State::lists=";
    for (const std::string& word : argv) {
      if (!word.starts_with(kOption)) continue;
      EXPECT_TRUE(files_.write(word.substr(kOption.size()) + "main_Packages.gz", "", 0644));
    }
    return CommandOutput{};
  }
  Result<CommandOutput> resolve() {
    if (lists_missing_ && updates_ == 0) return CommandOutput{100, "", "E: Unable to locate package redis-server\n"};
    std::string text;
    for (const std::string name : {"redis-server", "libc6"}) {
      const std::string version = name == "libc6" ? "2.36" : version_;
      std::string escaped = version;
      if (const auto colon = escaped.find(':'); colon != std::string::npos) escaped.replace(colon, 1, "%3a");
      text += fmt::format("'http://x/{0}' {0}_{1}_amd64.deb 9 SHA256:{2}\n", name, escaped, sha256_hex("the bytes"));
    }
    return CommandOutput{0, text, ""};
  }
  Result<CommandOutput> download(const std::vector<std::string>& argv, const std::string& directory) {
    if (gone_until_update_ > updates_) return CommandOutput{100, "", "E: Failed to fetch http://x  404  Not Found\n"};
    EXPECT_FALSE(has(argv, "libc6=2.36"));
    std::string escaped = version_;
    if (const auto colon = escaped.find(':'); colon != std::string::npos) escaped.replace(colon, 1, "%3a");
    EXPECT_TRUE(files_.write(directory + "/redis-server_" + escaped + "_amd64.deb", served_, 0644));
    return CommandOutput{};
  }
  Result<CommandOutput> unpack(const std::vector<std::string>& argv) {
    EXPECT_EQ(files_.read(argv[2]).value_or(""), "the bytes");
    EXPECT_TRUE(files_.make_directory(argv[3] + "/usr/bin", 0755));
    EXPECT_TRUE(files_.write(argv[3] + "/usr/bin/redis-server", "program", 0755));
    if (dpkg_dies_) return CommandOutput{2, "", "No space left on device"};
    return CommandOutput{};
  }
  Files& files_;
  std::mutex mutex_;
};

class StoreTest : public ::testing::Test {
 protected:
  Result<void> fetch() {
    return store_.fetch(kRedis, [this](const std::string& line) { said_ += line + "\n"; });
  }
  TemporaryDirectory dir_;
  RealFiles real_files_;
  Files& files_ = real_files_;
  FakeArchive archive_{files_};
  ArtifactStore store_{files_, archive_, dir_ / "artifacts"};
  std::string said_;
};

TEST_F(StoreTest, a_fetched_artifact_is_present_with_its_version_and_checksums_recorded) {
  EXPECT_FALSE(store_.present(kRedis).value());
  const auto fetched = fetch();
  ASSERT_TRUE(fetched) << describe(fetched.error());
  EXPECT_TRUE(store_.present(kRedis).value());
  EXPECT_EQ(store_.installed_series(kRedis).value(), "7.0.15");
  EXPECT_EQ(store_.series_warning(kRedis).value(), "");
  const Json lock = store_.lock().value();
  const Json& package = lock["artifacts"]["redis-7.0"]["packages"].items().at(0);
  EXPECT_EQ(package["version"].as_string(), "5:7.0.15-1");
  EXPECT_EQ(package["sha256"].as_string(), sha256_hex("the bytes"));
  EXPECT_EQ(lock["artifacts"]["redis-7.0"]["packages"].items().size(), 1u);  // libc6 stays the machine's
  EXPECT_EQ(parse_json(files_.read(dir_ / "artifacts/lock.json").value())->dump(), lock.dump());
}

TEST_F(StoreTest, a_second_fetch_runs_nothing) {
  ASSERT_TRUE(fetch());
  const auto before = archive_.calls_.size();
  ASSERT_TRUE(fetch());
  EXPECT_EQ(archive_.calls_.size(), before);
}

TEST_F(StoreTest, nothing_is_ever_installed) {
  ASSERT_TRUE(fetch());
  for (const auto& call : archive_.calls_) {
    EXPECT_EQ(FakeArchive::has(call, "install"), FakeArchive::has(call, "--print-uris"));
  }
}

TEST_F(StoreTest, a_package_with_other_bytes_than_the_index_says_is_refused) {
  archive_.served_ = "tampered!";
  const auto fetched = fetch();
  ASSERT_FALSE(fetched);
  EXPECT_NE(fetched.error().why.find("SHA-256"), std::string::npos);
  EXPECT_FALSE(store_.present(kRedis).value());
  EXPECT_EQ(archive_.count("-x"), 0);
}

TEST_F(StoreTest, a_cached_package_that_rotted_is_downloaded_again) {
  ASSERT_TRUE(fetch());
  ASSERT_TRUE(files_.remove_tree(store_.tree(kRedis)));
  ASSERT_TRUE(fetch());
  EXPECT_EQ(archive_.count("download"), 1);  // from the cache
  ASSERT_TRUE(files_.remove_tree(store_.tree(kRedis)));
  ASSERT_TRUE(files_.write(dir_ / "artifacts/cache/redis-server_5%3a7.0.15-1_amd64.deb", "rotten", 0644));
  ASSERT_TRUE(fetch());
  EXPECT_EQ(archive_.count("download"), 2);
}

TEST_F(StoreTest, a_fetch_that_dies_half_way_leaves_nothing_present_and_the_next_one_cleans_up) {
  archive_.dpkg_dies_ = true;
  ASSERT_FALSE(fetch());
  EXPECT_FALSE(store_.present(kRedis).value());
  ASSERT_TRUE(files_.write(dir_ / "artifacts/.new-incoming-1", "left by a killed one", 0644));
  archive_.dpkg_dies_ = false;
  ASSERT_TRUE(fetch());
  const auto names = files_.list(dir_ / "artifacts").value();
  for (const std::string& name : names) EXPECT_FALSE(name.starts_with(".new")) << name;
}

TEST_F(StoreTest, a_tree_without_record_is_not_present_and_is_replaced) {
  ASSERT_TRUE(files_.make_directory(store_.tree(kRedis) + "/usr/bin", 0755));
  ASSERT_TRUE(files_.write(store_.tree(kRedis) + "/usr/bin/redis-server", "half", 0755));
  EXPECT_FALSE(store_.present(kRedis).value());
  ASSERT_TRUE(fetch());
  EXPECT_EQ(files_.read(store_.tree(kRedis) + "/usr/bin/redis-server").value(), "program");
}

TEST_F(StoreTest, a_program_that_does_not_run_is_an_error_with_its_own_words) {
  archive_.version_status_ = 127;
  const auto fetched = fetch();
  ASSERT_FALSE(fetched);
  EXPECT_NE(fetched.error().why.find("shared object"), std::string::npos);
  EXPECT_FALSE(store_.present(kRedis).value());
}

TEST_F(StoreTest, missing_package_lists_are_fetched_into_its_own_directory) {
  archive_.lists_missing_ = true;
  ASSERT_TRUE(fetch());
  EXPECT_EQ(archive_.updates_, 1);
  EXPECT_GE(archive_.count("Dir::State::lists=" + (dir_ / "artifacts/apt/lists/")), 3);
}

TEST_F(StoreTest, without_network_the_error_says_so_and_the_next_fetch_starts_afresh) {
  archive_.lists_missing_ = true;
  archive_.no_network_ = true;
  const auto fetched = fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().what, "cannot get Debian's package lists");
  EXPECT_NE(fetched.error().next.find("network"), std::string::npos);
  archive_.no_network_ = false;
  EXPECT_TRUE(fetch());
}

TEST_F(StoreTest, lists_older_than_the_archive_are_renewed_once) {
  archive_.gone_until_update_ = 1;
  ASSERT_TRUE(fetch());
  EXPECT_EQ(archive_.updates_, 1);
}

TEST_F(StoreTest, a_package_gone_for_good_is_told_and_not_tried_for_ever) {
  archive_.gone_until_update_ = 99;
  const auto fetched = fetch();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(archive_.updates_, 1);
  EXPECT_NE(fetched.error().why.find("404"), std::string::npos);
}

TEST_F(StoreTest, another_series_than_the_tested_one_is_a_warning) {
  archive_.version_ = "5:7.2.1-1";
  ASSERT_TRUE(fetch());
  EXPECT_NE(said_.find("warning: redis 7.2.1 was unpacked, but keelson is tested with series 7.0"), std::string::npos);
}

TEST_F(StoreTest, two_threads_that_fetch_the_same_artifact_do_it_once) {
  Result<void> one, two;
  std::thread first([&] { one = store_.fetch(kRedis, [](const std::string&) {}); });
  std::thread second([&] { two = store_.fetch(kRedis, [](const std::string&) {}); });
  first.join();
  second.join();
  EXPECT_TRUE(one);
  EXPECT_TRUE(two);
  EXPECT_EQ(archive_.count("download"), 1);
}

TEST_F(StoreTest, the_environment_points_into_the_tree_and_keeps_the_machines_path) {
  const auto environment = store_.environment(kRedis);
  const std::string tree = dir_ / "artifacts/redis-7.0";
  EXPECT_EQ(environment[0].first, "PATH");
  EXPECT_EQ(environment[0].second, tree + "/usr/sbin:" + tree + "/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  EXPECT_EQ(environment[2].first, "LD_LIBRARY_PATH");
  EXPECT_TRUE(environment[2].second.starts_with(tree + "/usr/lib/"));
}

TEST_F(StoreTest, a_program_of_the_machine_needs_no_fetch_and_gets_no_library_path) {
  EXPECT_EQ(store_.tree(kShell), "/");
  EXPECT_TRUE(store_.present(kShell).value());
  EXPECT_TRUE(store_.fetch(kShell, [](const std::string&) {}));
  EXPECT_EQ(store_.environment(kShell).size(), 2u);
  EXPECT_TRUE(archive_.calls_.empty());
}

TEST_F(StoreTest, an_empty_store_exports_nothing_and_a_bundle_that_is_not_there_is_refused) {
  EXPECT_FALSE(store_.export_bundle(dir_ / "bundle.tar"));
  EXPECT_FALSE(store_.import_bundle(dir_ / "bundle.tar"));
  EXPECT_EQ(archive_.count("tar"), 0);
}

TEST(Series, is_compared_by_whole_numbers) {
  EXPECT_TRUE(in_series("15.20", "15"));
  EXPECT_TRUE(in_series("7.0", "7.0"));
  EXPECT_FALSE(in_series("7.02", "7.0"));
  EXPECT_FALSE(in_series("150", "15"));
  EXPECT_EQ(upstream_version("5:7.0.15-1~deb12u5"), "7.0.15");
  EXPECT_EQ(upstream_version("15.20-0+deb12u1"), "15.20");
}

}  // namespace
}  // namespace keelson
