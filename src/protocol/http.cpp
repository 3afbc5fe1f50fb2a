#include "protocol/http.h"

#include <curl/curl.h>

#include <memory>

namespace keelson {
namespace {

constexpr std::size_t kLargestAnswer = 8 << 20;

struct CurlGlobal {
  CurlGlobal() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

struct FreeEasy { void operator()(CURL* easy) const { curl_easy_cleanup(easy); } };
struct FreeList { void operator()(curl_slist* list) const { curl_slist_free_all(list); } };
using Easy = std::unique_ptr<CURL, FreeEasy>;
using List = std::unique_ptr<curl_slist, FreeList>;

std::size_t append_body(char* data, std::size_t size, std::size_t count, void* target) {
  auto& body = *static_cast<std::string*>(target);
  if (body.size() + size * count > kLargestAnswer) return 0;  // makes curl end with CURLE_WRITE_ERROR
  body.append(data, size * count);
  return size * count;
}

/// A literal IPv6 address stands in brackets in URLs and in CURLOPT_CONNECT_TO.
std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string place_of(const HttpRequest& request) {
  const std::string& where = request.address.empty() ? request.host : request.address;
  return bracketed(where) + ":" + std::to_string(request.port) + request.path;
}

List add(List list, const std::string& line) { return List(curl_slist_append(list.release(), line.c_str())); }

List headers_of(const HttpRequest& request) {
  List out = add({}, "Expect:");  // no round trip before a body
  if (!request.body.empty()) out = add(std::move(out), "Content-Type: " + request.content_type);
  if (!request.accept.empty()) out = add(std::move(out), "Accept: " + request.accept);
  if (!request.bearer.empty()) out = add(std::move(out), "Authorization: Bearer " + std::string(request.bearer.reveal()));
  return out;
}

void set_tls(CURL* easy, const HttpRequest& request) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, request.trust_file.c_str());
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // only that root, never the machine's
  if (request.certificate_file.empty()) return;
  curl_easy_setopt(easy, CURLOPT_SSLCERT, request.certificate_file.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, request.key_file.c_str());
}

}  // namespace

struct HttpSession::State {
  Easy handle;
};

HttpSession::HttpSession() : state_(std::make_unique<State>()) {
  static const CurlGlobal global;
  state_->handle.reset(curl_easy_init());
}
HttpSession::HttpSession(HttpSession&&) noexcept = default;
HttpSession& HttpSession::operator=(HttpSession&&) noexcept = default;
HttpSession::~HttpSession() = default;

Result<HttpResponse> http_request(const HttpRequest& request) { return HttpSession().request(request); }

Result<HttpResponse> HttpSession::request(const HttpRequest& request) {
  if (request.tls && request.trust_file.empty())
    return fail("HTTPS request without a root to trust", place_of(request), "trust_file is empty");
  CURL* easy = state_->handle.get();
  if (easy == nullptr) return fail("cannot make an HTTP request", place_of(request), "out of memory");
  curl_easy_reset(easy);  // options go, the open connection stays (curl_easy_reset(3))

  const std::string url = std::string(request.tls ? "https" : "http") + "://" + bracketed(request.host) + ":" +
                          std::to_string(request.port) + request.path;
  HttpResponse response;
  char reason[CURL_ERROR_SIZE] = "";
  const List headers = headers_of(request);
  List connect_to;
  if (!request.address.empty())
    connect_to = add(std::move(connect_to), "::" + bracketed(request.address) + ":" + std::to_string(request.port));

  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOBODY, request.method == "HEAD" || request.method == "OPTIONS" ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  if (connect_to) curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to.get());
  if (!request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.tls) set_tls(easy, request);

  const CURLcode code = curl_easy_perform(easy);
  if (code != CURLE_OK)
    return fail("no answer", place_of(request), reason[0] != '\0' ? reason : curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  return response;
}

Result<Json> http_json(const HttpRequest& request, int expected) {
  KEELSON_TRY(const HttpResponse response, http_request(request));
  if (response.status != expected)
    return fail(request.method + " answered " + std::to_string(response.status) + " instead of " + std::to_string(expected),
                place_of(request), response.body.substr(0, 200));
  return parse_json(response.body);
}

}  // namespace keelson
