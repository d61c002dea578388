// `postroom sendmail`, also under the name sendmail: takes a message on standard input from cron, PHP's mail() and
// their like, and submits it through the local socket. Exit codes are those of sysexits.h.
#pragma once

namespace postroom::app {

bool is_sendmail(int argc, char** argv);
int sendmail(int argc, char** argv);

}  // namespace postroom::app
