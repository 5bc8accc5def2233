// A decoder in hardware as the decoder table knows it by name (v4l2h264dec), that breaks or hangs when it is told to: a
// plugin of GStreamer's for tests. It decodes by libav. What the file that FAULTY_DECODER names holds happens to the
// next access unit: `hang`, or any other word to break, once, and the file is gone then; `always`: each time.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <unistd.h>

#include <gst/gst.h>

namespace {

std::string take_order() {
  const char* path = std::getenv("FAULTY_DECODER");
  if (!path) return {};
  std::string order;
  std::ifstream(path) >> order;
  if (!order.empty() && order != "always") std::remove(path);
  return order;
}

GstPadProbeReturn take_unit(GstPad* pad, GstPadProbeInfo*, gpointer) {
  const std::string order = take_order();
  if (order.empty()) return GST_PAD_PROBE_OK;
  while (order == "hang") pause();
  GstElement* decoder = gst_pad_get_parent_element(pad);
  GST_ELEMENT_ERROR(decoder, STREAM, DECODE, ("It was made to break."), (nullptr));
  gst_object_unref(decoder);
  return GST_PAD_PROBE_DROP;
}

GstPad* ghost_of(GstElement* inner, const char* name, GstPadTemplate* like) {
  GstPad* target = gst_element_get_static_pad(inner, name);
  GstPad* ghost = gst_ghost_pad_new_from_template(name, target, like);
  gst_object_unref(target);
  return ghost;
}

void init(GTypeInstance* instance, gpointer) {
  GstElement* self = GST_ELEMENT(instance);
  GstElement* decoder = gst_element_factory_make("avdec_h264", nullptr);
  if (!decoder) return;
  g_object_set(decoder, "max-threads", 1, nullptr);
  gst_bin_add(GST_BIN(self), decoder);
  for (const char* name : {"sink", "src"})
    gst_element_add_pad(self, ghost_of(decoder, name, gst_element_get_pad_template(self, name)));
  GstPad* sink = gst_element_get_static_pad(self, "sink");
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, take_unit, nullptr, nullptr);
  gst_object_unref(sink);
}

void describe(gpointer type, gpointer) {
  auto* element = GST_ELEMENT_CLASS(type);
  gst_element_class_set_static_metadata(element, "Faulty decoder", "Codec/Decoder/Video/Hardware",
                                        "Breaks and hangs when a test tells it to", "Bigfoot");
  GstCaps* in = gst_caps_from_string("video/x-h264,stream-format=byte-stream,alignment=au");
  GstCaps* out = gst_caps_from_string("video/x-raw");
  gst_element_class_add_pad_template(element, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, in));
  gst_element_class_add_pad_template(element, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, out));
  gst_caps_unref(in);
  gst_caps_unref(out);
}

gboolean begin(GstPlugin* plugin) {
  const GType type = g_type_register_static_simple(GST_TYPE_BIN, "BigfootFaultyDecoder", sizeof(GstBinClass), describe,
                                                   sizeof(GstBin), init, GTypeFlags{});
  return gst_element_register(plugin, "v4l2h264dec", GST_RANK_NONE, type);
}

}  // namespace

#define PACKAGE "bigfoot"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, faulty_decoder, "A decoder for tests", begin, "1", "LGPL",
                  "Bigfoot", "https://example.org")
