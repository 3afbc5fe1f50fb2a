#pragma once
#include <tl/expected.hpp>

#include "base/error.h"

namespace keelson {

/// A value, or the reason there is none. Exceptions stop at library borders; inside keelson errors are values.
template <typename T>
using Result = tl::expected<T, Error>;

/// A value, or every problem found (validation).
template <typename T>
using Checked = tl::expected<T, Errors>;

using tl::unexpected;

/// `return fail("cannot read the file", path, strerror(errno), "check its permissions");`
inline tl::unexpected<Error> fail(std::string what, std::string where = {}, std::string why = {},
                                  std::string next = {}) {
  return tl::unexpected<Error>(
      Error{ErrorCode::failed, std::move(what), std::move(where), std::move(why), std::move(next)});
}

/// The same with a code of its own.
inline tl::unexpected<Error> fail_as(ErrorCode code, std::string what, std::string where = {}, std::string why = {},
                                     std::string next = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(where), std::move(why), std::move(next)});
}

}  // namespace keelson

/// Hands the error of a Result<…> expression to the caller: `KEELSON_TRY(auto text, files.read(path));`
#define KEELSON_TRY_JOIN2(a, b) a##b
#define KEELSON_TRY_JOIN(a, b) KEELSON_TRY_JOIN2(a, b)
#define KEELSON_TRY_IMPL(temporary, declaration, expression)               \
  auto temporary = (expression);                                           \
  if (!temporary) return ::tl::unexpected(std::move(temporary).error());   \
  declaration = std::move(*temporary)
#define KEELSON_TRY(declaration, expression) \
  KEELSON_TRY_IMPL(KEELSON_TRY_JOIN(keelson_try_, __LINE__), declaration, expression)
/// The same for Result<void>.
#define KEELSON_CHECK(expression) \
  if (auto keelson_check = (expression); !keelson_check) return ::tl::unexpected(std::move(keelson_check).error())
