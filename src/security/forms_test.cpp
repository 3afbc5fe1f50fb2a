#include "security/forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/digest.h"

namespace keelson {
namespace {

std::string revealed(const Result<Secret>& secret) { return secret ? std::string(secret->reveal()) : "error: " + secret.error().what; }
std::string formed(std::string bytes, SecretForm form, const std::string& name = "redis/app") {
  return revealed(in_form(Secret(std::move(bytes)), form, name));
}

// RFC 7677 section 3: user "user", password "pencil", the server's first message and the final proofs.
TEST(FormsTest, scram_verifier_answers_the_example_of_rfc_7677) {
  const std::string salt = base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");
  const std::string verifier = revealed(scram_verifier("pencil", salt, 4096));
  ASSERT_EQ(verifier.substr(0, 44), "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$");
  const auto colon = verifier.rfind(':');
  const std::string stored_key = base64_decode(verifier.substr(44, colon - 44)), server_key = base64_decode(verifier.substr(colon + 1));
  const std::string auth_message =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  // What the server sends: v = HMAC(ServerKey, AuthMessage).
  EXPECT_EQ(base64(hmac_sha256(server_key, auth_message)), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  // What the client proved: ClientKey = proof XOR HMAC(StoredKey, AuthMessage), and H(ClientKey) is StoredKey.
  std::string client_key = base64_decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  const std::string signature = hmac_sha256(stored_key, auth_message);
  ASSERT_EQ(client_key.size(), signature.size());
  for (std::size_t i = 0; i < signature.size(); ++i) client_key[i] = static_cast<char>(client_key[i] ^ signature[i]);
  EXPECT_EQ(base64(sha256(client_key)), base64(stored_key));
}

TEST(FormsTest, scram_is_the_same_each_time_and_differs_by_name_and_by_secret) {
  const std::string first = formed("pencil", SecretForm::scram_sha_256, "pg/app");
  EXPECT_EQ(first, formed("pencil", SecretForm::scram_sha_256, "pg/app"));
  const auto salt_of = [](const std::string& verifier) { return verifier.substr(0, verifier.rfind('$')); };
  EXPECT_NE(salt_of(first), salt_of(formed("pencil", SecretForm::scram_sha_256, "pg/other")));
  EXPECT_NE(salt_of(first), salt_of(formed("pencils", SecretForm::scram_sha_256, "pg/app")));
}

TEST(FormsTest, scram_refuses_what_clients_might_normalise) {
  for (const std::string& password : {std::string("\xEF\xAC\x81x"), std::string("a\xC2\xA0"), std::string("\xFF"), std::string("a\0b", 3)})
    EXPECT_FALSE(in_form(Secret(password), SecretForm::scram_sha_256, "a"));
}

TEST(FormsTest, an_empty_password_is_refused) {
  EXPECT_FALSE(in_form(Secret(), SecretForm::scram_sha_256, "a"));
  EXPECT_FALSE(in_form(Secret(), SecretForm::sha256_hex, "a"));
}

TEST(FormsTest, sha256_hex_is_what_redis_wants) {
  EXPECT_EQ(formed("abc", SecretForm::sha256_hex), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(FormsTest, quotes_and_backslashes_are_escaped_and_nothing_else) {
  EXPECT_EQ(formed(R"(a"b\c$d 'e')", SecretForm::double_quoted), R"(a\"b\\c$d 'e')");
  EXPECT_EQ(formed("\xF0\x9F\x94\x91", SecretForm::double_quoted), "\xF0\x9F\x94\x91");
}

TEST(FormsTest, a_line_break_or_nul_cannot_leave_its_line) {
  for (const std::string& bytes : {std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3)})
    EXPECT_FALSE(in_form(Secret(bytes), SecretForm::double_quoted, "a"));
}

TEST(FormsTest, text_is_filled_in_order_with_each_form) {
  Text text("user app on #");
  text.add(SecretRef{"one", SecretForm::sha256_hex}).add(std::string("\nrequirepass \""));
  text.add(SecretRef{"two", SecretForm::double_quoted}).add(std::string("\"\n"));
  const auto out = materialise(text, [](const std::string& name) -> Result<Secret> { return Secret(name == "one" ? "abc" : "x\"y"); });
  EXPECT_EQ(revealed(out),
            "user app on #ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\nrequirepass \"x\\\"y\"\n");
}

TEST(FormsTest, what_a_secret_holds_is_never_filled_again) {
  const auto out = materialise(Text(SecretRef{"a"}), [](const std::string&) -> Result<Secret> { return Secret("${secret:b}{{c}}"); });
  EXPECT_EQ(revealed(out), "${secret:b}{{c}}");
}

TEST(FormsTest, a_missing_secret_is_the_error) {
  const auto out = materialise(Text(SecretRef{"a"}), [](const std::string& name) -> Result<Secret> { return fail("no such secret", name); });
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().where, "a");
}

TEST(FormsTest, text_without_secrets_is_itself) {
  EXPECT_EQ(revealed(materialise(Text("plain\n"), [](const std::string&) -> Result<Secret> { return fail("asked"); })), "plain\n");
  EXPECT_EQ(revealed(materialise(Text(), [](const std::string&) -> Result<Secret> { return fail("asked"); })), "");
}

}  // namespace
}  // namespace keelson
