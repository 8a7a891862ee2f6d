#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/strata/verb.h"
#include "src/compile/backends.h"

namespace strata {

void add_devices(Verbs& verbs) {
  verbs.add("devices", "The backends that this build and this machine can use.", [&verbs] {
    Node list = Node::sequence();
    for (const BackendStatus& status : backend_statuses()) {
      Node entry = Node::mapping();
      entry.set("name", Node::string(status.name));
      entry.set("usable", Node::boolean(status.usable));
      entry.set("description", Node::string(status.description));
      list.append(entry);
      if (!verbs.common.json) std::printf("%-10s %-4s %s\n", status.name.c_str(), status.usable ? "yes" : "no", status.description.c_str());
    }
    if (verbs.common.json) {
      Node out = Node::mapping();
      out.set("devices", list);
      print_json(out);
    }
    return 0;
  });
}

}  // namespace strata
