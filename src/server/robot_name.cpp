#include "server/robot_name.hpp"

#include "server/request_target.hpp"

namespace bigfoot::server {

bool is_addressable(const std::string& name) {
  constexpr std::size_t name_bytes_max = 128;
  return name.size() <= name_bytes_max && is_segment(name);
}

std::string robot_name(const protocol::Meta& meta, const std::string& peer_id) {
  return is_addressable(meta.name) ? meta.name : peer_id;
}

std::vector<std::string> addressable(std::vector<std::string> cameras) {
  std::erase_if(cameras, [](const std::string& camera) { return !is_addressable(camera); });
  return cameras;
}

}  // namespace bigfoot::server
