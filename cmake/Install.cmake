# cmake --install: the command, the library, the headers, and a package for find_package(strata).
# Registry.cmake installs the headers of layers, losses, optimizers, ..., Plugins.cmake the plug-ins.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(strata_program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
set_target_properties(strata_command PROPERTIES EXPORT_NAME command INSTALL_RPATH "$ORIGIN")
install(TARGETS strata strata_command strata_program EXPORT strata
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/strata DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/strata)
install(EXPORT strata NAMESPACE strata:: DESTINATION ${package_folder} FILE strata-config.cmake)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/strata-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/generated/strata-config-version.cmake DESTINATION ${package_folder})
