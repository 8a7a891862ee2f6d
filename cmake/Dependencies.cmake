# Every library the project stands on (docs/design.md, section 10). A missing one is named with its Debian package.
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)

function(strata_need variable package)
  if(NOT ${variable})
    message(FATAL_ERROR "${variable} was not found. Debian and Ubuntu: apt-get install ${package}")
  endif()
endfunction()

find_package(PkgConfig REQUIRED)
find_package(HDF5 QUIET COMPONENTS C)
strata_need(HDF5_FOUND libhdf5-dev)
find_package(nlohmann_json QUIET)
strata_need(nlohmann_json_FOUND nlohmann-json3-dev)
find_package(yaml-cpp QUIET)
strata_need(yaml-cpp_FOUND libyaml-cpp-dev)
find_package(fmt QUIET)
strata_need(fmt_FOUND libfmt-dev)
find_package(CLI11 QUIET)
strata_need(CLI11_FOUND libcli11-dev)
find_package(ZLIB QUIET)
strata_need(ZLIB_FOUND zlib1g-dev)
pkg_check_modules(LIBZIP QUIET IMPORTED_TARGET libzip)
strata_need(LIBZIP_FOUND libzip-dev)
pkg_check_modules(XXHASH QUIET IMPORTED_TARGET libxxhash)
strata_need(XXHASH_FOUND libxxhash-dev)

find_package(PNG QUIET)
strata_need(PNG_FOUND libpng-dev)
find_package(JPEG QUIET)
strata_need(JPEG_FOUND libjpeg-dev)

add_library(strata_hdf5 INTERFACE)
target_include_directories(strata_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(strata_hdf5 INTERFACE ${HDF5_C_LIBRARIES})

set(STRATA_CORE_LIBRARIES
  $<BUILD_INTERFACE:nlohmann_json::nlohmann_json> $<BUILD_INTERFACE:yaml-cpp>
  $<BUILD_INTERFACE:fmt::fmt> $<BUILD_INTERFACE:ZLIB::ZLIB> $<BUILD_INTERFACE:PkgConfig::XXHASH>
  $<BUILD_INTERFACE:PNG::PNG> $<BUILD_INTERFACE:JPEG::JPEG> $<BUILD_INTERFACE:Threads::Threads>)
