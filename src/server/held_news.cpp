#include "server/held_news.hpp"

#include <algorithm>

namespace bigfoot::server {

using protocol::PeerStatusChanged;
using protocol::Role;

bool HeldNews::hold(const std::string& listener, std::shared_ptr<const PeerStatusChanged> news, Known known) {
  const std::string about = news->peer_id.value_or("");
  const bool gone = !news->has(Role::producer) && !news->has(Role::consumer);
  auto& items = held_[listener];
  const auto before = items.find(about);
  if (before != items.end()) {
    known = before->second.known;
    items.erase(before);
  }
  const bool told = !(gone && known == Known::no);
  const bool fits = items.size() < limits_.peers_per_listener;
  if (told && fits) items.emplace(about, Item{std::move(news), known, ++last_});
  if (items.empty()) held_.erase(listener);
  return !told || fits;
}

std::vector<std::string> HeldNews::listeners() const {
  std::vector<std::string> ids;
  for (const auto& [id, items] : held_) ids.push_back(id);
  return ids;
}

std::vector<PeerStatusChanged> HeldNews::take(const std::string& listener) {
  const auto found = held_.find(listener);
  if (found == held_.end()) return {};
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [about, item] : found->second) order.emplace_back(item.order, about);
  std::sort(order.begin(), order.end());
  std::vector<PeerStatusChanged> taken;
  std::size_t bytes = 0;
  for (const auto& [number, about] : order) {
    const auto at = found->second.find(about);
    bytes += at->second.news->meta.json.size();
    if (taken.size() == limits_.take_messages || (!taken.empty() && bytes > limits_.take_bytes)) break;
    taken.push_back(*at->second.news);
    found->second.erase(at);
  }
  if (found->second.empty()) held_.erase(found);
  return taken;
}

}  // namespace bigfoot::server
