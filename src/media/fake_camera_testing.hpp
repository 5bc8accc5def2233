#pragma once
// What stands for v4l2src in tests: any device, any mode.

#include "media/gst/pipeline.hpp"

namespace bigfoot::media {

/// V4l2Places::element
inline constexpr const char* fake_camera = "fakecamera";

inline void fake_camera_class_init(void* type, void*) {
  GObjectClass* object = G_OBJECT_CLASS(type);
  object->set_property = [](GObject*, guint, const GValue*, GParamSpec*) {};
  g_object_class_install_property(object, 1,
                                  g_param_spec_string("device", "device", "its path", nullptr, G_PARAM_WRITABLE));
  static GstStaticPadTemplate pictures =
      GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
  gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(type), &pictures);
}

inline void fake_camera_init(GTypeInstance* self, void*) {
  GstElement* drawn = gst_element_factory_make("videotestsrc", nullptr);
  g_object_set(drawn, "is-live", TRUE, nullptr);
  gst_bin_add(GST_BIN(self), drawn);
  const auto pad = gst::pad_of(drawn, "src");
  gst_element_add_pad(GST_ELEMENT(self), gst_ghost_pad_new("src", pad.get()));
}

/// GStreamer must have been started.
inline void register_fake_camera() {
  static const GType type =
      g_type_register_static_simple(GST_TYPE_BIN, "FakeCamera", sizeof(GstBinClass), fake_camera_class_init,
                                    sizeof(GstBin), fake_camera_init, GTypeFlags{});
  gst_element_register(nullptr, fake_camera, GST_RANK_NONE, type);
}

}  // namespace bigfoot::media
