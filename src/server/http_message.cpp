#include "server/http_message.hpp"

#include <algorithm>

namespace bigfoot::server {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* find(const std::vector<Header>& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return same_word(h.name, name); });
  return found == headers.end() ? nullptr : &found->value;
}

}  // namespace

const std::string* HttpRequest::header(std::string_view name) const { return find(headers, name); }
const std::string* HttpResponse::header(std::string_view name) const { return find(headers, name); }

HttpResponse text_response(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text) + "\n"};
}

HttpResponse json_response(int status, std::string json) {
  return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(json)};
}

HttpResponse method_not_allowed(const HttpRequest& request, const std::string& allow) {
  return text_response(405, request.method.substr(0, 16) + " is not possible here; use " + allow).with("Allow", allow);
}

bool is_media_type(std::string_view content_type, std::string_view media_type) {
  auto end = std::min(content_type.find(';'), content_type.size());
  while (end > 0 && (content_type[end - 1] == ' ' || content_type[end - 1] == '\t')) --end;
  return same_word(content_type.substr(0, end), media_type);
}

}  // namespace bigfoot::server
