#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

enum class RoleCheckProtocol { tcp, https, redis, pgbouncer };

/// How the balancer asks a backend whether it fits the endpoint.
struct RoleCheck {
  RoleCheckProtocol protocol = RoleCheckProtocol::tcp;
  int port = 0;               ///< https: the port of the check (8008); 0 = the service port
  std::string request = {};   ///< https: path ("/primary"); redis: the word ROLE must answer ("master", "slave")
  std::string user = {};      ///< redis
  std::string secret = {};    ///< redis: name of the password
};

/// Somebody who may log in there, and the name of the secret that lets them.
struct EndpointUser {
  std::string name;
  std::string secret;  ///< "" = no password (socket only)
};

/// A further place where an endpoint is reached, outside the foundation's own addresses, and by whom.
struct Published {
  std::string address = {};            ///< IPv4, dotted; kEveryAddress = all of the machine's
  int port = 0;                        ///< at least 1024: no component may bind a lower one
  std::vector<std::string> from = {};  ///< whose connections are taken: "192.0.2.0/24", "192.0.2.7"; never empty
  std::string listen = {};             ///< where the balancer listens for it, when a runtime leads connections there from elsewhere; "" = `address`
  int listen_port = 0;                 ///< the same of `port`
  std::vector<std::string> admits = {};  ///< whom the balancer itself takes there, as it sees them; empty = all: the runtime decides in front of it
  std::string by = {};                 ///< what of the runtime's leads there, for people: "service redis-master-published"; "" = the balancer listens there
  std::string text() const { return address + ":" + std::to_string(port); }
  bool operator==(const Published&) const = default;
};
inline constexpr std::string_view kEveryAddress = "0.0.0.0";

/// A stable name and port clients use, wherever the leader is.
struct Endpoint {
  std::string name = {};       ///< "postgresql-primary"
  std::string component = {};  ///< whose members serve it
  std::string address = {};    ///< set by resolve
  int port = 0;
  std::string listen = {};     ///< where its balancer listens, when that is not `address`; set by resolve
  int listen_port = 0;         ///< the same of `port`
  int backend_port = 0;        ///< port on the members; 0 = `port`
  std::string protocol = {};   ///< "postgresql", "redis"
  std::string database = {};   ///< "" where that means nothing
  RoleCheck check = {};
  bool read_only = false;
  bool spread = false;         ///< balance over all backends that pass (least connections); else the only one
  std::vector<EndpointUser> users = {};
  std::vector<Published> publish = {};  ///< the blueprint's `publish`; set by resolve
};

/// What an edge for the users of `access.local` comes from; no component can have that name.
inline constexpr std::string_view kLocalUsers = "access.local";

/// "`from` may talk to `to`": the network policy is compiled from these (model/door.h says what each opens).
struct Edge {
  std::string from;  ///< component name, or kLocalUsers
  std::string to;    ///< component name (its members) or endpoint name
  int port = 0;      ///< 0: the endpoint's own port; where no endpoint has that name, every port of the component's members
  std::string why = {};
};

}  // namespace keelson
