#include "src/spec/write.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "src/spec/scalar.h"

namespace strata {
namespace {

constexpr std::size_t flow_columns = 80;
// A key longer than this (yaml-cpp: 1024 bytes) is written with a question mark.
constexpr std::size_t max_plain_key = 1000;

// A JSON string is a double-quoted YAML scalar too.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_plain(const std::string& text) {
  if (text.empty()) return false;
  std::string problem, hint;
  if (!scalar_node(text, &problem, &hint).is_string()) return false;
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!letter_or_digit(text[0]) && text[0] != '/' && text.compare(0, 2, "./") != 0 && text.compare(0, 3, "../") != 0) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (letter_or_digit(text[i]) || text[i] == '.' || text[i] == '-' || text[i] == '/' || text[i] == '+') continue;
    const bool inside = i > 0 && i + 1 < text.size();
    if (text[i] == ' ' && inside && text[i + 1] != ' ') continue;
    return false;
  }
  return true;
}

std::string scalar_text(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::null: return "null";
    case Node::Kind::boolean: return node.as_boolean() ? "true" : "false";
    case Node::Kind::integer: return std::to_string(node.as_integer());
    case Node::Kind::number: return number_text(node.as_number());
    default: return is_plain(node.as_string()) ? node.as_string() : quoted(node.as_string());
  }
}

// The node on one line, or nothing if it is none of: a scalar, an empty collection, a short list of those.
std::string on_one_line(const Node& node) {
  if (node.is_scalar()) return scalar_text(node);
  if (node.size() == 0) return node.is_mapping() ? "{}" : "[]";
  if (node.is_mapping()) return {};
  std::string text = "[";
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string item = on_one_line(node[i]);
    if (item.empty() || text.size() + item.size() > flow_columns) return {};
    text += (i ? ", " : "") + item;
  }
  return text + "]";
}

void write_block(const Node& node, std::size_t indent, bool at_line_begin, std::string& out) {
  const std::string margin(indent, ' ');
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (i > 0 || at_line_begin) out += margin;
    std::string line = on_one_line(node[i]);
    if (node.is_sequence()) {
      out += "- ";
      if (line.empty()) write_block(node[i], indent + 2, false, out);
    } else {
      const std::string key = scalar_text(node.key(i));
      out += key.size() > max_plain_key ? "? " + key + "\n" + margin + ":" : key + ":";
      if (line.empty()) {
        out += '\n';
        write_block(node[i], indent + 2, true, out);
      } else {
        out += ' ';
      }
    }
    if (!line.empty()) out += line + "\n";
  }
}

void write_json_node(const Node& node, int indent, std::size_t depth, std::string& out) {
  const auto line_break = [&](std::size_t level) {
    if (indent >= 0) out.append(1, '\n').append(level * static_cast<std::size_t>(indent), ' ');
  };
  if (node.is_scalar()) {
    if (node.is_string()) out += quoted(node.as_string());
    else if (node.is_number() && !std::isfinite(node.as_number())) out += "null";
    else out += scalar_text(node);
    return;
  }
  out += node.is_mapping() ? '{' : '[';
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (i > 0) out += indent < 0 ? ", " : ",";
    line_break(depth + 1);
    if (node.is_mapping()) out += quoted(node.key(i).is_string() ? node.key(i).as_string() : scalar_text(node.key(i))) + ": ";
    write_json_node(node[i], indent, depth + 1, out);
  }
  if (node.size() > 0) line_break(depth);
  out += node.is_mapping() ? '}' : ']';
}

}  // namespace

std::string write_yaml(const Node& node) {
  const std::string line = on_one_line(node);
  if (!line.empty()) return line + "\n";
  std::string text;
  write_block(node, 0, true, text);
  return text;
}

std::string write_json(const Node& node, int indent) {
  std::string text;
  write_json_node(node, indent, 0, text);
  if (indent >= 0) text += '\n';
  return text;
}

}  // namespace strata
