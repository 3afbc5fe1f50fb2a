#include "system/remains.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/fd.h"
#include "system/temporary_directory.h"

namespace keelson {
namespace {

TEST(Remains, finds_who_works_in_a_directory) {
  const TemporaryDirectory directory;
  EXPECT_EQ(process_working_in(directory.path()), "");
  ASSERT_EQ(::chdir(directory.path().c_str()), 0);
  EXPECT_EQ(process_working_in(directory.path()), "process " + std::to_string(::getpid()));
  ASSERT_EQ(::chdir("/"), 0);
}

TEST(Remains, only_a_refused_connection_is_a_refusal) {
  const OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  ASSERT_EQ(::inet_pton(AF_INET, "127.0.0.1", &at.sin_addr), 1);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  const int port = ntohs(at.sin_port);
  EXPECT_TRUE(port_refuses("127.0.0.1", port)) << "bound, not listening";
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  EXPECT_FALSE(port_refuses("127.0.0.1", port));
  EXPECT_FALSE(port_refuses("no address", port));
}

}  // namespace
}  // namespace keelson
