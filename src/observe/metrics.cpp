#include "observe/metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace postroom::observe {
namespace {

std::string label_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name + "=\"";
    for (const char c : value) {
      if (c == '\n') {
        text += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text;
}

std::string braced(const std::string& labels) {
  return labels.empty() ? "" : "{" + labels + "}";
}

void head(std::string& out, const std::string& name, const std::string& text, std::string_view type) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, text, name, type);
}

void write_histogram(std::string& out, const std::string& name, const std::string& labels, const Histogram& histogram) {
  auto to = std::back_inserter(out);
  const std::string lead = labels.empty() ? "" : labels + ",";
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    total += histogram.counts()[i];
    const std::string bound = i < histogram.bounds().size() ? fmt::format("{}", histogram.bounds()[i]) : "+Inf";
    fmt::format_to(to, "{}_bucket{{{}le=\"{}\"}} {}\n", name, lead, bound, total);
  }
  fmt::format_to(to, "{}_sum{} {}\n{}_count{} {}\n", name, braced(labels), histogram.sum(), name, braced(labels),
                 total);
}

}  // namespace

void Histogram::observe(double value) {
  std::size_t i = 0;
  while (i < bounds_.size() && value > bounds_[i]) ++i;
  ++counts_[i];
  sum_ += value;
}

void Metrics::drop_gauges(const std::string& name) {
  gauges_.erase(name);
}

Counter& Metrics::counter(const std::string& name, const std::string& text, const Labels& labels) {
  auto& family = counters_[name];
  family.text = text;
  return family.by_labels[label_text(labels)];
}

Gauge& Metrics::gauge(const std::string& name, const std::string& text, const Labels& labels) {
  auto& family = gauges_[name];
  family.text = text;
  return family.by_labels[label_text(labels)];
}

Histogram& Metrics::histogram(const std::string& name, const std::string& text, std::vector<double> bounds,
                              const Labels& labels) {
  auto& family = histograms_[name];
  family.text = text;
  return family.by_labels.try_emplace(label_text(labels), std::move(bounds)).first->second;
}

std::string Metrics::render() const {
  std::string out;
  auto to = std::back_inserter(out);
  for (const auto& [name, family] : counters_) {
    head(out, name, family.text, "counter");
    for (const auto& [labels, counter] : family.by_labels)
      fmt::format_to(to, "{}{} {}\n", name, braced(labels), counter.value());
  }
  for (const auto& [name, family] : gauges_) {
    head(out, name, family.text, "gauge");
    for (const auto& [labels, gauge] : family.by_labels)
      fmt::format_to(to, "{}{} {}\n", name, braced(labels), gauge.value());
  }
  for (const auto& [name, family] : histograms_) {
    head(out, name, family.text, "histogram");
    for (const auto& [labels, histogram] : family.by_labels) write_histogram(out, name, labels, histogram);
  }
  return out;
}

}  // namespace postroom::observe
