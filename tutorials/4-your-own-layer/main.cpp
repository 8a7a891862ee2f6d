#include <strata/command.h>

#include "seasons.h"

int main(int argc, char** argv) {
  strata::register_component(strata::component_type<strata::Layer, Seasons>());
  return strata::command(argc, argv);
}
