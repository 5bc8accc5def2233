#pragma once
// GObject handles: ownership is visible where a handle is made (adopt or share), and a signal connection is an object
// that disconnects when it dies.

#include <utility>

#include <glib-object.h>

namespace bigfoot {

/// One reference to a GObject.
template <class T>
class GRef {
 public:
  GRef() = default;
  /// Takes over the reference that the caller holds (`transfer full`).
  static GRef adopt(T* object) { return GRef(object); }
  /// Adds a reference of its own (`transfer none`).
  static GRef share(T* object) { return GRef(object ? static_cast<T*>(g_object_ref(object)) : nullptr); }
  GRef(GRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  GRef& operator=(GRef&& other) noexcept {
    if (this != &other) {
      reset();
      object_ = std::exchange(other.object_, nullptr);
    }
    return *this;
  }
  ~GRef() { reset(); }
  void reset() {
    if (T* object = std::exchange(object_, nullptr)) g_object_unref(object);
  }
  T* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  explicit GRef(T* object) : object_(object) {}
  T* object_ = nullptr;
};

/// A connected signal handler. The instance must outlive it: declare it after the GRef.
class SignalConnection {
 public:
  SignalConnection() = default;
  SignalConnection(gpointer instance, const char* signal, GCallback handler, gpointer user)
      : instance_(instance), id_(g_signal_connect(instance, signal, handler, user)) {}
  SignalConnection(SignalConnection&& other) noexcept
      : instance_(std::exchange(other.instance_, nullptr)), id_(std::exchange(other.id_, 0)) {}
  SignalConnection& operator=(SignalConnection&& other) noexcept {
    if (this != &other) {
      reset();
      instance_ = std::exchange(other.instance_, nullptr);
      id_ = std::exchange(other.id_, 0);
    }
    return *this;
  }
  ~SignalConnection() { reset(); }
  void reset() {
    if (gpointer instance = std::exchange(instance_, nullptr)) g_signal_handler_disconnect(instance, id_);
  }

 private:
  gpointer instance_ = nullptr;
  gulong id_ = 0;
};

}  // namespace bigfoot
