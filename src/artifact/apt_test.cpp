#include "artifact/apt.h"

#include <gtest/gtest.h>

#include "artifact/host_packages.h"

namespace keelson {
namespace {

const std::string kSum(64, 'a');

TEST(PrintUris, reads_package_lines_and_skips_the_talk) {
  const auto found = parse_print_uris(
      "Reading package lists...\nThe following NEW packages will be installed:\n  'quoted' no\n"
      "'http://deb.debian.org/debian/pool/main/r/redis/redis-server_7.0.15-1%7edeb12u5_amd64.deb' "
      "redis-server_5%3a7.0.15-1~deb12u5_amd64.deb 73728 SHA256:" + kSum + "\n");
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(*found, (std::vector<DebianPackage>{{"redis-server", "5:7.0.15-1~deb12u5",
                                                 "redis-server_5%3a7.0.15-1~deb12u5_amd64.deb", 73728, kSum}}));
}

TEST(PrintUris, refuses_a_package_without_sha256) {
  // What apt prints for the security archive when ForceHash is forgotten: nothing, or only MD5.
  EXPECT_FALSE(parse_print_uris("'http://x/a_1_all.deb' a_1_all.deb 10 \n"));
  EXPECT_FALSE(parse_print_uris("'http://x/a_1_all.deb' a_1_all.deb 10 MD5Sum:0b4b40eb2839a868f3c2b2f452230f6b\n"));
  EXPECT_FALSE(parse_print_uris("'http://x/a_1_all.deb' a_1_all.deb 10 SHA256:short\n"));
}

TEST(PrintUris, refuses_names_that_lead_elsewhere_and_lines_it_does_not_know) {
  for (const std::string line : {"'u' ../a_1_all.deb 10 SHA256:", "'u' .a_1_all.deb 10 SHA256:", "'u' a.deb 10 SHA256:",
                                 "'u' a_1_all.deb ten SHA256:", "'u' a_1_all.deb -1 SHA256:"}) {
    EXPECT_FALSE(parse_print_uris(line + kSum + "\n")) << line;
  }
  EXPECT_FALSE(parse_print_uris("'u'\n"));
}

TEST(AptError, says_what_to_do_about_the_usual_troubles) {
  EXPECT_NE(apt_error("x", {100, "", "E: Failed to fetch http://a  Temporary failure resolving 'a'\n"}).next.find("DNS"),
            std::string::npos);
  EXPECT_NE(apt_error("x", {100, "", "E: Write error - No space left on device\n"}).next.find("free disk"), std::string::npos);
  EXPECT_NE(apt_error("x", {100, "", "E: Unable to locate package foo\n"}).next.find("Debian 12"), std::string::npos);
  EXPECT_EQ(apt_error("x", {100, "", "W: noise\nE: one\nE: two\n"}).why, "one; two");
}

TEST(LeftOut, keeps_libraries_engines_load_and_leaves_out_what_would_break_them) {
  EXPECT_TRUE(is_left_out("libc6"));
  EXPECT_TRUE(is_left_out("python3.11"));
  EXPECT_TRUE(is_left_out("libllvm14"));
  for (const char* needed : {"libssl3", "libjemalloc2", "libicu72", "libpq5", "python3-psycopg2", "libevent-2.1-7"}) {
    EXPECT_FALSE(is_left_out(needed)) << needed;
  }
}

}  // namespace
}  // namespace keelson
