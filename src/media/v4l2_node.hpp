#pragma once
// An opened V4L2 node: the only place that speaks ioctl.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "media/v4l2_device.hpp"

namespace bigfoot::media {

/// Worker thread: each call may hang in the driver.
class V4l2Node {
 public:
  explicit V4l2Node(const std::string& path);
  /// ioctl(2) by other means: false, and errno, where it would fail.
  using Ask = std::function<bool(unsigned long request, void* argument)>;
  explicit V4l2Node(Ask ask) : ask_(std::move(ask)) {}
  ~V4l2Node();
  V4l2Node(const V4l2Node&) = delete;
  V4l2Node& operator=(const V4l2Node&) = delete;

  bool ok() const { return failure_ == 0; }
  /// The errno of the failed open.
  int failure() const { return failure_; }
  /// Card, bus and whether it captures; 0, or an errno.
  int read_identity(V4l2Device& device);
  /// 0, or the errno of a device that went away meanwhile. Of a range of sizes the rates are asked for at its largest
  /// and at the one nearest to `wanted`.
  int read_modes(V4l2Device& device, Size wanted = {}) const;
  int read_controls(V4l2Device& device) const;
  /// 0, or an errno.
  int set_control(std::uint32_t id, std::int64_t value) const;
  /// For one that answered with an error: 0 while it is there, or an errno.
  int gone() const;

 private:
  int add_sizes(std::uint32_t format, Size wanted, V4l2Device& device) const;
  int add_set_size(std::uint32_t format, V4l2Device& device) const;
  int read_rates(std::uint32_t format, V4l2Rates& rates) const;
  int add_mode(std::uint32_t format, V4l2Mode mode, Size wanted, V4l2Device& device) const;
  void add_items(V4l2Control& control) const;

  int fd_ = -1;
  int failure_ = 0;
  Ask ask_;
  std::uint32_t buffer_type_ = 0;
};

}  // namespace bigfoot::media
