# Writes a header holding the text of each of FILES as an inline constexpr std::string_view, so that config texts stay files.
set(text "// Generated from conf/ by cmake/embed.cmake. Do not edit.\n#pragma once\n#include <string_view>\n\nnamespace keelson::conf::${NAME} {\n")
foreach(file ${FILES})
  get_filename_component(base ${file} NAME)
  string(REGEX REPLACE "[^A-Za-z0-9]" "_" id ${base})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" escaped "${hex}")
  file(SIZE ${file} size)
  # A literal split every 16 bytes keeps lines short and "\\x" escapes from running into following digits.
  string(REGEX REPLACE "((\\\\x..)(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?)" "    \"\\1\"\n" escaped "${escaped}")
  string(APPEND text "inline constexpr std::string_view ${id}{\n${escaped}    , ${size}};\n")
endforeach()
string(APPEND text "}  // namespace keelson::conf::${NAME}\n")
file(WRITE ${OUT} "${text}")
