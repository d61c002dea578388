// Metrics are the counters and gauges of one process, written as Prometheus text. Used on the loop's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace postroom::observe {

class Counter {
 public:
  void add(std::uint64_t by = 1) { value_ += by; }
  void rise_to(std::uint64_t value) { value_ = std::max(value_, value); }  // of what is counted elsewhere
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_ = value; }
  void add(double by) { value_ += by; }
  double value() const { return value_; }

 private:
  double value_ = 0;
};

using Labels = std::map<std::string, std::string>;

class Metrics {
 public:
  // The same name and labels give the same object, which lives as long as this. Keep the reference on a hot path.
  Counter& counter(const std::string& name, const std::string& text, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& text, const Labels& labels = {});
  void drop_gauges(const std::string& name);  // of all labels: what they tell of may be gone
  std::string render() const;                 // text/plain; version=0.0.4

 private:
  template <class T>
  struct Family {
    std::string text;
    std::map<std::string, T> by_labels;
  };
  std::map<std::string, Family<Counter>> counters_;
  std::map<std::string, Family<Gauge>> gauges_;
};

}  // namespace postroom::observe
