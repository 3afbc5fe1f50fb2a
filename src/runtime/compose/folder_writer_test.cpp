#include "runtime/folder_writer.h"

#include <gmock/gmock.h>

#include "runtime/compose/book_file.h"
#include "runtime/compose/test_foundation.h"
#include "security/certificate_facts.h"
#include "system/digest.h"
#include "system/temporary_directory.h"

namespace keelson::compose {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kDay = 86'400'000;

struct SetClock : Clock {
  std::int64_t now_ms = 1'795'000'000'000;
  std::int64_t wall_ms() const override { return now_ms; }
  std::int64_t monotonic_us() const override { return now_ms * 1000; }
};

class FolderWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    secrets_ = SecretStore::open(files_, random_, key_, dir_ / "secrets.enc").value();
    ASSERT_TRUE(secrets_->ensure_all(made_.foundation.secrets, random_));
    authority_ = std::make_unique<Authority>(Authority::open_or_create(files_, clock_, *secrets_, dir_ / "ca", "demo").value());
  }
  std::vector<std::string> write() { return write(made_.folder().value()); }
  std::vector<std::string> write(const Folder& folder) {
    auto changed = write_folder(content_of(folder), made_.users(), Owning::renderer, out_, {files_, *secrets_, *authority_, clock_});
    if (!changed) ADD_FAILURE() << describe(changed.error());
    return changed.value_or(std::vector<std::string>{});
  }
  std::vector<FolderDifference> compare() {
    auto found = compare_folder(content_of(made_.folder().value()), made_.users(), Owning::renderer, out_, written_, {files_, *secrets_, *authority_, clock_});
    if (!found) ADD_FAILURE() << describe(found.error());
    return found.value_or(std::vector<FolderDifference>{});
  }
  Result<void> check(const std::string& directory, const std::string& project) { return check_target(files_, directory, project, std::string(kComposeFile), mark_of(project)); }
  std::string read(const std::string& path) { return files_.read(out_ + "/" + path).value_or(""); }

  TemporaryDirectory dir_;
  std::string out_ = dir_ / "out";
  std::map<std::string, std::string> written_;
  RealFiles real_;
  Files& files_ = real_;
  RealRandom random_;
  SetClock clock_;
  KeyFile key_{dir_ / "keys/demo.key", random_};
  std::unique_ptr<SecretStore> secrets_;
  std::unique_ptr<Authority> authority_;
  TestFoundation made_{"foundation: demo\ncomponents:\n  redis: { members: 1 }\n"};
};

TEST_F(FolderWriterTest, rendering_again_changes_nothing) {
  EXPECT_FALSE(write().empty());
  EXPECT_THAT(write(), IsEmpty());
}

TEST_F(FolderWriterTest, secrets_stand_only_in_private_files) {
  write();
  const std::string password(secrets_->get("redis/agent")->reveal());
  EXPECT_EQ(read("secrets/redis-1/probe/password"), password);
  EXPECT_EQ(files_.info(out_ + "/secrets/redis-1/probe/password").value()->mode, 0600U);
  EXPECT_EQ(files_.info(out_ + "/secrets").value()->mode, 0700U);
  EXPECT_EQ(files_.info(out_ + "/secrets/redis-1/tls/server.key").value()->mode, 0600U);
  EXPECT_EQ(read("compose.yaml").find(password), std::string::npos);
}

TEST_F(FolderWriterTest, an_edited_file_and_an_opened_secret_are_mended) {
  write();
  const std::string live = read("config/redis-1/live.conf");
  ASSERT_TRUE(files_.write(out_ + "/config/redis-1/live.conf", live + "maxmemory 1\n", 0644));
  ASSERT_TRUE(files_.write(out_ + "/secrets/redis-1/users.acl", read("secrets/redis-1/users.acl"), 0644));
  EXPECT_THAT(write(), ElementsAre("config/redis-1/live.conf", "secrets/redis-1/users.acl"));
  EXPECT_EQ(read("config/redis-1/live.conf"), live);
}

TEST_F(FolderWriterTest, a_certificate_is_kept_until_two_thirds_of_its_life_and_always_fits_its_key) {
  write();
  clock_.now_ms += 50 * kDay;
  EXPECT_THAT(write(), IsEmpty());
  clock_.now_ms += 15 * kDay;
  EXPECT_THAT(write(), Contains("config/redis-1/tls/server.crt"));
  EXPECT_TRUE(key_matches(read("config/redis-1/tls/server.crt"), Secret(read("secrets/redis-1/tls/server.key"))));
}

TEST_F(FolderWriterTest, instances_that_are_no_more_leave_nothing) {
  write();
  Folder fewer = made_.folder().value();
  fewer.compose.services.pop_back();  // the balancer
  std::erase_if(fewer.given.files, [](const FolderFile& file) { return file.path.find("redis-endpoints-1") != std::string::npos; });
  std::erase_if(fewer.given.trust, [](const FolderTrust& file) { return file.path.find("redis-endpoints-1") != std::string::npos; });
  write(fewer);
  EXPECT_FALSE(files_.info(out_ + "/secrets/redis-endpoints-1").value());
  EXPECT_FALSE(files_.info(out_ + "/config/redis-endpoints-1").value());
  EXPECT_TRUE(files_.info(out_ + "/secrets/clients/redis/app").value());
}

TEST_F(FolderWriterTest, a_folder_of_somebody_else_is_refused) {
  EXPECT_TRUE(check(out_, "demo")) << "it is not there yet";
  write();
  EXPECT_TRUE(check(out_, "demo"));
  EXPECT_FALSE(check(out_, "other"));
  const std::string foreign = dir_ / "foreign";
  ASSERT_TRUE(files_.make_directory(foreign, 0755));
  EXPECT_TRUE(check(foreign, "demo")) << "it is empty";
  ASSERT_TRUE(files_.write(foreign + "/compose.yaml", "services: {}\n", 0644));
  EXPECT_EQ(check(foreign, "demo").error().code, ErrorCode::preflight_refused);
}

TEST_F(FolderWriterTest, the_book_comes_back_as_it_was_written) {
  const std::string state = dir_ / "state";
  EXPECT_EQ(read_book(files_, state).value(), Book{});
  ASSERT_TRUE(files_.make_directory(state, 0711));
  ASSERT_TRUE(write_book(files_, state, made_.book));
  EXPECT_EQ(read_book(files_, state).value(), made_.book);
}

std::vector<std::string> lines(const std::vector<FolderDifference>& differences) {
  std::vector<std::string> out;
  for (const FolderDifference& one : differences) out.push_back(one.instance + " " + one.shown + " " + std::to_string(static_cast<int>(one.state)));
  return out;
}

std::string line(const std::string& instance, const std::string& shown, DiskState state) { return instance + " " + shown + " " + std::to_string(static_cast<int>(state)); }

TEST_F(FolderWriterTest, what_was_written_does_not_differ) {
  write();
  EXPECT_THAT(lines(compare()), IsEmpty());
}

TEST_F(FolderWriterTest, what_is_missing_is_told_by_instance_as_plans_name_it) {
  write();
  ASSERT_TRUE(files_.remove(out_ + "/config/redis-1/static.conf"));
  ASSERT_TRUE(files_.remove(out_ + "/compose.yaml"));
  EXPECT_THAT(lines(compare()), ElementsAre(line("redis-1", "static.conf", DiskState::missing), line("", "compose.yaml", DiskState::missing)));
}

TEST_F(FolderWriterTest, a_change_by_hand_is_told_from_a_change_of_the_blueprint) {
  write();
  const std::string path = "config/redis-1/static.conf";
  ASSERT_TRUE(files_.write(out_ + "/" + path, "port 1\n", 0644));
  EXPECT_THAT(lines(compare()), ElementsAre(line("redis-1", "static.conf", DiskState::edited)));
  written_[path] = sha256_hex("port 1\n");
  EXPECT_THAT(lines(compare()), ElementsAre(line("redis-1", "static.conf", DiskState::stale)));
}

/// A disk that takes so many files and no more.
struct CutFiles : RealFiles {
  explicit CutFiles(int takes) : left(takes) {}
  int left;
  Result<void> write(const std::string& path, std::string_view content, unsigned mode, Owner owner) override {
    return left-- > 0 ? RealFiles::write(path, content, mode, owner) : fail("the machine lost power", path);
  }
};

TEST_F(FolderWriterTest, wherever_a_write_was_cut_nothing_counts_as_changed_by_hand_when_the_blueprint_changes) {
  const Folder before = TestFoundation("foundation: demo\ncomponents:\n  redis: { members: 1, memory: 1Gi }\n", made_.book).folder().value();
  for (int takes = 0; takes <= 30; takes += 3) {
    ASSERT_TRUE(files_.remove_tree(out_));
    written_.clear();
    CutFiles files(takes);
    FolderMachine machine{files, *secrets_, *authority_, clock_};
    machine.note = [&](const std::string& path, std::string_view content) { return written_[path] = sha256_hex(content), Result<void>(); };
    (void)write_folder(content_of(before), made_.users(), Owning::renderer, out_, machine);
    for (const FolderDifference& difference : compare()) EXPECT_NE(difference.state, DiskState::edited) << difference.path << " after " << takes << " files";
  }
}

MATCHER_P(ServerLeafIs, state, "") { return arg.shown == "tls/server" && arg.state == state; }

TEST_F(FolderWriterTest, a_key_that_was_written_without_its_certificate_is_no_change_by_hand) {
  write();
  for (const char* path : {"config/redis-1/tls/server.crt", "secrets/redis-1/tls/server.key"}) written_[path] = sha256_hex(read(path));
  clock_.now_ms += 200 * kDay;  // renewed, and cut after the key
  const std::string old = read("config/redis-1/tls/server.crt");
  ASSERT_THAT(write(), Contains("secrets/redis-1/tls/server.key"));
  written_["secrets/redis-1/tls/server.key"] = sha256_hex(read("secrets/redis-1/tls/server.key"));
  ASSERT_TRUE(files_.write(out_ + "/config/redis-1/tls/server.crt", old, 0644));
  EXPECT_THAT(compare(), Contains(ServerLeafIs(DiskState::stale)));
  ASSERT_TRUE(files_.write(out_ + "/config/redis-1/tls/server.crt", old + "\n", 0644));
  EXPECT_THAT(compare(), Contains(ServerLeafIs(DiskState::edited)));
}

TEST_F(FolderWriterTest, an_old_leaf_is_to_be_renewed) {
  write();
  clock_.now_ms += 61 * kDay;
  EXPECT_THAT(lines(compare()), Contains(line("redis-1", "tls/server", DiskState::renew)));
}

}  // namespace
}  // namespace keelson::compose
