#include <strata/command.h>

int main(int argc, char** argv) { return strata::command(argc, argv); }
