#include "app/command_line.h"

#include "app/commands.h"
#include "app/sendmail.h"

namespace postroom::app {

int run_command_line(int argc, char** argv) {
  // Its options are those of another world, and programs that call it know no other name (a link named sendmail).
  if (is_sendmail(argc, argv)) return sendmail(argc, argv);
  CommandLine line;
  return line.run(argc, argv);
}

}  // namespace postroom::app
