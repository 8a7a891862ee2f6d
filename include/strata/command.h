// The whole command line as a function, for programs that define layers, losses or callbacks of their own:
//
//     int main(int argc, char** argv) {
//       strata::register_component(strata::component_type<strata::Layer, MyLayer>());
//       return strata::command(argc, argv);
//     }
//
// Link with the CMake target strata::command.
#pragma once

namespace strata {

// Runs one verb and returns the exit code: 0 done, 1 failure at run time, 2 bad spec or command line, 3 bad data or model
// file, 4 diverged, 130 after SIGINT, 143 after SIGTERM.
int command(int argc, char** argv);

}  // namespace strata
