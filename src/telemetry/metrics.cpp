#include "telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>
#include <type_traits>

#include "base/check.hpp"

namespace bigfoot::telemetry {
namespace {

constexpr std::array latency_bounds{.0005, .001, .002, .003, .004, .005, .006, .008, .010, .012, .015, .020,
                                    .025,  .030, .040, .050, .070, .100, .150, .250, .500, 1.,   2.};
constexpr std::array wait_bounds{.005, .010, .020, .035, .050, .075, .100, .150, .250, .350, .500,
                                 .750, 1.,   1.5,  2.,   3.,   5.,   8.,   15.,  30.,  60.};

/// prometheus-cpp throws on a bad name; with names that are literals of ours that is a bug, not an expected failure.
template <class Make>
auto& made(Make make) {
  try {
    return make();
  } catch (const std::exception& e) {
    BIGFOOT_CHECK(false, e.what());
    throw;
  }
}

}  // namespace

const Buckets latency_buckets{latency_bounds};
const Buckets wait_buckets{wait_bounds};

void Counter::add(double by) {
  if (counter_) counter_->Increment(by);
}
double Counter::value() const { return counter_ ? counter_->Value() : 0; }

void Gauge::set(double value) {
  if (gauge_) gauge_->Set(value);
}
void Gauge::add(double by) {
  if (gauge_) gauge_->Increment(by);
}
double Gauge::value() const { return gauge_ ? gauge_->Value() : 0; }

void Histogram::observe(double seconds) {
  if (histogram_) histogram_->Observe(seconds);
}

template <class Child, class Native>
Child Family<Child, Native>::with(const Labels& labels) const {
  if (!family_) return {};
  return Child(&made([&]() -> Native& {
    if constexpr (std::is_same_v<Native, prometheus::Histogram>) {
      return family_->Add(labels, prometheus::Histogram::BucketBoundaries(buckets_.begin(), buckets_.end()));
    } else {
      return family_->Add(labels);
    }
  }));
}

template <class Child, class Native>
void Family<Child, Native>::remove(const Child& child) const {
  if (family_ && child.native()) family_->Remove(child.native());
}

template class Family<Counter, prometheus::Counter>;
template class Family<Gauge, prometheus::Gauge>;
template class Family<Histogram, prometheus::Histogram>;

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)) {}
Metrics::~Metrics() = default;

CounterFamily Metrics::counter(std::string_view name, std::string_view help) {
  return &made([&]() -> auto& {
    return prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(*registry_);
  });
}

GaugeFamily Metrics::gauge(std::string_view name, std::string_view help) {
  return &made([&]() -> auto& {
    return prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(*registry_);
  });
}

HistogramFamily Metrics::histogram(std::string_view name, std::string_view help, Buckets buckets) {
  return {&made([&]() -> auto& {
            return prometheus::BuildHistogram().Name(std::string(name)).Help(std::string(help)).Register(*registry_);
          }),
          buckets};
}

void Metrics::before_exposition(std::function<void()> refresh) {
  const std::lock_guard lock(mutex_);
  refreshers_.push_back(std::move(refresh));
}

std::string Metrics::exposition() {
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(mutex_);
    refreshers = refreshers_;
  }
  for (const auto& refresh : refreshers) refresh();
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry_->Collect());
  return out.str();
}

}  // namespace bigfoot::telemetry
