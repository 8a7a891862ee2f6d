# What is opened when needed and linked by nobody: backends, and libraries of the system that would bring many others into
# every process. A plug-in shares no symbol with the library, and exports one.
include(GNUInstallDirs)
add_custom_target(strata_plugins)

# libstrata-NAME.so of a target strata-NAME: it lies beside the library, here and where Strata is installed.
function(strata_plugin target)
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  add_dependencies(strata_plugins ${target})
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()
