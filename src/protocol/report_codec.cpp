#include "protocol/report_codec.hpp"

#include <nlohmann/json.hpp>

#include "protocol/json_writer.hpp"

namespace bigfoot::protocol {
namespace {

Nanos read_millis(Fields& fields, const char* name) {
  const double millis = fields.amount(name, report_delay_max / 1ms);
  return std::chrono::round<Nanos>(std::chrono::duration<double, std::milli>(millis));
}

ViewerStages read_stages(Fields fields, Fields& parent) {
  ViewerStages stages;
  for (const ViewerStage stage : viewer_stages)
    if (const char* name = to_string(stage); fields.has(name)) stages[stage] = read_millis(fields, name);
  parent.adopt(fields);
  return stages;
}

std::string write_millis(Nanos span) { return nlohmann::json(to_millis(span)).dump(); }

}  // namespace

ViewerReport read_report(Fields fields, Fields& parent) {
  ViewerReport report;
  report.camera = fields.text("camera", id_bytes_max);
  report.delay = read_millis(fields, "delayMs");
  if (!fields.has("estimated")) fields.missing("estimated");
  report.estimated = fields.flag("estimated");
  if (fields.has("errorMs")) report.clock_error = read_millis(fields, "errorMs");
  if (fields.has("stagesMs")) report.stages = read_stages(fields.child("stagesMs"), fields);
  parent.adopt(fields);
  return report;
}

std::string write_report(const ViewerReport& report) {
  Object fields;
  fields.text("camera", report.camera)
      .raw("delayMs", write_millis(report.delay))
      .raw("estimated", report.estimated ? "true" : "false");
  if (report.clock_error) fields.raw("errorMs", write_millis(*report.clock_error));
  if (report.stages.empty()) return fields.done();
  Object stages;
  for (const auto& [stage, time] : report.stages) stages.raw(to_string(stage), write_millis(time));
  return fields.raw("stagesMs", stages.done()).done();
}

}  // namespace bigfoot::protocol
