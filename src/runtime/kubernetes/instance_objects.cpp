#include "runtime/kubernetes/instance_objects.h"

#include <algorithm>

#include "artifact/image.h"
#include "runtime/container_files.h"
#include "runtime/container_image.h"
#include "runtime/kubernetes/policies.h"
#include "runtime/probe_command.h"
#include "system/digest.h"

namespace keelson::kubernetes {
namespace {

constexpr const char* kData = "data";
constexpr const char* kConfig = "config";
constexpr const char* kFiles = "files";
constexpr const char* kRun = "run";
constexpr const char* kShm = "shm";

constexpr int kCpuMillis = 50;        ///< what an idle engine with its probes needs; more is there for whoever asks
constexpr std::int64_t kMemory = 64 << 20;  ///< requested where an instance has no limit
constexpr int kStartPeriodS = 1;      ///< an `up` waits for it
constexpr int kProbePeriodS = 5;
constexpr int kProcessPeriodS = 10;   ///< of a probe that is a process: starting it costs the node a fifth of a second of CPU
constexpr int kProbeTimeoutS = 3;     ///< starting a process counts, and on a busy node takes long
/// A start that takes long (a replica that copies terabytes, a leader that recovers) is never cut: `up` waits its own time, and kills nothing.
constexpr int kStartFailures = 7 * 24 * 3600;

int seconds(int milliseconds) { return (milliseconds + 999) / 1000; }

class Builder {
 public:
  Builder(const ManifestInput& input, const PlacedInstance& placed) : input_(input), placed_(placed) {}

  Result<std::vector<Object>> build() {
    const ContainerUsers users = pod_users();
    given_ = container_files(placed_, users, folder_);
    KEELSON_CHECK(add_data());
    describe_container();
    add_volumes();
    return std::vector<Object>{std::move(config_), std::move(secret_), stateful_set(users)};
  }

 private:
  const Instance& instance() const { return *placed_.instance; }
  Labels labels() const {
    Labels out = labels_of(input_, *placed_.component);
    out[kInstance] = instance().name;
    return out;
  }
  Meta meta() const { return {instance().name, input_.cluster.space, labels()}; }

  /// ConfigMap and Secret: one key a file.
  Result<void> add_data() {
    config_.meta = secret_.meta = meta();
    std::string issued;
    for (const MountedFile& file : given_.mounted) {
      const auto text = std::find_if(folder_.files.begin(), folder_.files.end(), [&](const FolderFile& one) { return one.path == file.path; });
      if (text != folder_.files.end()) {
        if (file.secret) secret_.data[key_of(file.name)] = text->content;
        else config_.data[key_of(file.name)] = text->content.redacted();  // without a secret, that is all of it
        continue;
      }
      KEELSON_TRY(std::string content, input_.read(file.path));
      if (file.secret) secret_.data[key_of(file.name)] = Secret(std::move(content));
      else issued += config_.data[key_of(file.name)] = std::move(content);
    }
    files_ = sha256_hex(given_.at_start + issued).substr(0, 16);
    return {};
  }

  void describe_container() {
    const Instance& own = instance();
    container_.name = std::string(placed_.component->kind->name);
    const ContainerImage image = *image_of(*placed_.component, own, input_.build);  // unsupported() has seen that there is one
    container_.image = image.name;
    container_.pull = pull_policy(image);
    container_.command = given_.command;
    for (const auto& [name, value] : own.environment) container_.environment.push_back({name, value});
    if (image.artifact != nullptr) container_.environment.push_back({"LD_PRELOAD", std::string(kRefusedConnect)});
    container_.ports = ports();
    add_resources();
    if (own.ready.protocol == ProbeProtocol::process) return;  // nothing listens, and the kubelet sees for itself whether it lives
    // Readiness is asked at once when the start is over, so that no process is started for an engine that does not even listen.
    const bool process = std::holds_alternative<ExecCheck>(check());
    container_.startup = Probe{.check = process ? decltype(Probe::check)(TcpCheck{own.ready.port}) : check(), .period_s = kStartPeriodS, .timeout_s = kProbeTimeoutS, .failures = kStartFailures};
    container_.readiness = Probe{.check = check(), .period_s = process ? kProcessPeriodS : kProbePeriodS, .timeout_s = kProbeTimeoutS, .failures = own.ready.failures};
  }

  void add_resources() {
    const std::int64_t memory = instance().memory_limit;
    container_.requests = {kCpuMillis, memory_request(instance())};
    container_.limits = {0, memory};
    const auto& shares = input_.cluster.shares;
    const auto share = std::find_if(shares.begin(), shares.end(), [&](const Share& one) { return one.kind == placed_.component->kind->name; });
    if (share == shares.end()) return;
    container_.requests = {share->cpu_request, memory > 0 ? memory * share->memory_percent / 100 : kMemory};
    container_.limits.cpu_millis = share->cpu_limit;
  }

  /// By the kubelet itself where it speaks the protocol, else by a process inside that does, and where there is none by connecting. The kubelet shows no
  /// certificate and verifies none.
  decltype(Probe::check) check() const {
    const keelson::Probe& asked = instance().ready;
    if (asked.protocol == ProbeProtocol::tcp) return TcpCheck{asked.port};
    if (asked.protocol == ProbeProtocol::http && !asked.client_certificate && asked.expect_status == 200)
      return HttpCheck{asked.request, asked.port, asked.tls ? HttpCheck::Scheme::https : HttpCheck::Scheme::http};
    if (!carries_keelson(*placed_.component)) return TcpCheck{asked.port};
    return ExecCheck{*probe_command(instance())};
  }

  std::vector<ContainerPort> ports() const {
    std::vector<ContainerPort> out;
    for (const ServicePort& port : member_service(input_, *placed_.component, *placed_.member).ports) out.push_back({port.name, port.port});
    for (const Endpoint& endpoint : input_.foundation.endpoints)
      if (balancer_of(input_.foundation, endpoint) == placed_.component) out.push_back({"port-" + std::to_string(listen_port(endpoint)), listen_port(endpoint)});
    return out;
  }

  /// Each file by itself: whole directories would be links, and among them those in which an engine writes beside what it is given.
  void add_volumes() {
    pod_.volumes.push_back({kFiles, Projected{{ConfigMapSource{instance().name}, SecretSource{instance().name}}}});
    for (const MountedFile& file : given_.mounted) container_.mounts.push_back({kFiles, file.target, key_of(file.name), VolumeMount::Access::read});
    const Place& place = instance().place;
    if (instance().storage == 0) pod_.volumes.push_back({kData, EmptyDir{}});
    container_.mounts.push_back({kData, place.data, kData});
    if (given_.has_seed) container_.mounts.push_back({kData, place.config, kConfig});
    pod_.volumes.push_back({kRun, EmptyDir{Medium::memory, 16 << 20}});
    container_.mounts.push_back({kRun, place.run});
    if (instance().memory_limit == 0) return;
    // The 64 MiB that a container has otherwise would break off PostgreSQL's parallel queries.
    pod_.volumes.push_back({kShm, EmptyDir{Medium::memory, instance().memory_limit}});
    container_.mounts.push_back({kShm, "/dev/shm"});
  }

  StatefulSet stateful_set(const ContainerUsers& users) {
    const Component& component = *placed_.component;
    pod_.labels = labels();
    pod_.annotations = {{kFilesAnnotation, files_}};
    pod_.account = component.name;
    pod_.token = instance().elects ? Token::mounted : Token::none;
    pod_.user = users.uid_of(component.name);
    pod_.stop_s = seconds(instance().stop_timeout_ms);
    pod_.dns_options = kNameOptions;
    for (const char* place : {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}) pod_.spread.push_back({place, pods_of(input_, component)});
    pod_.containers = {std::move(container_)};

    Meta named = meta();
    named.name = set_of(*placed_.member);
    StatefulSet out{.meta = std::move(named), .service = placed_.member->name, .pods = pods_of(input_, component, *placed_.member), .order = PodOrder::parallel, .pod = std::move(pod_)};
    if (instance().storage > 0) out.claims = {{kData, instance().storage, input_.storage_class, labels_of(input_, component)}};
    return out;
  }

  const ManifestInput& input_;
  const PlacedInstance& placed_;
  FolderFiles folder_;
  ContainerFiles given_;
  ConfigMap config_;
  SecretObject secret_;
  Container container_;
  PodTemplate pod_;
  std::string files_;  ///< digest of what is read at a start
};

}  // namespace

std::string key_of(const std::string& file) {
  std::string out = file;
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

std::int64_t memory_request(const Instance& instance) { return instance.memory_limit > 0 ? instance.memory_limit : kMemory; }

PullPolicy pull_policy(const ContainerImage& image) { return image.artifact != nullptr ? PullPolicy::never : PullPolicy::if_not_present; }

Labels labels_of(const ManifestInput& input) {
  Labels out{{kPartOf, input.foundation.name}, {kManagedBy, "keelson"}};
  if (!input.owner.empty()) out[kOwner] = input.owner;
  return out;
}

Labels labels_of(const ManifestInput& input, const Component& component) {
  Labels out = labels_of(input);
  out[kComponent] = component.name;
  out[kName] = std::string(component.kind->name);
  if (input.cluster.app_label) out[kApp] = component.name;
  return out;
}

Labels pods_of(const ManifestInput& input, const Component& component) { return {{kPartOf, input.foundation.name}, {kComponent, component.name}}; }

Labels pods_of(const ManifestInput& input, const Component& component, const Member& member) {
  Labels out = pods_of(input, component);
  out[kInstance] = member.name;
  return out;
}

Service member_service(const ManifestInput& input, const Component& component, const Member& member) {
  Service out{.meta = {member.name, input.cluster.space, labels_of(input, component)}, .pods = pods_of(input, component, member), .ports = {}};
  out.not_ready = NotReady::published;
  for (const int number : component.ports) {
    const auto known = std::find_if(component.kind->ports.begin(), component.kind->ports.end(), [&](const Port& port) { return port.number == number; });
    out.ports.push_back({known != component.kind->ports.end() ? std::string(known->name) : "port-" + std::to_string(number), number});
  }
  if (out.ports.empty()) out.address = kHeadless;  // a balancer: its endpoints have Services of their own
  return out;
}

Service endpoint_service(const ManifestInput& input, const Endpoint& endpoint) {
  const Component& balancer = *balancer_of(input.foundation, endpoint);
  return {.meta = {endpoint.name, input.cluster.space, labels_of(input, balancer)},
          .pods = pods_of(input, balancer),
          .ports = {{endpoint.protocol, endpoint.port, listen_port(endpoint)}}};
}

std::vector<Service> published_services(const ManifestInput& input, const Endpoint& endpoint) {
  std::vector<Service> out;
  for (const Published& place : endpoint.publish) {
    if (is_of_the_machine(place)) continue;
    Service service = endpoint_service(input, endpoint);
    service.meta.name = published_name(endpoint, static_cast<int>(out.size()) + 1);
    service.ports = {{endpoint.protocol, place.port, listen_port(endpoint)}};
    service.outside = Outside{place.address == kEveryAddress ? std::string() : place.address, blocks_of(place)};
    out.push_back(std::move(service));
  }
  return out;
}

Result<std::vector<Object>> instance_objects(const ManifestInput& input, const PlacedInstance& placed) { return Builder(input, placed).build(); }

}  // namespace keelson::kubernetes
