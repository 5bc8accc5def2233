#pragma once
// The last N ids, oldest forgotten first.

#include <deque>
#include <set>
#include <string>

namespace bigfoot::server {

class RecentIds {
 public:
  explicit RecentIds(std::size_t most) : most_(most) {}
  void add(const std::string& id) {
    if (!known_.insert(id).second) return;
    order_.push_back(id);
    if (order_.size() <= most_) return;
    known_.erase(order_.front());
    order_.pop_front();
  }
  bool contains(const std::string& id) const { return known_.contains(id); }

 private:
  std::size_t most_;
  std::set<std::string> known_;
  std::deque<std::string> order_;
};

}  // namespace bigfoot::server
