// SubmissionServer serves the SMTP listeners: it bounds how many sessions there are, of all peers and of one, and sees
// to it that a stop loses nothing that is under way.
#pragma once

#include <list>
#include <map>
#include <string>

#include "async/task_group.h"
#include "base/random.h"
#include "intake/submission_session.h"
#include "net/networks.h"
#include "net/stream.h"

namespace postroom::intake {

// What the operator says of one listener.
struct ListenerPolicy {
  enum class Encryption { starttls, from_the_first_byte };
  Encryption encryption = Encryption::starttls;
  bool allow_unauthenticated = false;
  smtp::BareLineEnds bare_line_ends = smtp::BareLineEnds::refused;
  net::Networks proxies;  // peers that begin with a PROXY header
};

struct SubmissionLimits {
  std::size_t sessions = 4000;
  std::size_t sessions_of_an_address = 200;  // of this machine's own: all
};

class SubmissionServer {
 public:
  SubmissionServer(async::Loop& loop, net::Tls& tls, Random& random, SubmissionDoors doors, smtp::ServerOptions options,
                   SubmissionLimits limits)
      : loop_(loop),
        tls_(tls),
        random_(random),
        doors_(doors),
        options_(std::move(options)),
        limits_(limits),
        tasks_(loop) {}

  // Serves until the listener is closed. Several may be served at once; listener and policy outlive the call.
  async::Task<void> serve(net::Listener& listener, const ListenerPolicy& policy);
  // Each session hears 421 at its next command, or after a moment; messages under way are finished.
  void shutdown();
  // Until every session has ended; after `deadline` they are cut.
  async::Task<void> drain(Monotonic deadline);

  std::size_t open_sessions() const { return sessions_; }
  std::uint64_t accepted() const { return accepted_; }

 private:
  async::Task<void> meet(net::StreamPtr stream, const ListenerPolicy& policy);
  async::Task<void> talk(net::StreamPtr stream, net::Endpoint peer, const ListenerPolicy& policy);
  async::Task<void> turn_away(net::StreamPtr stream, std::string words);

  async::Loop& loop_;
  net::Tls& tls_;
  Random& random_;
  SubmissionDoors doors_;
  smtp::ServerOptions options_;
  SubmissionLimits limits_;
  bool stopping_ = false;
  std::size_t sessions_ = 0;  // met, in whatever state
  std::size_t turned_away_ = 0;
  std::uint64_t accepted_ = 0;
  std::map<std::string, std::size_t> of_address_;
  std::list<smtp::ServerSession*> talking_;
  async::TaskGroup tasks_;
};

}  // namespace postroom::intake
