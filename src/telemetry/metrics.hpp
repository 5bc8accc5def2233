#pragma once
// What the program counts: families by name, one child a label set, and the text a
// Prometheus server scrapes. A Metrics object is made in main and handed down; nothing registers itself.

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace bigfoot::telemetry {

using Labels = std::map<std::string, std::string>;

template <class Child, class Native>
class Family;

/// Upper bounds in seconds, ascending.
using Buckets = std::span<const double>;
/// Encode, frame and glass-to-glass delays: 0.5 ms to 2 s, dense where an operator feels the difference.
extern const Buckets latency_buckets;
/// Waits of a person: first frame, recovery, an HTTP answer: 5 ms to 60 s.
extern const Buckets wait_buckets;

/// Only goes up. Copyable handle, valid as long as its Metrics. Counter{} counts
/// nothing (unit tests). Any thread.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void add(double by = 1);
  double value() const;

 private:
  template <class Child, class Native>
  friend class Family;
  prometheus::Counter* native() const { return counter_; }
  prometheus::Counter* counter_ = nullptr;
};

/// Goes up and down; same rules as Counter.
class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void set(double value);
  void add(double by);
  double value() const;

 private:
  template <class Child, class Native>
  friend class Family;
  prometheus::Gauge* native() const { return gauge_; }
  prometheus::Gauge* gauge_ = nullptr;
};

/// Distribution in buckets; same rules as Counter.
class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  void observe(double seconds);
  void observe(Nanos span) { observe(to_seconds(span)); }

 private:
  template <class Child, class Native>
  friend class Family;
  prometheus::Histogram* native() const { return histogram_; }
  prometheus::Histogram* histogram_ = nullptr;
};

/// One metric name. with() finds or makes the child of a label set. A default-made family hands out children that count
/// nothing. Any thread.
template <class Child, class Native>
class Family {
 public:
  Family() = default;
  Family(prometheus::Family<Native>* family, Buckets buckets = {}) : family_(family), buckets_(buckets) {}
  Child with(const Labels& labels = {}) const;
  /// Its series ends; the handle and its copies are used no more.
  void remove(const Child& child) const;

 private:
  prometheus::Family<Native>* family_ = nullptr;
  Buckets buckets_;
};
using CounterFamily = Family<Counter, prometheus::Counter>;
using GaugeFamily = Family<Gauge, prometheus::Gauge>;
using HistogramFamily = Family<Histogram, prometheus::Histogram>;

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The same name asked for twice gives the same family. A name or label that Prometheus does not allow is a bug.
  CounterFamily counter(std::string_view name, std::string_view help);
  GaugeFamily gauge(std::string_view name, std::string_view help);
  HistogramFamily histogram(std::string_view name, std::string_view help, Buckets buckets);

  /// Runs before each exposition, in its thread: gauges that are read rather than kept.
  void before_exposition(std::function<void()> refresh);
  /// Prometheus text format 0.0.4. Any thread, as long as the refreshers allow it.
  std::string exposition();
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  std::mutex mutex_;
  std::vector<std::function<void()>> refreshers_;
};

/// `bigfoot_build_info{program,version} 1`.
void add_build_info(Metrics& metrics, std::string_view program, std::string_view version);
/// `process_…`: CPU seconds (user and system apart), resident memory, threads, descriptors open and allowed, start
/// time. From /proc/self.
void add_process_metrics(Metrics& metrics);

}  // namespace bigfoot::telemetry
