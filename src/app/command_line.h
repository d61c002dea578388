// The command line: each subcommand of operators is one call of the HTTP API, so that words, filters and rules are the
// same everywhere. Data on stdout, talk on stderr.
#pragma once

namespace postroom::app {

// The process's exit status (app/exit_status.h).
int run_command_line(int argc, char** argv);

}  // namespace postroom::app
