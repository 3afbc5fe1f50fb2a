#include "artifact/build_id.h"

#include <elf.h>

#include <cstring>

namespace keelson {
namespace {

/// A structure that stands at an offset, if all of it is there.
template <typename Structure>
bool read_at(std::string_view bytes, std::size_t offset, Structure& into) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Structure)) return false;
  std::memcpy(&into, bytes.data() + offset, sizeof(Structure));
  return true;
}

std::string hex_of(std::string_view bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out += kDigits[value >> 4];
    out += kDigits[value & 15];
  }
  return out;
}

std::size_t padded(std::size_t size, std::size_t to) { return (size + to - 1) / to * to; }

/// Among the notes of one segment (man 5 elf).
std::string find_id(std::string_view notes, std::size_t alignment) {
  const std::size_t to = alignment == 8 ? 8 : 4;
  for (std::size_t at = 0; at < notes.size();) {
    Elf64_Nhdr note;
    if (!read_at(notes, at, note)) return {};
    const std::size_t name = at + sizeof note, content = name + padded(note.n_namesz, 4);
    if (content > notes.size() || note.n_descsz > notes.size() - content) return {};
    if (note.n_type == NT_GNU_BUILD_ID && notes.substr(name, note.n_namesz) == std::string_view("GNU", 4)) return hex_of(notes.substr(content, note.n_descsz));
    at = padded(content + note.n_descsz, to);
  }
  return {};
}

}  // namespace

std::string build_id(std::string_view start) {
  Elf64_Ehdr header;
  if (!read_at(start, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_phentsize != sizeof(Elf64_Phdr)) return {};
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(start, header.e_phoff + i * sizeof segment, segment)) return {};
    if (segment.p_type != PT_NOTE || segment.p_offset > start.size() || segment.p_filesz > start.size() - segment.p_offset) continue;
    if (std::string id = find_id(start.substr(segment.p_offset, segment.p_filesz), segment.p_align); !id.empty()) return id;
  }
  return {};
}

}  // namespace keelson
