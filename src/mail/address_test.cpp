#include "mail/address.h"

#include <gtest/gtest.h>

namespace postroom::mail {
namespace {

using namespace std::string_literals;

TEST(Address, IsKeptAsWrittenWithItsDomainInLowerCase) {
  const struct {
    std::string given, kept;
  } cases[] = {
      {"ann@example.org", "ann@example.org"},
      {"Ann.Lee+tag@EXAMPLE.org", "Ann.Lee+tag@example.org"},
      {"o'neil/x=y!#$%&*-?^_`{|}~@example.org", "o'neil/x=y!#$%&*-?^_`{|}~@example.org"},
      {"\"a b@c\"@example.org", "\"a b@c\"@example.org"},
      {"\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org"},
      {"a@localhost", "a@localhost"},
      {"a@[192.0.2.1]", "a@[192.0.2.1]"},
      {"a@[IPv6:2001:db8::1]", "a@[ipv6:2001:db8::1]"},
      {"a@bücher.example", "a@xn--bcher-kva.example"},
      {"jürgen@bücher.example", "jürgen@bücher.example"},
      {"jürgen@BÜCHER.example", "jürgen@bücher.example"},
      {std::string(64, 'a') + "@example.org", std::string(64, 'a') + "@example.org"},
  };
  for (const auto& c : cases) {
    const Result<Address> address = parse_address(c.given);
    ASSERT_TRUE(address) << c.given << ": " << address.error().message;
    EXPECT_EQ(address->text(), c.kept);
    EXPECT_EQ(*parse_address(address->text()), *address) << c.given;
  }
}

TEST(Address, RefusesWhatNoServerMayBeTold) {
  for (const std::string& text : {""s,
                                  "ann"s,
                                  "@"s,
                                  "@example.org"s,
                                  "ann@"s,
                                  "a b@example.org"s,
                                  ".a@example.org"s,
                                  "a.@example.org"s,
                                  "a..b@example.org"s,
                                  "a@b@example.org"s,
                                  "<a@example.org>"s,
                                  "a,b@example.org"s,
                                  "a@example..org"s,
                                  "a@.example.org"s,
                                  "a@example.org."s,
                                  "a@-example.org"s,
                                  "a@example-.org"s,
                                  "a@exa mple.org"s,
                                  "a@example.org>"s,
                                  "a@[192.0.2]"s,
                                  "a@[]"s,
                                  "a@[192.0.2.1"s,
                                  "a@[192.0.2.256]"s,
                                  "a@[::1]"s,
                                  "a@[ipv6:]"s,
                                  "a@[ipv6:192.0.2.1]"s,
                                  "a@[" + std::string(300, '1') + "]",
                                  "a@[x:y]"s,
                                  "\"a@example.org"s,
                                  "\"a\"b@example.org"s,
                                  "\"a\\\"@example.org"s,
                                  "a\r\nRCPT TO:<b@example.org>@example.org"s,
                                  "a@example.org\r\n"s,
                                  "a@exam\0ple.org"s,
                                  "a\x7f@example.org"s,
                                  "a\xff@example.org"s,
                                  "a@\xed\xa0\x80.org"s,
                                  std::string(65, 'a') + "@example.org",
                                  "a@" + std::string(64, 'b') + ".org",
                                  "a@" + std::string(63, 'b') + "." + std::string(63, 'b') + "." +
                                      std::string(63, 'b') + "." + std::string(63, 'b') + ".org"}) {
    const Result<Address> address = parse_address(text);
    EXPECT_FALSE(address) << text;
    if (!address) EXPECT_EQ(address.error().code, ErrorCode::invalid);
  }
}

TEST(Address, NeedsSmtputf8OnlyForItsLocalPart) {
  EXPECT_FALSE(parse_address("a@bücher.example")->needs_smtputf8());
  EXPECT_TRUE(parse_address("jürgen@example.org")->needs_smtputf8());
}

TEST(Address, OfTheNullReversePathIsEmpty) {
  EXPECT_TRUE(Address{}.empty());
  EXPECT_EQ(Address{}.text(), "");
}

TEST(Mailbox, IsReadAsPeopleWriteIt) {
  const struct {
    std::string given, name, address;
  } cases[] = {
      {"ann@example.org", "", "ann@example.org"},
      {"  ann@example.org ", "", "ann@example.org"},
      {"<ann@example.org>", "", "ann@example.org"},
      {"Ann Lee <ann@example.org>", "Ann Lee", "ann@example.org"},
      {"\"Lee, Ann\" <ann@example.org>", "Lee, Ann", "ann@example.org"},
      {"\"Ann \\\"A\\\" Lee\" <ann@example.org>", "Ann \"A\" Lee", "ann@example.org"},
      {"Jürgen <j@example.org>", "Jürgen", "j@example.org"},
      {"a < b <ann@example.org>", "a < b", "ann@example.org"},
  };
  for (const auto& c : cases) {
    const Result<Mailbox> mailbox = parse_mailbox(c.given);
    ASSERT_TRUE(mailbox) << c.given;
    EXPECT_EQ(mailbox->name, c.name);
    EXPECT_EQ(mailbox->address.text(), c.address);
  }
  for (const std::string& text : {""s, "Ann"s, "Ann <>"s, "Ann ann@example.org>"s, "Ann <ann@example.org"s,
                                  "A\r\nBcc: x <ann@example.org>"s, "\xff <ann@example.org>"s, "A\0 <a@example.org>"s})
    EXPECT_FALSE(parse_mailbox(text)) << text;
}

TEST(AddressList, PartsMailboxesWhereThePunctuationParts) {
  using Texts = std::vector<std::string_view>;
  const struct {
    std::string_view list;
    Texts mailboxes;
  } cases[] = {
      {"", {}},
      {"ann@example.org", {"ann@example.org"}},
      {"ann@example.org, Bo <bo@example.org>", {"ann@example.org", "Bo <bo@example.org>"}},
      {"\"Lee, Ann\" <ann@example.org>,,\r\n bo@example.org", {"\"Lee, Ann\" <ann@example.org>", "bo@example.org"}},
      {"\"a\\\", b\" <a@b.example>, c@d.example", {"\"a\\\", b\" <a@b.example>", "c@d.example"}},
      {"Ann (one, (two)) <ann@example.org>, b@c.example", {"Ann (one, (two)) <ann@example.org>", "b@c.example"}},
      {"Team: ann@example.org, bo@example.org; cy@example.org",
       {"ann@example.org", "bo@example.org", "cy@example.org"}},
      {"undisclosed-recipients:;", {}},
      {"<@a,@b:c@d.example>", {"<@a,@b:c@d.example>"}},
  };
  for (const auto& c : cases) EXPECT_EQ(split_address_list(c.list), c.mailboxes) << c.list;
}

}  // namespace
}  // namespace postroom::mail
