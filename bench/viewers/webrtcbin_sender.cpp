// A stock webrtcbin sender to measure beside ours: the same camera and encoder, one payloader for all viewers, one
// webrtcbin a viewer behind a leaky queue, viewers by POST /whep/ROBOT (no trickle). What differs from `bigfoot robot`
// is the transport.

#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <libsoup/soup.h>
#include <CLI/CLI.hpp>
#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

#include "base/glib_loop.hpp"
#include "media/camera.hpp"
#include "media/gst/pipeline.hpp"

namespace {

using namespace bigfoot;

class Sender;

/// One POST that waits for its answer, and the webrtcbin behind it.
struct Viewer {
  Sender* sender = nullptr;
  SoupServerMessage* request = nullptr;
  GstElement* queue = nullptr;
  GstElement* webrtc = nullptr;
  bool answered = false;
};

class Sender final : public media::CameraListener {
 public:
  Sender(Loop& loop, media::CameraSettings settings) : loop_(loop), camera_(loop, std::move(settings), *this, {}) {
    pipeline_ = gst_parse_launch(
        "appsrc name=in is-live=true format=time do-timestamp=true "
        "caps=video/x-h264,stream-format=byte-stream,alignment=au ! h264parse ! "
        "rtph264pay pt=102 config-interval=-1 aggregate-mode=zero-latency mtu=1200 ! "
        "application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000 ! tee name=out "
        "allow-not-linked=true",
        nullptr);
    in_ = gst_bin_get_by_name(GST_BIN(pipeline_), "in");
    out_ = gst_bin_get_by_name(GST_BIN(pipeline_), "out");
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    camera_.start();
    camera_.wake();
  }
  ~Sender() override {
    camera_.stop();
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(in_);
    gst_object_unref(out_);
    gst_object_unref(pipeline_);
  }

  bool listen(guint port) {
    server_ = soup_server_new(nullptr, nullptr);
    soup_server_add_handler(
        server_, "/whep",
        [](SoupServer*, SoupServerMessage* message, const char*, GHashTable*, gpointer self) {
          static_cast<Sender*>(self)->on_request(message);
        },
        this, nullptr);
    GSocketAddress* address = g_inet_socket_address_new_from_string("0.0.0.0", port);
    const bool listening = soup_server_listen(server_, address, SoupServerListenOptions(0), nullptr);
    g_object_unref(address);
    return listening;
  }

 private:
  void on_access_unit(h264::AccessUnit unit) override {
    GstBuffer* buffer = gst_buffer_new_memdup(unit.bytes.data(), unit.bytes.size());
    gst_app_src_push_buffer(GST_APP_SRC(in_), buffer);
  }
  void on_state(media::CameraState) override {}
  void on_fault(const Error& error, Nanos) override { std::fprintf(stderr, "camera: %s\n", error.text().c_str()); }

  void on_request(SoupServerMessage* message) {
    if (soup_server_message_get_method(message) != SOUP_METHOD_POST) {
      soup_server_message_set_status(message, 200, nullptr);
      return;
    }
    const SoupMessageBody* body = soup_server_message_get_request_body(message);
    GstSDPMessage* sdp = nullptr;
    gst_sdp_message_new_from_text(std::string(body->data, body->length).c_str(), &sdp);
    soup_server_message_pause(message);
    auto& viewer = viewers_[message] = std::make_unique<Viewer>();
    viewer->sender = this;
    viewer->request = message;
    add_branch(*viewer);
    GstWebRTCSessionDescription* offer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, sdp);
    g_signal_emit_by_name(viewer->webrtc, "set-remote-description", offer, nullptr);
    gst_webrtc_session_description_free(offer);
    GstPromise* promise = gst_promise_new_with_change_func(on_answer, viewer.get(), nullptr);
    g_signal_emit_by_name(viewer->webrtc, "create-answer", nullptr, promise);
  }
  void add_branch(Viewer& viewer) {
    viewer.queue = gst_element_factory_make("queue", nullptr);
    g_object_set(viewer.queue, "leaky", 2, "max-size-buffers", 200, "max-size-time", guint64(0), "max-size-bytes", 0,
                 nullptr);
    viewer.webrtc = gst_element_factory_make("webrtcbin", nullptr);
    g_object_set(viewer.webrtc, "bundle-policy", 3, "latency", 0, nullptr);
    g_signal_connect(viewer.webrtc, "notify::ice-gathering-state",
                     G_CALLBACK(+[](GstElement*, GParamSpec*, gpointer data) {
                       auto* of = static_cast<Viewer*>(data);
                       of->sender->loop_.post([of] { of->sender->answer_if_gathered(*of); });
                     }),
                     &viewer);
    gst_bin_add_many(GST_BIN(pipeline_), viewer.queue, viewer.webrtc, nullptr);
    gst_element_link(viewer.queue, viewer.webrtc);
    gst_element_sync_state_with_parent(viewer.webrtc);
    gst_element_sync_state_with_parent(viewer.queue);
    gst_element_link(out_,
                     viewer.queue);  // last: a pad that is not active yet answers "flushing", and that stops the source
  }
  static void on_answer(GstPromise* promise, gpointer data) {
    auto* viewer = static_cast<Viewer*>(data);
    GstWebRTCSessionDescription* answer = nullptr;
    gst_structure_get(gst_promise_get_reply(promise), "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, nullptr);
    gst_promise_unref(promise);
    g_signal_emit_by_name(viewer->webrtc, "set-local-description", answer, nullptr);
    gst_webrtc_session_description_free(answer);
  }
  void answer_if_gathered(Viewer& viewer) {
    GstWebRTCICEGatheringState state = GST_WEBRTC_ICE_GATHERING_STATE_NEW;
    g_object_get(viewer.webrtc, "ice-gathering-state", &state, nullptr);
    if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE || viewer.answered) return;
    viewer.answered = true;
    GstWebRTCSessionDescription* local = nullptr;
    g_object_get(viewer.webrtc, "local-description", &local, nullptr);
    char* text = gst_sdp_message_as_text(local->sdp);
    gst_webrtc_session_description_free(local);
    soup_server_message_set_status(viewer.request, 201, nullptr);
    soup_message_headers_append(soup_server_message_get_response_headers(viewer.request), "Location", "/whep/session");
    soup_server_message_set_response(viewer.request, "application/sdp", SOUP_MEMORY_TAKE, text, std::strlen(text));
    soup_server_message_unpause(viewer.request);
    camera_.request_keyframe();
  }

  Loop& loop_;
  GstElement *pipeline_ = nullptr, *in_ = nullptr, *out_ = nullptr;
  SoupServer* server_ = nullptr;
  std::map<SoupServerMessage*, std::unique_ptr<Viewer>> viewers_;
  media::Camera camera_;
};

}  // namespace

int main(int argc, char** argv) {
  unsigned port = 8081;
  std::string bitrate = "2.5M";
  CLI::App app("A stock webrtcbin sender");
  app.add_option("--port", port, "of WHEP")->required();
  app.add_option("--bitrate", bitrate, "of the encoder");
  CLI11_PARSE(app, argc, argv);
  if (!media::gst::start()) return 1;
  media::CameraSettings settings;
  settings.encoder = "x264enc";
  settings.bitrate = parse_bitrate(bitrate).value();
  GlibLoop loop;
  Sender sender(loop, settings);
  if (!sender.listen(port)) return 1;
  loop.run();
  return 0;
}
