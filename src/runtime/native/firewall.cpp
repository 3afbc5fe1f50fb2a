#include "runtime/native/firewall.h"

#include <nftables/libnftables.h>

#include <charconv>
#include <memory>
#include <mutex>

namespace keelson::native {
namespace {

constexpr unsigned kPlain = NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL;
constexpr std::string_view kNoSuchTable = "No such file or directory";

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

struct Answer {
  bool done = false;
  std::string out;
  std::string err;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Result<Answer> run(const std::string& command, unsigned shown = kPlain) {
  static std::mutex one_at_a_time;  // its scanner and its tables of names are shared by all contexts
  const std::lock_guard guard(one_at_a_time);
  const std::unique_ptr<nft_ctx, FreeContext> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context || nft_ctx_buffer_output(context.get()) != 0 || nft_ctx_buffer_error(context.get()) != 0) return fail("cannot begin to use nftables");
  nft_ctx_output_set_flags(context.get(), shown);
  Answer answer;
  answer.done = nft_run_cmd_from_buffer(context.get(), command.c_str()) == 0;
  answer.out = nft_ctx_get_output_buffer(context.get());
  answer.err = nft_ctx_get_error_buffer(context.get());
  return answer;
}

}  // namespace

Result<std::optional<std::string>> table_in_force(const std::string& table) {
  KEELSON_TRY(const Answer answer, run("list table inet " + table));
  if (answer.done) return answer.out;
  if (answer.err.find(kNoSuchTable) != std::string::npos) return std::optional<std::string>();
  return fail_as(ErrorCode::not_supported, "nftables cannot be used", table, first_line(answer.err), "keelson doctor says what is missing");
}

Result<void> load_rules(const std::string& text) {
  KEELSON_TRY(const Answer answer, run(text));
  if (answer.done) return {};
  return fail("the kernel refuses the network policy", "nftables", answer.err.substr(0, 400), "keelson doctor says what is missing");
}

Result<std::int64_t> packets_counted(const std::string& table) {
  KEELSON_TRY(const Answer answer, run("list table inet " + table, kPlain & ~NFT_CTX_OUTPUT_STATELESS));
  if (!answer.done && answer.err.find(kNoSuchTable) == std::string::npos)
    return fail_as(ErrorCode::not_supported, "nftables cannot be used", table, first_line(answer.err), "keelson doctor says what is missing");
  constexpr std::string_view kCounter = "counter packets ";
  std::int64_t sum = 0;
  for (std::size_t at = answer.out.find(kCounter); at != std::string::npos; at = answer.out.find(kCounter, at)) {
    std::int64_t packets = 0;
    at += kCounter.size();
    std::from_chars(answer.out.data() + at, answer.out.data() + answer.out.size(), packets);
    sum += packets;
  }
  return sum;
}

std::string firewall_fault() {
  const auto answer = run("list tables");
  if (!answer) return describe(answer.error());
  return answer->done ? std::string() : first_line(answer->err);
}

}  // namespace keelson::native
