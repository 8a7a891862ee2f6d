#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/strata/verb.h"

namespace strata {

void add_version(Verbs& verbs) {
  verbs.add("version", "The version of this program.", [&verbs] {
    if (!verbs.common.json) {
      std::printf("strata %s\n", STRATA_VERSION);
      return 0;
    }
    Node out = Node::mapping();
    out.set("version", Node::string(STRATA_VERSION));
    print_json(out);
    return 0;
  });
}

}  // namespace strata
