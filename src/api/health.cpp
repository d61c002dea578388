#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"

namespace postroom::api {

Answering healthz(Services&, Call&) {
  co_return json_answer(200, R"({"status":"ok"})");
}

Answering readyz(Services& services, Call& call) {
  if (services.config.room)
    if (const auto full = services.config.room()) co_return refuse(call, 503, "no_space", *full);
  const auto probed = co_await services.store.probe();
  if (!probed) co_return refuse(call, 503, "unavailable", "The store cannot take mail now.");
  co_return json_answer(200, R"({"status":"ready"})");
}

namespace {

void publish_queue(observe::Metrics& metrics, const store::QueueDepth& depth, Timestamp now) {
  for (const auto& [status, emails] : by_status(depth))
    metrics.gauge("postroom_queue_emails", "Unfinished emails by status.", {{"status", std::string(to_word(status))}})
        .set(static_cast<double>(emails));
  const std::int64_t age = depth.oldest_created_at ? now.ms - depth.oldest_created_at->ms : 0;
  metrics.gauge("postroom_queue_oldest_seconds", "Age of the oldest unfinished email.")
      .set(static_cast<double>(age) / 1000);
}

void publish_connections(Services& services, const std::vector<store::ConnectionRecord>& connections) {
  const char* const name = "postroom_connection_up";
  services.metrics.drop_gauges(name);
  for (const store::ConnectionRecord& connection : connections) {
    const ConnectionState state = services.delivery.state(connection.id);
    const bool up = connection.enabled && !state.paused && state.health.state != store::HealthState::down;
    services.metrics
        .gauge(name, "1 when mail may go over it: enabled, not paused, not down.",
               {{"connection", std::to_string(connection.id)}, {"caption", connection.caption}})
        .set(up ? 1 : 0);
  }
}

}  // namespace

Answering get_metrics(Services& services, Call&) {
  if (const auto depth = co_await services.store.queue_depth())
    publish_queue(services.metrics, *depth, services.loop.wall());
  if (const auto connections = co_await services.store.connections()) publish_connections(services, *connections);
  http::Response response;
  response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = services.metrics.render();
  co_return response;
}

}  // namespace postroom::api
