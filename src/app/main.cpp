#include <fcntl.h>
#include <unistd.h>

#include "app/command_line.h"

namespace {

// Where one of the standard streams is closed, the next file opened would take its number, and what is said there would
// be written into it.
void fill_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
    if (::fcntl(stream, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_streams();
  return postroom::app::run_command_line(argc, argv);
}
