#pragma once
#include <string>

#include "base/result.h"
#include "runtime/compose/network.h"
#include "system/files.h"

namespace keelson::compose {

/// The book of a foundation's state directory, `<state>/compose.json` (keelson.compose-book/v1); empty when there is none yet.
Result<Book> read_book(Files& files, const std::string& state_dir);
/// Writes it, 0600; does nothing when it stands so already.
Result<void> write_book(Files& files, const std::string& state_dir, const Book& book);

}  // namespace keelson::compose
