#include "model/resolve.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/units.h"
#include "component/defaults.h"

namespace keelson {
namespace {

constexpr int kFirstOctet = 1;
constexpr int kLastOctet = 250;

/// A component together with what its kind said of its shape, between the two passes.
struct Shaped {
  Component component;
  Shape shape;
  SourceMark mark;
};

/// Collects problems; each says which component it is about and where the user named it.
class Resolver {
 public:
  Resolver(const ResolveInput& input, AddressBook& addresses) : input_(input), addresses_(addresses) {}

  Checked<Foundation> run() {
    for (const BlueprintComponent& entry : input_.blueprint.components) shape_component(entry.name, entry.kind, "", entry.settings, entry.mark);
    if (!problems_.empty()) return unexpected(std::move(problems_));
    describe_foundation();
    check_names();
    publish();
    name_images();
    if (!problems_.empty()) return unexpected(std::move(problems_));
    give_addresses();
    if (!problems_.empty()) return unexpected(std::move(problems_));
    render();
    check_order();
    if (!problems_.empty()) return unexpected(std::move(problems_));
    return std::move(foundation_);
  }

 private:
  void problem(Error error, const std::string& component, const SourceMark& mark) {
    error.code = ErrorCode::invalid_blueprint;
    if (error.where.empty()) error.where = mark.text();
    error.what = "components." + component + ": " + error.what;
    problems_.push_back(std::move(error));
  }

  void shape_component(const std::string& name, const Kind* kind, const std::string& owner, Settings settings, const SourceMark& mark) {
    if (kind->verbs.shape == nullptr) {
      problem({ErrorCode::not_supported, "kind " + std::string(kind->name) + " cannot be placed yet"}, name, mark);
      return;
    }
    if (auto filled = fill_defaults(settings, kind->settings); !filled) return problem(filled.error(), name, mark);
    auto shape = kind->verbs.shape({input_.blueprint.foundation, name, settings, input_.layout.lease_store(name).has_value()});
    if (!shape) return problem(shape.error(), name, mark);
    Shaped shaped{{name, kind, owner, std::move(settings), {}}, std::move(*shape), mark};
    const std::vector<Companion> companions = shaped.shape.companions;
    shaped_.push_back(std::move(shaped));
    for (const Companion& companion : companions) add_companion(companion, owner.empty() ? name : owner, mark);
  }

  /// A companion that already stands (a shared consensus store) is used as it is.
  void add_companion(const Companion& companion, const std::string& owner, const SourceMark& mark) {
    for (const Shaped& other : shaped_)
      if (other.component.name == companion.name && other.component.kind->name == companion.kind) return;
    const Kind* kind = find_kind(input_.catalog, companion.kind);
    if (kind == nullptr) return problem({ErrorCode::failed, "needs a companion of unknown kind " + companion.kind}, owner, mark);
    shape_component(companion.name, kind, owner, companion.settings, mark);
  }

  void describe_foundation() {
    const Blueprint& blueprint = input_.blueprint;
    foundation_.name = blueprint.foundation;
    foundation_.domain = blueprint.domain;
    foundation_.protect = blueprint.protect;
    foundation_.local_users = blueprint.local_users;
    if (foundation_.local_users.empty() && !input_.invoking_user.empty()) foundation_.local_users = {input_.invoking_user};
    for (Shaped& shaped : shaped_) {
      int ordinal = 0;
      for (const Shape::ShapedMember& member : shaped.shape.members) {
        Member made{member.name, shaped.component.name, ++ordinal, {}, {}};
        for (const std::string& instance : member.instances) {
          made.instances.emplace_back();
          made.instances.back().name = instance;
        }
        shaped.component.members.push_back(std::move(made));
      }
      for (const Port& port : shaped.component.kind->ports) shaped.component.ports.push_back(port.number);
      shaped.component.ports.insert(shaped.component.ports.end(), shaped.shape.ports.begin(), shaped.shape.ports.end());
      for (Endpoint endpoint : shaped.shape.endpoints) {
        if (endpoint.component.empty()) endpoint.component = shaped.component.name;
        foundation_.edges.push_back({std::string(kLocalUsers), endpoint.name, 0, "users of this machine named by access.local"});
        foundation_.endpoints.push_back(std::move(endpoint));
      }
      foundation_.edges.insert(foundation_.edges.end(), shaped.shape.edges.begin(), shaped.shape.edges.end());
      foundation_.secrets.insert(foundation_.secrets.end(), shaped.shape.secrets.begin(), shaped.shape.secrets.end());
      foundation_.components.push_back(shaped.component);
    }
  }

  /// Members, endpoints and components share one space of names, because all of them become host names.
  void check_names() {
    std::map<std::string, std::string> taken;
    const auto take = [&](const std::string& name, const std::string& by, const SourceMark& mark) {
      if (!is_dns_label(name)) problem({ErrorCode::failed, "gives the name " + name + ", which is not a DNS label", {}, {}, "shorten the component's name"}, by, mark);
      const auto [other, fresh] = taken.emplace(name, by);
      if (!fresh) problem({ErrorCode::failed, "the name " + name + " is also given by component " + other->second, {}, {}, "rename one of them"}, by, mark);
    };
    for (const Shaped& shaped : shaped_) {
      for (const auto& member : shaped.shape.members) take(member.name, shaped.component.name, shaped.mark);
      for (const auto& endpoint : shaped.shape.endpoints) take(endpoint.name, shaped.component.name, shaped.mark);
    }
  }

  /// Gives endpoints the further places the blueprint publishes them at. That no two take one place, the blueprint's reader has seen.
  void publish() {
    std::vector<std::string> known;
    for (const Endpoint& endpoint : foundation_.endpoints) known.push_back(endpoint.name);
    for (const BlueprintPublished& entry : input_.blueprint.published) {
      const auto endpoint = std::find_if(foundation_.endpoints.begin(), foundation_.endpoints.end(), [&](const Endpoint& one) { return one.name == entry.endpoint; });
      if (endpoint == foundation_.endpoints.end()) {
        const std::string near = nearest(entry.endpoint, known);
        problems_.push_back({ErrorCode::invalid_blueprint, "publish: there is no endpoint " + entry.endpoint, entry.mark.text(), "members are never published",
                             near.empty() ? "see keelson access for the endpoints" : "did you mean " + near + "?"});
        continue;
      }
      const bool shares_ports = !input_.addressing && entry.place.address == kEveryAddress;  // with networks of their own, members' ports are none of the machine's
      if (const std::string user = user_of_port(entry.place.port); shares_ports && !user.empty())
        problems_.push_back({ErrorCode::invalid_blueprint, "publish: " + entry.place.text() + " takes the port of " + user, entry.mark.text(),
                             "who listens on every address leaves none of them to others", "choose another port, or one address"});
      endpoint->publish.push_back(entry.place);
    }
  }

  /// An entry of a component's own name comes before one of its kind's. A kind that nothing here is of is let pass: what a component brings along differs by runtime.
  void name_images() {
    const auto entry_for = [&](std::string_view name) {
      const auto& all = input_.blueprint.images;
      return std::find_if(all.begin(), all.end(), [&](const BlueprintImage& entry) { return entry.component == name; });
    };
    std::vector<std::string> known;
    for (Component& component : foundation_.components) {
      known.push_back(component.name);
      auto entry = entry_for(component.name);
      if (entry == input_.blueprint.images.end()) entry = entry_for(component.kind->name);
      if (entry != input_.blueprint.images.end()) component.image = entry->reference;
    }
    for (const BlueprintImage& entry : input_.blueprint.images) {
      if (find_component(foundation_, entry.component) != nullptr || find_kind(input_.catalog, entry.component) != nullptr) continue;
      const std::string near = nearest(entry.component, known);
      problems_.push_back({ErrorCode::invalid_blueprint, "images: there is no component " + entry.component, entry.mark.text(), {},
                           near.empty() ? "name a component, or a kind" : "did you mean " + near + "?"});
    }
  }

  /// Who of the foundation listens on that port somewhere; "" when nobody does.
  std::string user_of_port(int port) const {
    for (const Component& component : foundation_.components)
      if (std::find(component.ports.begin(), component.ports.end(), port) != component.ports.end()) return component.name;
    for (const Endpoint& endpoint : foundation_.endpoints)
      if (endpoint.port == port) return "endpoint " + endpoint.name;
    return {};
  }

  SourceMark mark_of(const std::string& component) const {
    for (const Shaped& shaped : shaped_)
      if (shaped.component.name == component) return shaped.mark;
    return {};
  }

  std::string address_of(const std::string& name) {
    auto found = addresses_.find(name);
    if (found == addresses_.end()) {
      std::set<int> used;
      for (const auto& [other, octet_of_other] : addresses_) used.insert(octet_of_other);
      int octet = kFirstOctet;
      while (used.contains(octet)) ++octet;
      if (octet > kLastOctet) {
        problems_.push_back({ErrorCode::invalid_blueprint, "the foundation has more than 250 members and endpoints", {}, {}, "split it into two foundations"});
        return {};
      }
      found = addresses_.emplace(name, octet).first;
    }
    return input_.block + "." + std::to_string(found->second);
  }

  void give_addresses() {
    if (input_.addressing) {
      if (auto given = input_.addressing(foundation_); !given) problems_.push_back(given.error());
      return;
    }
    for (Component& component : foundation_.components)
      for (Member& member : component.members) member.address = address_of(member.name);
    for (Endpoint& endpoint : foundation_.endpoints) endpoint.address = address_of(endpoint.name);
  }

  void render() {
    // Rooms read the whole foundation while one member is filled, so they read a copy that has all shapes and addresses.
    const Foundation shapes = foundation_;
    for (Component& component : foundation_.components) {
      const Component* described = find_component(shapes, component.name);
      for (Member& member : component.members)
        if (auto done = component.kind->verbs.render({shapes, *described, input_.layout}, member); !done)
          problem(done.error(), component.name, mark_of(component.name));
    }
    for (Component& component : foundation_.components)
      for (Member& member : component.members)
        for (Instance& instance : member.instances)
          for (Certificate& certificate : instance.certificates) drop_names_from_addresses(certificate);
  }

  /// Where addresses are names, they stand among the certificate's names already.
  static void drop_names_from_addresses(Certificate& certificate) {
    const auto is_name = [&](const std::string& address) { return std::find(certificate.dns_names.begin(), certificate.dns_names.end(), address) != certificate.dns_names.end(); };
    std::erase_if(certificate.ip_addresses, is_name);
  }

  /// `after` must name instances that exist and must not go round.
  void check_order() {
    std::set<std::string> done;
    std::vector<std::string> path;
    const std::function<void(const std::string&, const std::string&)> visit = [&](const std::string& name, const std::string& component) {
      if (done.contains(name)) return;
      if (std::find(path.begin(), path.end(), name) != path.end())
        return problem({ErrorCode::failed, "instances wait for each other: " + name + " comes after itself", {}, {}, "break the cycle"}, component, mark_of(component));
      const Instance* instance = find_instance(foundation_, name);
      if (instance == nullptr)
        return problem({ErrorCode::failed, "comes after " + name + ", which does not exist", {}, {}, "name an instance of this foundation"}, component, mark_of(component));
      path.push_back(name);
      for (const std::string& before : instance->after) visit(before, component);
      path.pop_back();
      done.insert(name);
    };
    for (const PlacedInstance& placed : instances_of(foundation_)) visit(placed.instance->name, placed.component->name);
  }

  const ResolveInput& input_;
  AddressBook& addresses_;
  std::vector<Shaped> shaped_;
  Foundation foundation_;
  Errors problems_;
};

}  // namespace

Checked<Foundation> resolve(const ResolveInput& input, AddressBook& addresses) { return Resolver(input, addresses).run(); }

}  // namespace keelson
