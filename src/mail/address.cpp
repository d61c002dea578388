#include "mail/address.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::mail {
namespace {

std::unexpected<Error> bad(std::string sentence) {
  return fail(ErrorCode::invalid, std::move(sentence));
}

// RFC 5322 §3.2.3 atext, and RFC 6531 §3.3: any character beyond ASCII.
bool is_atext(char c) {
  constexpr std::string_view special = "!#$%&'*+-/=?^_`{|}~";
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
         special.find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view local) {
  if (local.empty() || local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos)
    return false;
  return std::ranges::all_of(local, [](char c) { return c == '.' || is_atext(c); });
}

// RFC 5321 §4.1.2 Quoted-string: printable, with \ before " and \.
bool is_quoted_string(std::string_view local) {
  if (local.size() < 2 || local.front() != '"' || local.back() != '"') return false;
  local = local.substr(1, local.size() - 2);
  for (std::size_t i = 0; i < local.size(); ++i) {
    if (local[i] == '"') return false;
    if (local[i] == '\\' && ++i == local.size()) return false;
  }
  return true;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) {
    return c == '-' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

// RFC 5321 §4.1.3: "[192.0.2.1]" or "[IPv6:2001:db8::1]"; the general form has no use that is registered.
bool is_address_literal(std::string_view domain) {
  constexpr std::string_view v6_tag = "ipv6:";
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return false;
  domain = domain.substr(1, domain.size() - 2);
  const bool v6 = domain.starts_with(v6_tag);
  const std::string address(v6 ? domain.substr(v6_tag.size()) : domain);
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) == 1;
}

Result<std::string> to_a_labels(const std::string& domain) {
  char* converted = nullptr;
  const int error = ::idn2_to_ascii_8z(domain.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&::idn2_free)> owner(converted, &::idn2_free);
  if (error != IDN2_OK) return bad("the domain \"" + domain + "\" is not a valid international domain name");
  return std::string(converted);
}

// The same in lower case and normal form, for an address that needs SMTPUTF8 anyway.
Result<std::string> to_u_labels(const std::string& ascii) {
  char* converted = nullptr;
  const int error = ::idn2_to_unicode_8z8z(ascii.c_str(), &converted, 0);
  const std::unique_ptr<char, decltype(&::idn2_free)> owner(converted, &::idn2_free);
  if (error != IDN2_OK) return bad("the domain \"" + ascii + "\" is not a valid international domain name");
  return std::string(converted);
}

// Where the domain begins: after the last @, for a domain has none.
std::size_t find_at(std::string_view text) {
  return text.rfind('@');
}

// Undoes quoting: "Lee, \"Ann\"" without its outer quotes.
std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string plain;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

}  // namespace

std::string Address::text() const {
  return empty() ? std::string() : local + "@" + domain;
}

bool Address::needs_smtputf8() const {
  return !is_ascii(local);
}

Result<Address> parse_address(std::string_view text) {
  if (text.empty()) return bad("the address is empty");
  if (has_control_characters(text)) return bad("the address contains control characters");
  if (!is_valid_utf8(text)) return bad("the address is not valid UTF-8");
  const std::size_t at = find_at(text);
  if (at == std::string_view::npos) return bad("the address has no @; write it as name@example.org");
  Address address{std::string(text.substr(0, at)), to_lower(text.substr(at + 1))};
  if (address.local.size() > limits::local_part) return bad("the part before the @ is longer than 64 characters");
  if (!is_dot_string(address.local) && !is_quoted_string(address.local))
    return bad("the part before the @ is not a valid mailbox name");
  const bool literal = is_address_literal(address.domain);
  if (!is_ascii(address.domain)) {
    const Result<std::string> ascii = to_a_labels(address.domain);
    if (!ascii) return std::unexpected(ascii.error());
    Result<std::string> domain = address.needs_smtputf8() ? to_u_labels(*ascii) : ascii;
    if (!domain) return std::unexpected(domain.error());
    address.domain = std::move(*domain);
  }
  const std::vector<std::string_view> labels = split(address.domain, '.');
  if (!literal && (address.domain.size() > limits::domain || !std::ranges::all_of(labels, is_label)))
    return bad("the domain after the @ is not a valid domain name");
  if (address.text().size() > limits::path - 2) return bad("the address is longer than 254 characters");
  return address;
}

Result<Mailbox> parse_mailbox(std::string_view text) {
  if (has_control_characters(text)) return bad("the address contains control characters");
  text = trim(text);
  if (!text.ends_with('>')) {
    Result<Address> address = parse_address(text);
    if (!address) return std::unexpected(address.error());
    return Mailbox{{}, std::move(*address)};
  }
  const std::size_t open = text.rfind('<');
  if (open == std::string_view::npos) return bad("the address has a > without its <");
  Result<Address> address = parse_address(text.substr(open + 1, text.size() - open - 2));
  if (!address) return std::unexpected(address.error());
  const std::string_view name = trim(text.substr(0, open));
  if (!is_valid_utf8(name)) return bad("the name is not valid UTF-8");
  return Mailbox{unquote(name), std::move(*address)};
}

std::vector<std::string_view> split_address_list(std::string_view text) {
  std::vector<std::string_view> mailboxes;
  std::size_t begin = 0, comments = 0;
  bool quoted = false, bracketed = false;
  const auto end_one = [&](std::size_t end) {
    const std::string_view mailbox = trim(text.substr(begin, end - begin));
    if (!mailbox.empty()) mailboxes.push_back(mailbox);
    begin = end + 1;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && (quoted || comments > 0)) {
      ++at;
    } else if (c == '"' && comments == 0) {
      quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (c == '(') {
      ++comments;
    } else if (c == ')' && comments > 0) {
      --comments;
    } else if (comments > 0) {
      continue;
    } else if (c == '<' || c == '>') {
      bracketed = c == '<';
    } else if (c == ':' && !bracketed) {
      begin = at + 1;  // what came before is a group's name
    } else if ((c == ',' || c == ';') && !bracketed) {
      end_one(at);
    }
  }
  end_one(text.size());
  return mailboxes;
}

}  // namespace postroom::mail
