#include "media/x11_window.hpp"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include <xcb/xcb.h>

namespace bigfoot::media {
namespace {

struct Free {
  void operator()(void* reply) const { std::free(reply); }
};
struct Disconnect {
  void operator()(xcb_connection_t* connection) const { xcb_disconnect(connection); }
};
using Connection = std::unique_ptr<xcb_connection_t, Disconnect>;
template <class T>
using Reply = std::unique_ptr<T, Free>;

constexpr const char* fix = "the key of the window manager for a full screen does it too";

xcb_atom_t atom(xcb_connection_t* to, const char* name) {
  const auto cookie = xcb_intern_atom(to, 0, static_cast<std::uint16_t>(std::strlen(name)), name);
  const Reply<xcb_intern_atom_reply_t> reply(xcb_intern_atom_reply(to, cookie, nullptr));
  return reply ? reply->atom : static_cast<xcb_atom_t>(XCB_ATOM_NONE);
}

/// Whether a window manager runs that knows EWMH.
bool managed(xcb_connection_t* x, xcb_window_t root) {
  const auto cookie = xcb_get_property(x, 0, root, atom(x, "_NET_SUPPORTING_WM_CHECK"), XCB_ATOM_WINDOW, 0, 1);
  const Reply<xcb_get_property_reply_t> reply(xcb_get_property_reply(x, cookie, nullptr));
  return reply && xcb_get_property_value_length(reply.get()) > 0;
}

void ask_manager(xcb_connection_t* x, xcb_window_t root, xcb_window_t window, bool fullscreen) {
  xcb_client_message_event_t event{};
  event.response_type = XCB_CLIENT_MESSAGE;
  event.format = 32;
  event.window = window;
  event.type = atom(x, "_NET_WM_STATE");
  event.data.data32[0] = fullscreen ? 1 : 0;  // add or remove
  event.data.data32[1] = atom(x, "_NET_WM_STATE_FULLSCREEN");
  event.data.data32[3] = 1;  // from an application
  xcb_send_event(x, 0, root, XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY,
                 reinterpret_cast<const char*>(&event));
}

/// Back to half the screen: what it was is not known here.
void place(xcb_connection_t* x, const xcb_screen_t& screen, xcb_window_t window, bool fullscreen) {
  const std::uint32_t divided = fullscreen ? 1 : 2;
  const std::uint32_t values[] = {
      0, 0, screen.width_in_pixels / divided, screen.height_in_pixels / divided, 0, XCB_STACK_MODE_ABOVE};
  xcb_configure_window(x, window,
                       XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y | XCB_CONFIG_WINDOW_WIDTH | XCB_CONFIG_WINDOW_HEIGHT |
                           XCB_CONFIG_WINDOW_BORDER_WIDTH | XCB_CONFIG_WINDOW_STACK_MODE,
                       values);
}

const xcb_screen_t* screen_of(xcb_connection_t* x, xcb_window_t root) {
  for (auto screens = xcb_setup_roots_iterator(xcb_get_setup(x)); screens.rem > 0; xcb_screen_next(&screens))
    if (screens.data->root == root) return screens.data;
  return nullptr;
}

}  // namespace

Result<> set_x11_fullscreen(std::uint64_t handle, bool fullscreen) {
  const Connection x(xcb_connect(nullptr, nullptr));
  if (xcb_connection_has_error(x.get()) != 0) return fail("the X display does not answer", fix);
  const auto window = static_cast<xcb_window_t>(handle);
  const Reply<xcb_get_geometry_reply_t> geometry(
      xcb_get_geometry_reply(x.get(), xcb_get_geometry(x.get(), window), nullptr));
  const xcb_screen_t* screen = geometry ? screen_of(x.get(), geometry->root) : nullptr;
  if (!screen) return fail("the window is none of X's", fix);
  if (managed(x.get(), screen->root))
    ask_manager(x.get(), screen->root, window, fullscreen);
  else
    place(x.get(), *screen, window, fullscreen);
  const Reply<xcb_get_input_focus_reply_t> done(
      xcb_get_input_focus_reply(x.get(), xcb_get_input_focus(x.get()), nullptr));  // until it has taken all that
  return {};
}

}  // namespace bigfoot::media
