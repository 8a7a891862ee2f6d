#include <cstdio>

#include <CLI/CLI.hpp>

#include "apps/strata/verb.h"
#include "src/spec/json_schema.h"
#include "src/spec/write.h"

namespace strata {

void add_schema(Verbs& verbs) {
  verbs.add("schema", "JSON Schema of the spec language, for editors.", [] {
    std::printf("%s\n", write_json(spec_json_schema()).c_str());
    return 0;
  });
}

}  // namespace strata
