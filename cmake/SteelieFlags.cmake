# Compiler and linker flags of every target of the project, as an interface library. Nothing is set directory-wide.

find_program(STEELIE_CCACHE ccache)
if(STEELIE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths are taken relative to the source folder, so that several checkouts share the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${STEELIE_CCACHE})
endif()

add_library(steelie_flags INTERFACE)
target_compile_features(steelie_flags INTERFACE cxx_std_23)
target_include_directories(steelie_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)

target_compile_options(
  steelie_flags
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Wimplicit-fallthrough
            # Less debug information than -g2: line tables and names are enough, and links stay quick.
            $<$<CONFIG:RelWithDebInfo>:-g1>)
if(STEELIE_WERROR)
  target_compile_options(steelie_flags INTERFACE -Werror)
endif()

# Hardening. No option switches it off; sanitizer builds replace what they cannot be combined with.
target_compile_definitions(steelie_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_compile_options(steelie_flags INTERFACE -fstack-protector-strong -ftrivial-auto-var-init=zero)
if(STEELIE_SANITIZE)
  target_compile_options(steelie_flags INTERFACE -fsanitize=${STEELIE_SANITIZE} -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer)
  target_link_options(steelie_flags INTERFACE -fsanitize=${STEELIE_SANITIZE})
else()
  target_compile_options(steelie_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>
                                                 -fstack-clash-protection -fcf-protection)
endif()
target_link_options(steelie_flags INTERFACE -Wl,-z,relro,-z,now $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)

find_program(STEELIE_MOLD mold)
if(STEELIE_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_link_options(steelie_flags INTERFACE -fuse-ld=mold)
endif()

if(STEELIE_FUZZ)
  target_compile_options(steelie_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
  target_link_options(steelie_flags INTERFACE -fsanitize=address,undefined)
endif()
