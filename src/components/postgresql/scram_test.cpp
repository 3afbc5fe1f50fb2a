#include "components/postgresql/scram.h"

#include <gtest/gtest.h>

namespace keelson::postgresql {
namespace {

// Salt and iterations of RFC 7677 section 3 (password "pencil"); keys derived from them.
constexpr std::string_view kPencil =
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

TEST(Scram, AVerifierFitsItsPassword) { EXPECT_TRUE(fits(kPencil, Secret("pencil"))); }
TEST(Scram, AVerifierFitsNoOther) { EXPECT_FALSE(fits(kPencil, Secret("pencil "))); }
TEST(Scram, WhatIsNoVerifierFitsNothing) {
  for (const char* text : {"", "md5abcdef", "SCRAM-SHA-256$", "SCRAM-SHA-256$4096:abc", "SCRAM-SHA-256$x:a$b:c", "SCRAM-SHA-256$0:a$b:c"})
    EXPECT_FALSE(fits(text, Secret("pencil"))) << text;
}

}  // namespace
}  // namespace keelson::postgresql
