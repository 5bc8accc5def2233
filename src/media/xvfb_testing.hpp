#pragma once
// An X server without a screen, for tests: what a window shows can be read, and keys can be pressed in it.

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xcb/xcb.h>

#include "base/units.hpp"

namespace bigfoot::media {

/// DISPLAY names it while it lives. There is no window manager: windows lie at the top left.
class Xvfb {
  struct Free {
    void operator()(void* reply) const { std::free(reply); }
  };
  template <class T>
  using Reply = std::unique_ptr<T, Free>;

 public:
  static constexpr Size screen{1600, 1000};

  Xvfb() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 3);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    const std::string mode = screen.text() + "x24";
    const std::vector<const char*> words{"Xvfb",       "-displayfd", "3",   "-screen",  "0",
                                         mode.c_str(), "-nolisten",  "tcp", "-noreset", nullptr};
    if (posix_spawnp(&pid_, "Xvfb", &actions, nullptr, const_cast<char* const*>(words.data()), environ) != 0) pid_ = 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    std::string number;
    for (char sign = 0; read(ends[0], &sign, 1) == 1 && sign != '\n';) number += sign;
    close(ends[0]);
    if (number.empty()) return;
    setenv("DISPLAY", (":" + number).c_str(), 1);
    unsetenv("WAYLAND_DISPLAY");
    x_ = xcb_connect(nullptr, nullptr);
    root_ = xcb_setup_roots_iterator(xcb_get_setup(x_)).data->root;
  }
  ~Xvfb() {
    if (x_) xcb_disconnect(x_);
    unsetenv("DISPLAY");
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  Xvfb(const Xvfb&) = delete;
  Xvfb& operator=(const Xvfb&) = delete;

  bool runs() const { return x_ && xcb_connection_has_error(x_) == 0; }

  struct Pixel {
    int r = 0, g = 0, b = 0;
    int light() const { return (r + g + b) / 3; }
    bool operator==(const Pixel&) const = default;
  };
  /// Of the screen.
  std::vector<Pixel> pixels(int x, int y, int width, int height) const {
    const auto cookie =
        xcb_get_image(x_, XCB_IMAGE_FORMAT_Z_PIXMAP, root_, static_cast<std::int16_t>(x), static_cast<std::int16_t>(y),
                      static_cast<std::uint16_t>(width), static_cast<std::uint16_t>(height), ~0U);
    const Reply<xcb_get_image_reply_t> reply(xcb_get_image_reply(x_, cookie, nullptr));
    std::vector<Pixel> found;
    if (!reply) return found;
    const std::uint8_t* data = xcb_get_image_data(reply.get());
    for (int i = 0; i + 3 < xcb_get_image_data_length(reply.get()); i += 4)
      found.push_back({data[i + 2], data[i + 1], data[i]});
    return found;
  }
  Pixel pixel(int x, int y) const {
    const auto one = pixels(x, y, 1, 1);
    return one.empty() ? Pixel{} : one.front();
  }
  /// The only one there is; 0: none.
  xcb_window_t window() const {
    const Reply<xcb_query_tree_reply_t> tree(xcb_query_tree_reply(x_, xcb_query_tree(x_, root_), nullptr));
    for (int i = 0; tree && i < xcb_query_tree_children_length(tree.get()); ++i) {
      const xcb_window_t child = xcb_query_tree_children(tree.get())[i];
      const Reply<xcb_get_window_attributes_reply_t> attributes(
          xcb_get_window_attributes_reply(x_, xcb_get_window_attributes(x_, child), nullptr));
      if (attributes && attributes->map_state == XCB_MAP_STATE_VIEWABLE) return child;
    }
    return 0;
  }
  Size size(xcb_window_t window) const {
    const Reply<xcb_get_geometry_reply_t> reply(xcb_get_geometry_reply(x_, xcb_get_geometry(x_, window), nullptr));
    return reply ? Size{reply->width, reply->height} : Size{};
  }
  std::string title(xcb_window_t window) const {
    const auto cookie = xcb_get_property(x_, 0, window, XCB_ATOM_WM_NAME, XCB_GET_PROPERTY_TYPE_ANY, 0, 256);
    const Reply<xcb_get_property_reply_t> reply(xcb_get_property_reply(x_, cookie, nullptr));
    if (!reply) return {};
    return {static_cast<const char*>(xcb_get_property_value(reply.get())),
            static_cast<std::size_t>(xcb_get_property_value_length(reply.get()))};
  }
  /// A window of the test's own.
  xcb_window_t make_window(Size size) const {
    const xcb_window_t window = xcb_generate_id(x_);
    xcb_create_window(x_, XCB_COPY_FROM_PARENT, window, root_, 0, 0, static_cast<std::uint16_t>(size.width),
                      static_cast<std::uint16_t>(size.height), 0, XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
                      0, nullptr);
    xcb_map_window(x_, window);
    xcb_flush(x_);
    return window;
  }
  /// From here on the test looks like a window manager that knows EWMH, and hears what one is asked.
  void be_manager(xcb_window_t sign) const {
    const std::uint32_t mask = XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY;
    xcb_change_window_attributes(x_, root_, XCB_CW_EVENT_MASK, &mask);
    xcb_change_property(x_, XCB_PROP_MODE_REPLACE, root_, atom("_NET_SUPPORTING_WM_CHECK"), XCB_ATOM_WINDOW, 32, 1,
                        &sign);
    xcb_flush(x_);
  }
  /// The next message; it was sent before, and is here after one more answer of the server's.
  std::optional<xcb_client_message_event_t> asked_as_manager() const {
    atom("WM_STATE");
    while (const Reply<xcb_generic_event_t> event{xcb_poll_for_event(x_)})
      if ((event->response_type & 0x7f) == XCB_CLIENT_MESSAGE)
        return *reinterpret_cast<const xcb_client_message_event_t*>(event.get());
    return std::nullopt;
  }
  xcb_atom_t atom(const std::string& name) const {
    const auto cookie = xcb_intern_atom(x_, 0, static_cast<std::uint16_t>(name.size()), name.c_str());
    const Reply<xcb_intern_atom_reply_t> reply(xcb_intern_atom_reply(x_, cookie, nullptr));
    return reply ? reply->atom : static_cast<xcb_atom_t>(XCB_ATOM_NONE);
  }
  /// `code` as the server's keyboard has it: 24 is q, 32 is o.
  void press(xcb_window_t window, std::uint8_t code) const {
    for (const int type : {XCB_KEY_PRESS, XCB_KEY_RELEASE}) {
      xcb_key_press_event_t event{};
      event.response_type = static_cast<std::uint8_t>(type);
      event.detail = code;
      event.root = root_;
      event.event = window;
      event.same_screen = 1;
      xcb_send_event(x_, 0, window, type == XCB_KEY_PRESS ? XCB_EVENT_MASK_KEY_PRESS : XCB_EVENT_MASK_KEY_RELEASE,
                     reinterpret_cast<const char*>(&event));
    }
    xcb_flush(x_);
  }
  /// As a window manager does when its cross is clicked.
  void close_window(xcb_window_t window) const {
    xcb_client_message_event_t event{};
    event.response_type = XCB_CLIENT_MESSAGE;
    event.format = 32;
    event.window = window;
    event.type = atom("WM_PROTOCOLS");
    event.data.data32[0] = atom("WM_DELETE_WINDOW");
    xcb_send_event(x_, 0, window, XCB_EVENT_MASK_NO_EVENT, reinterpret_cast<const char*>(&event));
    xcb_flush(x_);
  }

 private:
  pid_t pid_ = 0;
  xcb_connection_t* x_ = nullptr;
  xcb_window_t root_ = 0;
};

}  // namespace bigfoot::media
