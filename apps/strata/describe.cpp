#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/strata/verb.h"
#include "src/spec/describe.h"

namespace strata {

void add_describe(Verbs& verbs) {
  const auto name = std::make_shared<std::string>();
  CLI::App& verb = verbs.add("describe", "What a layer, loss, metric, optimizer, ... is and takes.", [&verbs, name] {
    const std::string text = name->empty() ? list_components() : describe_component(*name);
    if (verbs.common.json) {
      Node out = Node::mapping();
      out.set("text", Node::string(text));
      print_json(out);
    } else {
      std::printf("%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
    }
    return 0;
  });
  verb.add_option("NAME", *name, "Its name; without one, the list of all.");
}

}  // namespace strata
