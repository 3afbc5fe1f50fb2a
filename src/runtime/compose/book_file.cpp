#include "runtime/compose/book_file.h"

#include "base/json.h"

namespace keelson::compose {
namespace {

constexpr const char* kSchema = "keelson.compose-book/v1";

std::string path_of(const std::string& state_dir) { return state_dir + "/compose.json"; }

Json numbers_json(const std::map<std::string, int>& numbers) {
  Json out = Json::object();
  for (const auto& [name, number] : numbers) out.set(name, number);
  return out;
}

std::map<std::string, int> numbers_from(const Json& json) {
  std::map<std::string, int> out;
  for (const auto& [name, number] : json.members()) out[name] = static_cast<int>(number.as_int());
  return out;
}

}  // namespace

Result<Book> read_book(Files& files, const std::string& state_dir) {
  const std::string path = path_of(state_dir);
  KEELSON_TRY(const auto there, files.info(path));
  if (!there) return Book{};
  KEELSON_TRY(const std::string text, files.read(path));
  KEELSON_TRY(const Json json, parse_json(text));
  if (json["schema"].as_string() != kSchema) return fail("not a book of this keelson", path, "schema " + json["schema"].as_string(), "use the keelson that wrote it, or a newer one");
  return Book{json["block"].as_string(), numbers_from(json["networks"]), numbers_from(json["users"])};
}

Result<void> write_book(Files& files, const std::string& state_dir, const Book& book) {
  KEELSON_TRY(const Book standing, read_book(files, state_dir));
  if (standing == book) return {};
  const Json json = Json::object().set("schema", kSchema).set("block", book.block).set("networks", numbers_json(book.networks)).set("users", numbers_json(book.users));
  return files.write(path_of(state_dir), json.dump(2) + "\n", 0600);
}

}  // namespace keelson::compose
