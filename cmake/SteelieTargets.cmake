# One static library per folder of src/, with every direct dependency named.
#
#   steelie_module(NAME base SRCS a.cc DEPS steelie_x OpenSSL::Crypto)
#       library steelie_<NAME>. A folder inside a folder joins the names with an underscore (api_rest).
#   steelie_test(NAME base SRCS test/a_test.cc DEPS steelie_base [LABELS unit] [DATA VAR=path ...])
#       one GoogleTest program <NAME>_test; DATA become environment variables of its run.
#   steelie_fuzz(NAME uuid SRC fuzz/uuid_fuzz.cc CORPUS fuzz/corpus/uuid DEPS steelie_base)
#       replays the corpus as a test; with STEELIE_FUZZ also the libFuzzer program <NAME>_fuzz.
#   steelie_bench(NAME base SRCS bench/a_bench.cc DEPS steelie_base)
#       one Google Benchmark program <NAME>_bench, run briefly as a test so that it cannot rot.

function(steelie_module)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS" ${ARGN})
  add_library(steelie_${ARG_NAME} STATIC ${ARG_SRCS})
  target_link_libraries(steelie_${ARG_NAME} PUBLIC steelie_flags ${ARG_DEPS})
endfunction()

function(steelie_test)
  if(NOT STEELIE_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "NAME;TIMEOUT" "SRCS;DEPS;LABELS;DATA" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${ARG_NAME}_test ${ARG_SRCS})
  target_link_libraries(${ARG_NAME}_test PRIVATE ${ARG_DEPS} steelie_flags GTest::gmock GTest::gtest_main)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME}_test)
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT "${ARG_DATA}")
endfunction()

function(steelie_fuzz)
  if(NOT STEELIE_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "NAME;SRC;CORPUS" "DEPS" ${ARGN})
  add_executable(${ARG_NAME}_replay ${ARG_SRC} ${CMAKE_SOURCE_DIR}/cmake/fuzz_replay.cc)
  target_link_libraries(${ARG_NAME}_replay PRIVATE ${ARG_DEPS} steelie_flags)
  add_test(NAME fuzz-${ARG_NAME} COMMAND ${ARG_NAME}_replay ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
  set_tests_properties(fuzz-${ARG_NAME} PROPERTIES LABELS "fuzz-replay" TIMEOUT 120)
  if(STEELIE_FUZZ)
    add_executable(${ARG_NAME}_fuzz ${ARG_SRC})
    target_link_libraries(${ARG_NAME}_fuzz PRIVATE ${ARG_DEPS} steelie_flags -fsanitize=fuzzer)
    set_target_properties(${ARG_NAME}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    # For tools/fuzz: which targets there are, and where their corpora lie.
    set_property(GLOBAL APPEND_STRING PROPERTY STEELIE_FUZZ_TARGETS
                                               "${ARG_NAME} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS}\n")
  endif()
endfunction()

function(steelie_bench)
  if(NOT STEELIE_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;DATA" ${ARGN})
  find_package(benchmark REQUIRED)
  add_executable(${ARG_NAME}_bench ${ARG_SRCS})
  target_link_libraries(${ARG_NAME}_bench PRIVATE ${ARG_DEPS} steelie_flags benchmark::benchmark_main)
  add_test(NAME bench-${ARG_NAME} COMMAND ${ARG_NAME}_bench --benchmark_min_time=0.001)
  set_tests_properties(bench-${ARG_NAME} PROPERTIES LABELS "bench-smoke" TIMEOUT 120 ENVIRONMENT "${ARG_DATA}")
endfunction()
