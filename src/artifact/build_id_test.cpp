#include "artifact/build_id.h"

#include <elf.h>
#include <gtest/gtest.h>

#include "system/files.h"

namespace keelson {
namespace {

/// An ELF file with one segment of notes: another note, then the build's, as ld writes it.
std::string program(const std::string& id) {
  const auto bytes_of = [](const auto& structure) { return std::string(reinterpret_cast<const char*>(&structure), sizeof structure); };
  Elf64_Ehdr header{};
  std::copy(ELFMAG, ELFMAG + SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  const Elf64_Nhdr other{4, 4, NT_GNU_ABI_TAG}, build{4, static_cast<Elf64_Word>(id.size()), NT_GNU_BUILD_ID};
  const std::string name("GNU\0", 4), notes = bytes_of(other) + name + "abcd" + bytes_of(build) + name + id;
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = notes.size();
  segment.p_align = 4;
  return bytes_of(header) + bytes_of(segment) + notes;
}

TEST(BuildId, is_the_linkers_note) { EXPECT_EQ(build_id(program("\x8c\x14\x79\xf6")), "8c1479f6"); }

TEST(BuildId, of_what_is_cut_anywhere_or_no_program_is_none) {
  const std::string whole = program("\x8c\x14\x79\xf6");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(build_id(whole.substr(0, size)), "") << size;
  EXPECT_EQ(build_id("#!/bin/sh\n"), "");
}

TEST(BuildId, this_very_test_has_one_in_its_first_pages) {
  RealFiles real;
  Files& files = real;
  char path[4096] = {};
  ASSERT_NE(::realpath("/proc/self/exe", path), nullptr);
  EXPECT_EQ(build_id(files.read_start(path, kBuildIdWithin).value()).size(), 40U);
}

}  // namespace
}  // namespace keelson
