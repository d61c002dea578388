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

}  // namespace

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
  return out;
}

}  // namespace postroom::observe
