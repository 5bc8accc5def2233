#include "media/v4l2_cameras.hpp"

#include <charconv>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "media/v4l2_find.hpp"

namespace bigfoot::media {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

std::optional<int> number_of(const std::string& name) {
  if (!name.starts_with("video")) return std::nullopt;
  int number = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + 5, end, number);
  return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

std::map<int, fs::path> nodes_in(const fs::path& folder) {
  std::map<int, fs::path> nodes;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (const auto number = number_of(entry.path().filename())) nodes.emplace(*number, entry.path());
  return nodes;
}

/// Node → the first of its lasting names.
std::map<fs::path, std::string> lasting_names(const fs::path& folder) {
  std::map<fs::path, std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    std::error_code broken;
    const auto node = fs::canonical(entry.path(), broken);
    if (broken) continue;
    std::string& name = names[node];
    if (name.empty() || entry.path().string() < name) name = entry.path();
  }
  return names;
}

Error no_answer(const std::string& node) {
  return {node + " does not answer: its driver hangs", "unplug it and plug it in again", Next::restart_pipeline};
}

}  // namespace

struct V4l2Cameras::Question {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Result<V4l2Device>> answer;
  const std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();

  /// The answer, or why there is none.
  Result<V4l2Device> wait(const std::string& node, Nanos at_most) {
    std::unique_lock lock(mutex);
    if (!answered.wait_until(lock, since + at_most, [this] { return answer.has_value(); }))
      return tl::unexpected(no_answer(node));
    return *answer;
  }
};

/// A question that is still open is not put twice: each would keep a thread.
std::shared_ptr<V4l2Cameras::Question> V4l2Cameras::ask(const std::string& node, Size wanted) {
  const std::lock_guard lock(mutex_);
  auto& open = open_[node];
  if (open) {
    const std::lock_guard also(open->mutex);
    if (!open->answer) return open;
  }
  open = std::make_shared<Question>();
  std::thread([question = open, inspect = places_.inspect, node, wanted] {
    auto answer = inspect(node, wanted);
    const std::lock_guard answering(question->mutex);
    question->answer = std::move(answer);
    question->answered.notify_all();
  }).detach();  // it may hang for ever, and owns all that it needs
  return open;
}

std::vector<V4l2Found> V4l2Cameras::list(Nanos at_most, Size wanted) {
  const auto nodes = nodes_in(places_.dev);
  std::map<int, std::shared_ptr<Question>> questions;
  for (const auto& [number, node] : nodes) questions[number] = ask(node, wanted);
  const auto names = lasting_names(fs::path(places_.dev) / "v4l/by-id");
  std::vector<V4l2Found> found;
  for (const auto& [number, node] : nodes) {
    auto device = questions[number]->wait(node, at_most);
    const fs::path about = fs::path(places_.sys) / node.filename();
    if (device && !device->captures) continue;
    // One that does not open does not say what it is: the first node of a device is its pictures, the others are not.
    if (!device && first_line(about / "index") != "0" && fs::exists(about / "index")) continue;
    std::error_code broken;
    const auto by_id = names.find(fs::canonical(node, broken));
    const std::string card = device ? device->card : first_line(about / "name");
    found.push_back({node, by_id == names.end() ? "" : by_id->second, card, std::move(device)});
  }
  return found;
}

Result<V4l2Found> V4l2Cameras::find(const std::string& path, const std::string& card, Size wanted) {
  if (path.empty()) return pick_v4l2(list(places_.answers_within, wanted), card);
  auto device = places_.inspect(path, wanted);
  if (device) device = if_captures(path, std::move(*device));
  if (!device) return tl::unexpected(device.error());
  const std::string name = device->card;
  return V4l2Found{path, {}, name, std::move(device)};
}

}  // namespace bigfoot::media
