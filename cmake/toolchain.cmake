# Warnings, hardening, sanitizers, ccache: what is the same for every target.

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are cached only when ccache may leave their macros out of account.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion
                    -Wno-sign-conversion -Werror=return-type -Werror=switch -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fmax-errors=8 -Wno-missing-field-initializers)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wno-missing-field-initializers)
endif()

# Shared machines: a debug info of line tables is enough for a readable stack.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -g1")
add_compile_options($<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2> $<$<CONFIG:Release>:-fstack-protector-strong>)
add_link_options(-Wl,--as-needed -Wl,-z,relro,-z,now)

if(BIGFOOT_SANITIZE)
  add_compile_options(-fsanitize=${BIGFOOT_SANITIZE} -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${BIGFOOT_SANITIZE})
endif()

find_program(LLD ld.lld)
if(LLD AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(-fuse-ld=lld)
endif()
