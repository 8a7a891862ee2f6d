#include "src/io/csv.h"
#include "fuzz/target.h"

STRATA_FUZZ(text) { strata::read_csv(text, "rows.csv"); }
