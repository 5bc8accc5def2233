#include "protocol/codec.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/cut_utf8.hpp"
#include "protocol/json_reader.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/report_codec.hpp"

namespace bigfoot::protocol {
namespace {

using nlohmann::json;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
// clang 14 does not derive it.
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

// --- reading -----------------------------------------------------------------------------------------------------

template <class Status>
Status read_status(Fields& fields) {
  Status status;
  status.peer_id = fields.maybe_text("peerId", id_bytes_max);
  status.roles = fields.roles();
  status.meta = fields.meta();
  if constexpr (std::is_same_v<Status, SetPeerStatus>)
    status.resume = fields.texts("resume", resume_max, token_bytes_max);
  return status;
}

StartSession read_asked_session(Fields& fields) {
  StartSession start;
  start.peer_id = fields.text("peerId", id_bytes_max);
  start.offer = fields.maybe_text("offer", sdp_bytes_max);
  start.cameras = fields.texts("cameras", cameras_max, id_bytes_max);
  start.client = fields.maybe_text("client", token_bytes_max);
  start.channels = fields.flag("channels");
  return start;
}

StartSession read_given_session(Fields& fields) {
  StartSession start = read_asked_session(fields);
  start.session_id = fields.text("sessionId", id_bytes_max);
  start.resume_token = fields.maybe_text("resumeToken", token_bytes_max);
  return start;
}

EndSession read_end(Fields& fields, bool v1_1) {
  EndSession end;
  end.session_id = fields.text("sessionId", id_bytes_max);
  end.v1_1 = v1_1;
  if (v1_1) end.error = fields.maybe_text("error", unlimited);
  return end;
}

Sdp read_sdp(Fields fields, Fields& parent) {
  Sdp sdp;
  const std::string type = fields.text("type", unlimited);
  if (type == "answer")
    sdp.type = Sdp::Type::answer;
  else if (type != "offer" && !type.empty())
    fields.wrong("type", "is " + shown(type) + ", not offer or answer");
  sdp.sdp = fields.text("sdp", sdp_bytes_max);
  parent.adopt(fields);
  return sdp;
}

IceCandidate read_ice(Fields fields, Fields& parent) {
  IceCandidate ice;
  ice.candidate = fields.text("candidate", token_bytes_max);
  ice.sdp_m_line_index = fields.number("sdpMLineIndex");
  parent.adopt(fields);
  return ice;
}

Fragment read_fragment(Fields fields, Fields& parent) {
  Fragment fragment;
  fragment.request_id = fields.text("requestId", id_bytes_max);
  fragment.sdpfrag = fields.text("sdpfrag", sdpfrag_bytes_max);
  fragment.error = fields.maybe_text("error", unlimited);
  parent.adopt(fields);
  return fragment;
}

Watch read_watch(Fields& fields) { return {fields.texts("watch", cameras_max, id_bytes_max)}; }

PeerMessage read_peer_message(Fields& fields) {
  PeerMessage message;
  message.session_id = fields.text("sessionId", id_bytes_max);
  const bool restart = fields.flag("restart");
  int contents = int{restart};
  for (const char* name : {"sdp", "ice", "fragment", "report", "watch"}) contents += int{fields.has(name)};
  if (contents == 0) fields.missing("one of sdp, ice, restart, fragment, report, watch");
  if (contents > 1) fields.wrong("sdp, ice, restart, fragment, report, watch", "exclude each other");
  if (fields.has("sdp"))
    message.content = read_sdp(fields.child("sdp"), fields);
  else if (fields.has("ice"))
    message.content = read_ice(fields.child("ice"), fields);
  else if (fields.has("fragment"))
    message.content = read_fragment(fields.child("fragment"), fields);
  else if (fields.has("report"))
    message.content = read_report(fields.child("report"), fields);
  else if (fields.has("watch"))
    message.content = read_watch(fields);
  else
    message.content = RestartIce{};
  return message;
}

SetProtocolVersion read_version(Fields& fields) {
  const std::string version = fields.text("version", unlimited);
  if (version != "v1_0" && version != "v1_1" && !version.empty())
    fields.wrong("version", "is " + shown(version) + ", not v1_0 or v1_1");
  return {version == "v1_1"};
}

Welcome read_welcome(Fields& fields) {
  return {fields.text("peerId", id_bytes_max), fields.texts("features", features_max, id_bytes_max)};
}

SessionStarted read_started(Fields& fields) {
  return {fields.text("peerId", id_bytes_max), fields.text("sessionId", id_bytes_max),
          fields.maybe_text("resumeToken", token_bytes_max)};
}

SessionResumed read_resumed(Fields& fields) {
  return {fields.text("peerId", id_bytes_max), fields.text("sessionId", id_bytes_max)};
}

Configure read_configure(Fields& fields) {
  return {fields.text("requestId", id_bytes_max), fields.text("camera", id_bytes_max), fields.settings("values")};
}

Configured read_configured(Fields& fields) {
  Configured configured;
  configured.request_id = fields.text("requestId", id_bytes_max);
  configured.error = fields.maybe_text("error", id_bytes_max);
  configured.faults = fields.value_faults("faults");
  configured.values = fields.settings("values");
  configured.changed = fields.texts("changed", values_max, id_bytes_max);
  configured.not_applied = fields.settings("notApplied", "why");
  return configured;
}

ErrorMessage read_error(Fields& fields) {
  return {fields.text("details", unlimited), fields.maybe_text("code", id_bytes_max),
          fields.maybe_text("sessionId", id_bytes_max)};
}

/// A row: a type on the wire and who reads the rest of it.
template <class Message>
struct Reader {
  std::string_view type;
  Message (*read)(Fields&);
};

constexpr Reader<FromPeer> peer_readers[] = {
    {"peer", [](Fields& f) -> FromPeer { return read_peer_message(f); }},
    {"startSession", [](Fields& f) -> FromPeer { return read_asked_session(f); }},
    {"endSession", [](Fields& f) -> FromPeer { return read_end(f, false); }},
    {"endSessionV1_1", [](Fields& f) -> FromPeer { return read_end(f, true); }},
    {"setPeerStatus", [](Fields& f) -> FromPeer { return read_status<SetPeerStatus>(f); }},
    {"setProtocolVersion", [](Fields& f) -> FromPeer { return read_version(f); }},
    {"list", [](Fields&) -> FromPeer { return List{}; }},
    {"listConsumers", [](Fields&) -> FromPeer { return ListConsumers{}; }},
    {"configured", [](Fields& f) -> FromPeer { return read_configured(f); }},
};
constexpr Reader<FromServer> server_readers[] = {
    {"welcome", [](Fields& f) -> FromServer { return read_welcome(f); }},
    {"peerStatusChanged", [](Fields& f) -> FromServer { return read_status<PeerStatusChanged>(f); }},
    {"peer", [](Fields& f) -> FromServer { return read_peer_message(f); }},
    {"startSession", [](Fields& f) -> FromServer { return read_given_session(f); }},
    {"sessionStarted", [](Fields& f) -> FromServer { return read_started(f); }},
    {"sessionResumed", [](Fields& f) -> FromServer { return read_resumed(f); }},
    {"endSession", [](Fields& f) -> FromServer { return read_end(f, false); }},
    {"endSessionV1_1", [](Fields& f) -> FromServer { return read_end(f, true); }},
    {"list", [](Fields& f) -> FromServer { return Producers{f.peers("producers")}; }},
    {"listConsumers", [](Fields& f) -> FromServer { return Consumers{f.peers("consumers")}; }},
    {"configure", [](Fields& f) -> FromServer { return read_configure(f); }},
    {"error", [](Fields& f) -> FromServer { return read_error(f); }},
};

template <class Message, std::size_t N>
Result<Message> decode(std::string_view text, std::size_t bytes_max, const Reader<Message> (&readers)[N]) {
  const auto object = parse_object(text, bytes_max);
  if (!object) return tl::unexpected(object.error());
  Fields fields(*object, "");
  const std::string type = fields.text("type", unlimited);
  if (fields.fault()) return tl::unexpected(*fields.fault());
  for (const Reader<Message>& reader : readers) {
    if (reader.type != type) continue;
    Message message = reader.read(fields);
    if (fields.fault()) return tl::unexpected(*fields.fault());
    return message;
  }
  return refuse("unknown-type", "there is no message of type " + shown(type));
}

// --- writing -----------------------------------------------------------------------------------------------------

std::string write(const Welcome& m) {
  return Object("welcome").text("peerId", m.peer_id).texts("features", m.features).done();
}

std::string write(const SetProtocolVersion& m) {
  return Object("setProtocolVersion").text("version", m.v1_1 ? "v1_1" : "v1_0").done();
}

std::string write(std::string_view type, const PeerStatus& m) {
  return Object(type).roles(m.roles).meta(m.meta).maybe("peerId", m.peer_id).texts("resume", m.resume).done();
}

Object start_object(const StartSession& m) {
  Object object("startSession");
  object.text("peerId", m.peer_id);
  if (m.session_id) object.text("sessionId", *m.session_id);
  object.text_or_null("offer", m.offer).texts("cameras", m.cameras).maybe("client", m.client);
  if (m.channels) object.raw("channels", "true");
  return object;
}

std::string write(const SessionStarted& m) {
  return Object("sessionStarted")
      .text("peerId", m.peer_id)
      .text("sessionId", m.session_id)
      .maybe("resumeToken", m.resume_token)
      .done();
}

std::string write(const SessionResumed& m) {
  return Object("sessionResumed").text("peerId", m.peer_id).text("sessionId", m.session_id).done();
}

std::string write(const EndSession& m) {
  Object object(m.v1_1 ? "endSessionV1_1" : "endSession");
  object.text("sessionId", m.session_id);
  if (m.v1_1) object.text_or_null("error", m.error);
  return object.done();
}

std::string write(const PeerMessage& m) {
  Object object("peer");
  object.text("sessionId", m.session_id);
  std::visit(Overloaded{
                 [&](const Sdp& sdp) {
                   const char* type = sdp.type == Sdp::Type::offer ? "offer" : "answer";
                   object.raw("sdp", Object(type).text("sdp", sdp.sdp).done());
                 },
                 [&](const IceCandidate& ice) {
                   object.raw("ice", Object()
                                         .text("candidate", ice.candidate)
                                         .raw("sdpMLineIndex", std::to_string(ice.sdp_m_line_index))
                                         .done());
                 },
                 [&](const RestartIce&) { object.raw("restart", "true"); },
                 [&](const Fragment& fragment) {
                   object.raw("fragment", Object()
                                              .text("requestId", fragment.request_id)
                                              .text("sdpfrag", fragment.sdpfrag)
                                              .maybe("error", fragment.error)
                                              .done());
                 },
                 [&](const ViewerReport& report) { object.raw("report", write_report(report)); },
                 // An empty list says something here: nothing is looked at.
                 [&](const Watch& watch) { object.raw("watch", quoted(watch.cameras)); },
             },
             m.content);
  return object.done();
}

std::string write_peers(const std::vector<Peer>& peers) {
  std::string list = "[";
  for (const Peer& peer : peers)
    (list += list.size() > 1 ? "," : "") += Object().text("id", peer.id).meta(peer.meta).done();
  return list + "]";
}

std::string write(const std::vector<Setting>& settings, const char* value_name = "value") {
  std::string list = "[";
  for (const Setting& setting : settings)
    (list += list.size() > 1 ? "," : "") +=
        Object().text("key", setting.key).text(value_name, cut_utf8(setting.value, value_bytes_max)).done();
  return list + "]";
}

std::string write(const std::vector<ValueFault>& faults) {
  std::string list = "[";
  for (const ValueFault& fault : faults) {
    Object one;
    one.text("what", cut_utf8(fault.what, value_bytes_max));  // it may quote what was sent
    if (!fault.fix.empty()) one.text("fix", cut_utf8(fault.fix, value_bytes_max));
    (list += list.size() > 1 ? "," : "") += one.done();
  }
  return list + "]";
}

std::string write(const Configure& m) {
  return Object("configure")
      .text("requestId", m.request_id)
      .text("camera", m.camera)
      .raw("values", write(m.values))
      .done();
}

std::string write(const Configured& m) {
  Object object("configured");
  object.text("requestId", m.request_id).maybe("error", m.error);
  if (!m.faults.empty()) object.raw("faults", write(m.faults));
  if (!m.values.empty()) object.raw("values", write(m.values));
  object.texts("changed", m.changed);
  if (!m.not_applied.empty()) object.raw("notApplied", write(m.not_applied, "why"));
  return object.done();
}

std::string write(const ErrorMessage& m) {
  return Object("error").text("details", m.details).maybe("code", m.code).maybe("sessionId", m.session_id).done();
}

}  // namespace

Result<FromPeer> decode_from_peer(std::string_view text) { return decode(text, message_bytes_max, peer_readers); }

Result<FromServer> decode_from_server(std::string_view text) {
  return decode(text, server_message_bytes_max, server_readers);
}

std::string encode(const FromPeer& message) {
  return std::visit(Overloaded{
                        [](const SetPeerStatus& m) { return write("setPeerStatus", m); },
                        [](const StartSession& m) {
                          StartSession asked = m;
                          asked.session_id.reset();
                          return start_object(asked).done();
                        },
                        [](const List&) { return Object("list").done(); },
                        [](const ListConsumers&) { return Object("listConsumers").done(); },
                        [](const auto& m) { return write(m); },
                    },
                    message);
}

std::string encode(const FromServer& message) {
  return std::visit(
      Overloaded{
          [](const PeerStatusChanged& m) {
            PeerStatus status = m;
            status.resume.clear();
            return write("peerStatusChanged", status);
          },
          [](const StartSession& m) { return start_object(m).maybe("resumeToken", m.resume_token).done(); },
          [](const Producers& m) { return Object("list").raw("producers", write_peers(m.peers)).done(); },
          [](const Consumers& m) { return Object("listConsumers").raw("consumers", write_peers(m.peers)).done(); },
          [](const auto& m) { return write(m); },
      },
      message);
}

std::string_view type_of(const FromPeer& message) {
  return std::visit(Overloaded{
                        [](const SetProtocolVersion&) { return "setProtocolVersion"; },
                        [](const SetPeerStatus&) { return "setPeerStatus"; },
                        [](const StartSession&) { return "startSession"; },
                        [](const EndSession& m) { return m.v1_1 ? "endSessionV1_1" : "endSession"; },
                        [](const PeerMessage&) { return "peer"; },
                        [](const List&) { return "list"; },
                        [](const ListConsumers&) { return "listConsumers"; },
                        [](const Configured&) { return "configured"; },
                    },
                    message);
}

std::string_view type_of(const FromServer& message) {
  return std::visit(Overloaded{
                        [](const Welcome&) { return "welcome"; },
                        [](const PeerStatusChanged&) { return "peerStatusChanged"; },
                        [](const StartSession&) { return "startSession"; },
                        [](const SessionStarted&) { return "sessionStarted"; },
                        [](const SessionResumed&) { return "sessionResumed"; },
                        [](const EndSession& m) { return m.v1_1 ? "endSessionV1_1" : "endSession"; },
                        [](const PeerMessage&) { return "peer"; },
                        [](const Producers&) { return "list"; },
                        [](const Consumers&) { return "listConsumers"; },
                        [](const Configure&) { return "configure"; },
                        [](const ErrorMessage&) { return "error"; },
                    },
                    message);
}

namespace {

/// One word of a JSON value; nothing when it is none.
std::optional<std::string> word_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return std::string();  // RFC 7396: the key is to be taken out
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

/// Of what the robot could not read in a `configure`.
std::optional<Error> setting_fault(const std::string& key, const std::optional<std::string>& word) {
  const auto at_most = [](std::size_t bytes) { return " has more than " + std::to_string(bytes) + " bytes"; };
  if (key.size() > id_bytes_max)
    return refuse("bad-field", "the name " + shown(key) + at_most(id_bytes_max), "write a key of the camera").value();
  if (!word)
    return refuse("bad-field", shown(key) + " is neither text nor a number nor true or false", "write one value")
        .value();
  if (word->size() > value_bytes_max)
    return refuse("bad-field", "the value of " + shown(key) + at_most(value_bytes_max), "write a shorter one").value();
  return std::nullopt;
}

}  // namespace

Result<std::vector<Setting>> read_settings(std::string_view text) {
  const auto object = parse_object(text, values_bytes_max);
  if (!object) return tl::unexpected(object.error());
  std::vector<Setting> settings;
  std::optional<Error> fault;
  const auto take = [&](const std::string& key, const json& value) {
    auto word = word_of(value);
    if (!fault) fault = setting_fault(key, word);
    settings.push_back({key, word.value_or("")});
  };
  for (const auto& [key, value] : object->items()) {
    if (!value.is_object()) {
      take(key, value);
      continue;
    }
    for (const auto& [below, inner] : value.items()) take(std::string(key).append(".").append(below), inner);
  }
  if (fault) return tl::unexpected<Error>(*fault);
  if (settings.size() > values_max)
    return refuse("bad-field", "more than " + std::to_string(values_max) + " values", "send fewer at once");
  return settings;
}

std::string write_settings(const std::vector<Setting>& settings) {
  json object = json::object();
  for (const Setting& setting : settings) {
    const auto dot = setting.key.find('.');
    if (dot == std::string::npos)
      object[setting.key] = setting.value;
    else if (json& above = object[setting.key.substr(0, dot)]; above.is_null() || above.is_object())
      above[setting.key.substr(dot + 1)] = setting.value;
  }
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

ErrorMessage to_message(const Error& error) {
  const auto colon = error.what.find(": ");
  if (colon == std::string::npos) return {error.text(), std::nullopt, std::nullopt};
  const std::string code = error.what.substr(0, colon);
  return {Error{error.what.substr(colon + 2), error.fix}.text(), code, std::nullopt};
}

Meta make_meta(std::string_view robot, const std::vector<std::string>& cameras, std::string_view version,
               const std::vector<std::string>& passed_through) {
  json list = json::array();
  for (const std::string& camera : cameras) {
    list.push_back({{"name", camera}});
    if (std::find(passed_through.begin(), passed_through.end(), camera) != passed_through.end())
      list.back()["passedThrough"] = true;
  }
  const json value = {{"name", robot}, {"cameras", list}, {"bigfoot", version}};
  return read_meta(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

Meta name_only(std::string_view name) { return read_meta(Object().text("name", name).done()); }

Meta read_meta(std::string_view text) {
  if (text.size() > meta_bytes_max || deeper_than(meta_depth_max, text)) return {};
  const json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) return {};
  Meta meta = meta_of(value);
  return meta.json.size() > meta_bytes_max ? Meta{} : meta;
}

}  // namespace bigfoot::protocol
