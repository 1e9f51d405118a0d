// The format, from onnx.proto: a file is a protocol buffer `ModelProto`
//     1: ir_version   2: producer_name   3: producer_version   7: graph   8: opset_import { 2: version }
// with the graph
//     1: node { 1: input…, 2: output…, 4: op_type, 5: attribute { 1: name, 3: int, 20: type } }…   2: name
//     5: initializer { 1: dims…, 2: data_type, 8: name, 9: raw_data }…
//     11: input…, 12: output { 1: name, 2: type { 1: tensor { 1: elem_type, 2: shape { 1: dim { 1: value, 2: name
//     }…}}}}
#include "continuous/onnx_file.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "continuous/protobuf.hpp"
#include "softrl/version.hpp"

namespace softrl::continuous {
namespace {

using Op = PolicyGraph::Operation;
using protobuf::bytes_field;
using protobuf::integer_field;

constexpr std::int64_t ir_version = 8, opset = 17;
constexpr std::int64_t type_float = 1, type_int64 = 7, attribute_int = 2;

std::string tensor(std::string_view name, const std::vector<std::int64_t>& shape, std::int64_t type,
                   std::string_view raw) {
  std::string text;
  for (const std::int64_t size : shape) text += integer_field(1, size);
  return text + integer_field(2, type) + bytes_field(8, name) + bytes_field(9, raw);
}

std::string attribute(std::string_view name, std::int64_t value) {
  return bytes_field(5, bytes_field(1, name) + integer_field(3, value) + integer_field(20, attribute_int));
}

std::string rows_of(std::string_view name, std::int64_t width) {
  const std::string shape = bytes_field(1, bytes_field(2, "batch")) + bytes_field(1, integer_field(1, width));
  const std::string type = integer_field(1, type_float) + bytes_field(2, shape);
  return bytes_field(1, name) + bytes_field(2, bytes_field(1, type));
}

const char* name_of(Op operation) {
  switch (operation) {
    case Op::MatMul:
      return "MatMul";
    case Op::Add:
      return "Add";
    case Op::Sub:
      return "Sub";
    case Op::Mul:
      return "Mul";
    case Op::Div:
      return "Div";
    case Op::Min:
      return "Min";
    case Op::Relu:
      return "Relu";
    case Op::Tanh:
      return "Tanh";
    case Op::Exp:
      return "Exp";
    case Op::Clip:
      return "Clip";
    case Op::Columns:
      return "Slice";
    case Op::WithChoices:
      return "Unsqueeze";
    case Op::PickGreatest:
      return "GatherND";
  }
  return "";
}

class Graph {
 public:
  explicit Graph(const PolicyFunction& function) {
    for (const PolicyGraph::Constant& constant : function.graph.constants()) {
      std::string raw;
      for (const float x : constant.values) raw += protobuf::raw(x);
      initializers_ += bytes_field(5, tensor(constant.name, constant.shape, type_float, raw));
    }
    for (const PolicyGraph::Node& node : function.graph.nodes())
      add(node, node.output == function.action ? "action" : node.output);
    inputs_ = bytes_field(11, rows_of("observation", function.observation_size));
    if (function.noisy) inputs_ += bytes_field(11, rows_of("noise", function.action_size));
    outputs_ = bytes_field(12, rows_of("action", function.action_size));
  }

  std::string text() const { return nodes_ + bytes_field(2, "policy") + initializers_ + inputs_ + outputs_; }

 private:
  void add(const PolicyGraph::Node& node, const std::string& output) {
    std::vector<std::string> inputs = node.inputs;
    std::string attributes;
    switch (node.operation) {
      case Op::Clip:
        inputs.push_back(number(output + "_low", node.low));
        inputs.push_back(number(output + "_high", node.high));
        break;
      case Op::Columns:
        inputs.push_back(integers(output + "_from", node.from));
        inputs.push_back(integers(output + "_until", node.until));
        inputs.push_back(integers(output + "_axis", 1));
        break;
      case Op::WithChoices:
        inputs.push_back(integers(output + "_axis", 1));
        break;
      case Op::PickGreatest:
        // [N, 1, 1] → [N, 1]: for each of the batch the place among its choices
        operation("ArgMax", {node.inputs[1]}, output + "_place", attribute("axis", 1) + attribute("keepdims", 1));
        operation("Squeeze", {output + "_place", integers(output + "_axis", 2)}, output + "_index", "");
        inputs = {node.inputs[0], output + "_index"};
        attributes = attribute("batch_dims", 1);
        break;
      default:
        break;
    }
    operation(name_of(node.operation), inputs, output, attributes);
  }

  void operation(std::string_view type, const std::vector<std::string>& inputs, const std::string& output,
                 const std::string& attributes) {
    std::string text;
    for (const std::string& input : inputs) text += bytes_field(1, input);
    nodes_ += bytes_field(1, text + bytes_field(2, output) + bytes_field(4, type) + attributes);
  }

  std::string number(const std::string& name, double value) {
    initializers_ += bytes_field(5, tensor(name, {}, type_float, protobuf::raw(static_cast<float>(value))));
    return name;
  }
  std::string integers(const std::string& name, std::int64_t value) {
    initializers_ += bytes_field(5, tensor(name, {1}, type_int64, protobuf::raw(value)));
    return name;
  }

  std::string nodes_, initializers_, inputs_, outputs_;
};

}  // namespace

std::string onnx_model(const PolicyFunction& function) {
  return integer_field(1, ir_version) + bytes_field(2, "softrl") + bytes_field(3, softrl::version) +
         bytes_field(7, Graph(function).text()) + bytes_field(8, integer_field(2, opset));
}

}  // namespace softrl::continuous
