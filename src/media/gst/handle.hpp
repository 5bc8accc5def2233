#pragma once
// Ownership of GStreamer's objects, visible where a handle is made: adopt() takes the caller's reference over (a
// floating one is sunk), share() takes one more.

#include <cstdint>
#include <utility>

#include <gst/gst.h>

namespace bigfoot::media::gst {

template <class T>
inline constexpr bool is_mini_object = false;
template <>
inline constexpr bool is_mini_object<GstCaps> = true;
template <>
inline constexpr bool is_mini_object<GstBuffer> = true;
template <>
inline constexpr bool is_mini_object<GstSample> = true;
template <>
inline constexpr bool is_mini_object<GstMessage> = true;
template <>
inline constexpr bool is_mini_object<GstEvent> = true;

template <class T>
class Handle {
 public:
  Handle() = default;
  Handle(Handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      object_ = std::exchange(other.object_, nullptr);
    }
    return *this;
  }
  ~Handle() { reset(); }

  T* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  /// Gives the reference to whoever takes "transfer full".
  T* release() { return std::exchange(object_, nullptr); }
  void reset() {
    T* object = std::exchange(object_, nullptr);
    if (!object) return;
    if constexpr (is_mini_object<T>)
      gst_mini_object_unref(GST_MINI_OBJECT_CAST(object));
    else
      gst_object_unref(object);
  }

 private:
  template <class U>
  friend Handle<U> adopt(U* object);
  explicit Handle(T* object) : object_(object) {}
  T* object_ = nullptr;
};

template <class T>
Handle<T> adopt(T* object) {
  if constexpr (!is_mini_object<T>)
    if (object && g_object_is_floating(object)) gst_object_ref_sink(object);
  return Handle<T>(object);
}

template <class T>
Handle<T> share(T* object) {
  if (!object) return {};
  if constexpr (is_mini_object<T>)
    gst_mini_object_ref(GST_MINI_OBJECT_CAST(object));
  else
    gst_object_ref(object);
  return adopt(object);
}

/// Frees a GError or a string of GLib's.
struct GlibFree {
  void operator()(GError* error) const { g_error_free(error); }
  void operator()(char* text) const { g_free(text); }
};

}  // namespace bigfoot::media::gst
