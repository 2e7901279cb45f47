# Flags of the Node addon: every warning an error, nothing exported but the entry points, hardened, small.
#
#   addon_flags(<target>)
set(ADDON_SYMBOLS "${CMAKE_CURRENT_LIST_DIR}/addon-symbols.map")

function(addon_flags target)
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".node"
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  # cmake-js gives the headers of node-api-headers and node-addon-api: nothing of Node itself is needed, or fetched.
  target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_JS_INC})
  target_link_libraries(${target} PRIVATE ${CMAKE_JS_LIB})
  target_compile_definitions(${target} PRIVATE
    NAPI_VERSION=9
    NAPI_DISABLE_CPP_EXCEPTIONS
    NODE_ADDON_API_DISABLE_DEPRECATED
    # In a worker that is being terminated nothing can be thrown: that is not to end the process.
    NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
    NODE_ADDON_API_REQUIRE_BASIC_FINALIZERS)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Werror -Wshadow -Wconversion
    -fno-exceptions -fno-rtti -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fstack-protector-strong
    $<$<CONFIG:Release>:-Os> $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  target_link_options(${target} PRIVATE
    -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -Wl,-z,relro,-z,now -Wl,--gc-sections
    -Wl,--version-script=${ADDON_SYMBOLS}
    $<$<CONFIG:Release>:-s>)
endfunction()
