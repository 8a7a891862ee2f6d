// Libraries that lie beside this one and are opened when first needed: backends, and what would bring many others into
// every process.
#pragma once

#include <string>

namespace strata {

// Whether libstrata-NAME.so lies beside this library, or in the lib folder beside the program's.
bool has_plugin(const std::string& name);

// The address of `symbol` in libstrata-NAME.so, which is opened by its absolute path and never closed. An Error with this hint
// names the file and says why there is none.
void* plugin_symbol(const std::string& name, const char* symbol, const std::string& hint = {});

}  // namespace strata
