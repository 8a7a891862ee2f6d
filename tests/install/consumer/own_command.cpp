// The whole command line, with a layer of this program's own.
#include <strata/command.h>
#include <strata/layer.h>

struct Twice {
  std::optional<std::string> name = {};
  bool trainable = true;
  strata::Config dtype = {};

  static strata::Schema schema() {
    return strata::describe<Twice>("Twice", "Twice its input.", strata::layer_fields<Twice>());
  }
  strata::Value call(strata::Scope&, strata::Value x) const { return x + x; }
};

int main(int argc, char** argv) {
  strata::register_component(strata::component_type<strata::Layer, Twice>());
  return strata::command(argc, argv);
}
