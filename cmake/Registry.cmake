# The registry is generated: one source per group, listing every type whose header says describe<Type>(...).
# A new layer, loss, optimizer, ... is its header; nothing else names it. docs/design.md, section 3.
set(STRATA_REGISTRY_SOURCES "")
