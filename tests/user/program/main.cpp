// The whole command line with components of this program's own.
#include <strata/command.h>

#include "../components.h"

int main(int argc, char** argv) {
  mine::register_all();
  return strata::command(argc, argv);
}
