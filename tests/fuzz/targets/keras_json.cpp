// A text as the config.json of a Keras file.
#include "fuzz/target.h"
#include "src/files/keras_model.h"
#include "src/spec/reader.h"
#include "src/spec/source_text.h"

STRATA_FUZZ(text) { strata::model_of_keras(strata::read_tree(strata::SourceText::from_text("config.json", std::string(text))), {}, "config.json"); }
