#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace keelson {

/// How a secret is written into an engine's file.
enum class SecretForm {
  plain,           ///< the bytes as they are
  sha256_hex,      ///< lower-case hex of SHA-256 (Redis ACL `#<hash>`)
  scram_sha_256,   ///< a PostgreSQL SCRAM verifier (RFC 5803), salt derived from the secret's name: same bytes each time
  double_quoted,   ///< inside "…" with \ and " escaped (Redis, HAProxy configuration)
};

/// A secret named, not held: "redis/app".
struct SecretRef {
  std::string name;
  SecretForm form = SecretForm::plain;
  bool operator==(const SecretRef&) const = default;
};

/// Text of a rendered file in which secrets stand as references. What renders, plans and logs only ever sees this; the
/// runtime puts the secrets in at the moment it writes the file for its owner.
class Text {
 public:
  using Piece = std::variant<std::string, SecretRef>;

  Text() = default;
  Text(std::string literal) { add(std::move(literal)); }
  Text(std::string_view literal) { add(std::string(literal)); }
  Text(const char* literal) { add(std::string(literal)); }
  Text(SecretRef ref) { pieces_.emplace_back(std::move(ref)); }

  Text& add(std::string literal) {
    if (literal.empty()) return *this;
    if (!pieces_.empty() && std::holds_alternative<std::string>(pieces_.back())) std::get<std::string>(pieces_.back()) += literal;
    else pieces_.emplace_back(std::move(literal));
    return *this;
  }
  Text& add(SecretRef ref) { pieces_.emplace_back(std::move(ref)); return *this; }
  Text& add(const Text& text) {
    for (const Piece& piece : text.pieces_) {
      if (const auto* literal = std::get_if<std::string>(&piece)) add(*literal);
      else pieces_.push_back(piece);
    }
    return *this;
  }

  const std::vector<Piece>& pieces() const { return pieces_; }
  bool operator==(const Text&) const = default;

  /// For people and tests: secrets appear as `${secret:redis/app}`.
  std::string redacted() const {
    std::string out;
    for (const Piece& piece : pieces_) {
      if (const auto* literal = std::get_if<std::string>(&piece)) out += *literal;
      else out += "${secret:" + std::get<SecretRef>(piece).name + "}";
    }
    return out;
  }

 private:
  std::vector<Piece> pieces_;
};

}  // namespace keelson
