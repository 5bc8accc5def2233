#pragma once
// A viewer's report as JSON, within the message that carries it (codec.hpp). The codec's tests and fuzzer hold it.

#include <string>

#include "protocol/json_reader.hpp"
#include "protocol/message.hpp"

namespace bigfoot::protocol {

/// `parent` hears of what is wrong in it.
ViewerReport read_report(Fields fields, Fields& parent);
std::string write_report(const ViewerReport& report);

}  // namespace bigfoot::protocol
