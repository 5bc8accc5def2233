#pragma once
// The order in which timers fire: pure, so that the real loop and the fake one of the tests share it.

#include <functional>
#include <map>
#include <optional>

#include "base/clock.hpp"

namespace bigfoot {

class Timers {
 public:
  using Task = std::function<void()>;
  using Id = std::uint64_t;

  Id add(Timestamp due, Nanos period, Task task) {
    const Id id = ++last_id_;
    by_id_.emplace(id, by_due_.emplace(due, Entry{id, period, std::move(task)}));
    return id;
  }
  void cancel(Id id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    by_due_.erase(found->second);
    by_id_.erase(found);
  }
  std::optional<Timestamp> next_due() const {
    return by_due_.empty() ? std::nullopt : std::optional(by_due_.begin()->first);
  }
  /// Runs what is due at `now`, oldest first. A task may add and cancel timers, its own included.
  void run_due(Timestamp now) {
    const Id newest = last_id_;  // a timer added meanwhile waits for the next round, so this ends
    while (!by_due_.empty() && by_due_.begin()->first <= now && by_due_.begin()->second.id <= newest) {
      const auto first = by_due_.begin();
      const Entry entry = first->second;
      if (entry.period > Nanos{0}) {
        const auto missed = (now - first->first) / entry.period;
        const Timestamp due = first->first + entry.period * (missed + 1);
        by_due_.erase(first);
        by_id_[entry.id] = by_due_.emplace(due, entry);
      } else {
        by_due_.erase(first);
        by_id_.erase(entry.id);
      }
      entry.task();
    }
  }
  std::size_t size() const { return by_id_.size(); }

 private:
  struct Entry {
    Id id;
    Nanos period;
    Task task;
  };
  std::multimap<Timestamp, Entry> by_due_;
  std::map<Id, std::multimap<Timestamp, Entry>::iterator> by_id_;
  Id last_id_ = 0;
};

}  // namespace bigfoot
