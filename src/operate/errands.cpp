#include "operate/errands.h"

#include <unistd.h>

#include <atomic>

#include "runtime/container_layout.h"
#include "system/files.h"

namespace keelson::operate {
namespace {

constexpr std::string_view kErrand = "errand ";

std::string answer_file(const std::string& directory, std::int64_t number) { return directory + "/errand-" + std::to_string(number); }

}  // namespace

Result<Json> send_errand(const std::string& directory, const Json& errand, int within_ms) {
  static std::atomic<int> sent = 0;
  const int number = ++sent;
  const std::string line = std::string(kErrand) + Json(errand).set("errand", number).dump() + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return fail("nobody can be asked outside");  // at once: shorter than PIPE_BUF
  RealFiles real_files;
  Files& files = real_files;
  std::string answer;
  const bool told = clients::eventually(within_ms, [&] {
    answer = files.read(answer_file(directory, number), 1 << 16).value_or("");
    return !answer.empty();
  });
  if (!told) return fail("nobody outside answers", errand.dump(), "within " + std::to_string(within_ms / 1000) + " s");
  KEELSON_CHECK(files.remove(answer_file(directory, number)));
  KEELSON_TRY(Json json, parse_json(answer));
  if (json.has("error")) return fail("was not done outside", errand.dump(), json["error"].as_string());
  return json;
}

Errands::Errands(Standing& standing, ClientSeat& seat, std::string directory, Strike strike)
    : standing_(standing), seat_(seat), directory_(std::move(directory)), strike_(std::move(strike)) {}

void Errands::heard(const std::string& line) {
  if (!line.starts_with(kErrand)) return;
  auto errand = parse_json(line.substr(kErrand.size()));
  if (!errand) return;
  under_way_.push_back(std::async(std::launch::async, [this, errand = std::move(*errand)] {
    const auto done = run(errand);
    const Json answer = done ? *done : Json::object().set("error", describe(done.error()));
    static_cast<void>(seat_.run({std::string(kContainerProgram), "tell", answer_file(directory_, errand["errand"].as_int()), answer.dump()}));
  }));
}

Result<Json> Errands::run(const Json& errand) {
  const Json done = Json::object().set("done", true);
  if (errand.has("strike") && strike_) return strike_(errand["strike"].as_string());
  if (errand.has("signal")) {
    KEELSON_CHECK(standing_.runtime.world().signal(errand["signal"].as_string(), static_cast<int>(errand["number"].as_int())));
    return done;
  }
  if (errand.has("restart")) {
    const Step step{.action = Action::restart, .component = errand["component"].as_string(), .subject = errand["restart"].as_string()};
    KEELSON_CHECK(standing_.runtime.execute(standing_.foundation, step, [](const std::string&) {}));
    return done;
  }
  return fail_as(ErrorCode::not_supported, "no such errand", errand.dump());
}

}  // namespace keelson::operate
