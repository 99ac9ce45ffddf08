# What programs say of themselves: STEELIE_COMMIT, STEELIE_BUILD_TIME (seconds since 1970), and STEELIE_BUILD_DATE, which
# is empty unless a later build of the same source would say the same.

# Reproducible builds set SOURCE_DATE_EPOCH; otherwise the date of the commit counts, or now.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} rev-parse --short=12 HEAD OUTPUT_VARIABLE STEELIE_COMMIT
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT STEELIE_COMMIT)
  set(STEELIE_COMMIT unknown)
endif()
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  set(STEELIE_BUILD_TIME $ENV{SOURCE_DATE_EPOCH})
else()
  execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} log -1 --format=%ct OUTPUT_VARIABLE STEELIE_BUILD_TIME
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
set(STEELIE_BUILD_DATE "")
if(STEELIE_BUILD_TIME)
  set(saved_epoch "$ENV{SOURCE_DATE_EPOCH}")
  set(ENV{SOURCE_DATE_EPOCH} ${STEELIE_BUILD_TIME})
  string(TIMESTAMP STEELIE_BUILD_DATE "%Y-%m-%d" UTC)
  if(saved_epoch)
    set(ENV{SOURCE_DATE_EPOCH} ${saved_epoch})
  else()
    unset(ENV{SOURCE_DATE_EPOCH})
  endif()
else()
  string(TIMESTAMP STEELIE_BUILD_TIME %s UTC)
endif()
