#include "api/problem.h"
#include "api/resources.h"

namespace postroom::api {

Answering healthz(Services&, Call&) {
  co_return json_answer(200, R"({"status":"ok"})");
}

Answering readyz(Services& services, Call& call) {
  if (services.config.room)
    if (const auto full = services.config.room()) co_return refuse(call, 503, "no_room", *full);
  const auto probed = co_await services.store.probe();
  if (!probed) co_return refuse(call, 503, "unavailable", "The store cannot take mail now.");
  co_return json_answer(200, R"({"status":"ready"})");
}

Answering get_metrics(Services& services, Call&) {
  http::Response response;
  response.with("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = services.metrics.render();
  co_return response;
}

}  // namespace postroom::api
