#include "pipeline/compose_place.h"

#include <unistd.h>

#include "components/catalog.h"
#include "model/resolve.h"

namespace keelson {
namespace {

/// The block the foundation has, or gets now. Writes it into the book.
Checked<Ipv4Range> block_of(const std::string& wished, const std::string& foundation, compose::Book& book) {
  const auto wished_range = parse_ipv4_network(wished);
  if (!wished.empty() && !wished_range) return unexpected(Errors{{ErrorCode::usage, "'" + wished + "' is not a network", "--subnet", {}, "write it like 10.88.0.0/20"}});
  if (!book.block.empty() && !wished.empty() && wished != book.block)
    return unexpected(Errors{{ErrorCode::preflight_refused, "the addresses of " + foundation + " are " + book.block, "--subnet", "its Sentinels keep them in their own state",
                              "leave --subnet out, or begin anew with another --state-dir"}});
  if (book.block.empty()) book.block = wished.empty() ? compose::default_block(foundation) : wished;
  const auto range = parse_ipv4_network(book.block);
  if (!range) return unexpected(Errors{{ErrorCode::failed, "the book of addresses is damaged", "compose.json", "block " + book.block}});
  return *range;
}

ContainerUsers users_of(const compose::Book& book) {
  ContainerUsers users{.uid = static_cast<int>(::geteuid()), .gid = static_cast<int>(::getegid())};
  if (users.uid != 0) return users;
  for (const auto& [component, number] : book.users) users.by_component[component] = ContainerUsers::kFirst + number;
  return users;
}

}  // namespace

Checked<ComposePlace> place_on_compose(const Blueprint& blueprint, compose::Book book, const std::string& subnet) {
  KEELSON_TRY(const Ipv4Range block, block_of(subnet, blueprint.foundation, book));
  const ContainerLayout layout;
  AddressBook unused;
  const auto addressing = [&](Foundation& foundation) {
    compose::number(foundation, book);
    return compose::give_addresses(foundation, book, block);
  };
  auto foundation = resolve({blueprint, catalog(), layout, {}, {}, addressing}, unused);
  if (!foundation) return unexpected(std::move(foundation).error());
  ContainerUsers users = users_of(book);
  return ComposePlace{std::move(*foundation), std::move(book), block, std::move(users)};
}

}  // namespace keelson
