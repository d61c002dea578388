#include "intake/option_headers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"

namespace postroom::intake {
namespace {

// The options of a message with these fields, as one line.
std::string read(const std::string& fields) {
  const OptionHeaders read = read_option_headers(fields + "Subject: x\r\n\r\nX-Postroom-Lane: body\r\n");
  std::string said;
  const auto add = [&said](const std::string& word) { said += (said.empty() ? "" : " ") + word; };
  if (read.options.lane) add("lane=" + *read.options.lane);
  for (const std::string& tag : read.options.tags) add("tag=" + tag);
  if (read.options.metadata != "{}") add("metadata=" + read.options.metadata);
  if (read.options.send_at) add("at=" + format_rfc3339(*read.options.send_at));
  if (read.options.expires_in_s) add("in=" + std::to_string(*read.options.expires_in_s));
  if (read.options.connection_id) add("connection=" + std::to_string(*read.options.connection_id));
  if (read.options.on_doubt == store::OnDoubt::hold) add("hold");
  if (read.options.on_doubt == store::OnDoubt::retry) add("retry");
  if (read.idempotency_key) add("key=" + *read.idempotency_key);
  for (const FieldError& error : read.errors) add(error.pointer + ":" + error.code);
  return said;
}

TEST(OptionHeaders, AreNamedInRefusalsAsTheClientWroteThem) {
  EXPECT_EQ(name_over_smtp("/tags/0"), "X-Postroom-Tag");
  EXPECT_EQ(name_over_smtp("/connection_id"), "X-Postroom-Connection");
  EXPECT_EQ(name_over_smtp("/X-Postroom-On-Doubt"), "X-Postroom-On-Doubt");
  EXPECT_EQ(name_over_smtp("/to/0"), "to/0");
}

TEST(OptionHeaders, ReadsEachOption) {
  const struct {
    std::string fields, read;
  } cases[] = {
      {"", ""},
      {"X-Postroom-Lane: bulk\r\n", "lane=bulk"},
      {"x-postroom-LANE:\r\n\tbulk  \r\n", "lane=bulk"},
      {"X-Postroom-Lane : bulk\r\n", "lane=bulk"},
      {"X-Postroom-Lane: a\r\nX-Postroom-Lane: b\r\n", "lane=b"},  // the last one counts
      {"X-Postroom-Lane:\r\n", "lane="},                           // there is no such lane: intake says so
      {"X-Postroom-Tag: a, b ,,c\r\nX-Postroom-Tag: d\r\n", "tag=a tag=b tag=c tag=d"},
      {"X-Postroom-Tag: ,\r\n", ""},
      {"X-Postroom-Tag: =?utf-8?q?gr=C3=B6=C3=9Fe?=, b\r\n", "tag=gr\xc3\xb6\xc3\x9f\x65 tag=b"},
      {"X-Postroom-Metadata: =?utf-8?b?eyJhIjogIsOkIn0=?=\r\n", "metadata={\"a\":\"\xc3\xa4\"}"},
      {"X-Postroom-Metadata: a=b=c\r\nX-Postroom-Metadata: {\"d\": \"e\"}\r\n", R"(metadata={"a":"b=c","d":"e"})"},
      {"X-Postroom-Metadata: a=1\r\nX-Postroom-Metadata: a=2\r\n", R"(metadata={"a":"2"})"},
      {"X-Postroom-Metadata: a=\"\\\x01\r\n", R"(metadata={"a":"\"\\\u0001"})"},
      {"X-Postroom-Metadata: =b\r\n", "/X-Postroom-Metadata:metadata_invalid"},
      {"X-Postroom-Metadata: b\r\n", "/X-Postroom-Metadata:metadata_invalid"},
      {"X-Postroom-Metadata: a=\xff\r\n", "/X-Postroom-Metadata:not_utf8"},
      {"X-Postroom-Metadata: {\"a\": 1}\r\n", "/X-Postroom-Metadata:not_a_string"},
      {"X-Postroom-Metadata: {\"a\": \"1\"\r\n", "/X-Postroom-Metadata:metadata_invalid"},
      {"X-Postroom-Metadata: {} {}\r\n", "/X-Postroom-Metadata:metadata_invalid"},
      {"X-Postroom-Send-At: 2027-06-01T00:00:00Z\r\n", "at=2027-06-01T00:00:00.000Z"},
      {"X-Postroom-Send-At: tomorrow\r\n", "/X-Postroom-Send-At:not_a_time"},
      {"X-Postroom-Expires-In: 600\r\n", "in=600"},
      {"X-Postroom-Expires-In: 10m\r\n", "/X-Postroom-Expires-In:not_a_number"},
      {"X-Postroom-Expires-In: 99999999999999999999\r\n", "/X-Postroom-Expires-In:not_a_number"},
      {"X-Postroom-Connection: 2\r\n", "connection=2"},
      {"X-Postroom-Connection: 0\r\n", "/X-Postroom-Connection:not_a_number"},
      {"X-Postroom-On-Doubt: HOLD\r\n", "hold"},
      {"X-Postroom-On-Doubt: retry\r\n", "retry"},
      {"X-Postroom-On-Doubt: inherit\r\n", "/X-Postroom-On-Doubt:invalid"},
      {"X-Postroom-Idempotency-Key: k\r\n", "key=k"},
      {"X-Postroom-Idempotency-Key:\r\n", "/X-Postroom-Idempotency-Key:idempotency_key_invalid"},
      {"X-Postroom-Idempotency-Key: " + std::string(257, 'k') + "\r\n",
       "/X-Postroom-Idempotency-Key:idempotency_key_invalid"},
      {"X-Postroom-Idempotency-Key: \xc3\r\n", "/X-Postroom-Idempotency-Key:idempotency_key_invalid"},
      {"X-Postroom-Lanes: a\r\nX-Postroom: b\r\nX-Postroom-: c\r\nY-Postroom-Lane: d\r\n", ""},
      {"X-Postroom-Expires-In: a\r\nX-Postroom-Connection: b\r\n",
       "/X-Postroom-Expires-In:not_a_number /X-Postroom-Connection:not_a_number"},
      {"no field\r\nX-Postroom-Lane: bulk\r\n", "lane=bulk"},  // the message is refused elsewhere
  };
  for (const auto& c : cases) EXPECT_EQ(read(c.fields), c.read) << c.fields;
}

// Any bytes: it ends, and what it gives can be kept and shown.
TEST(OptionHeaders, ReadsAnything) {
  SeededRandom chance(7);
  const std::vector<std::string> pieces{"X-Postroom-",
                                        "Lane",
                                        "Metadata",
                                        "Tag",
                                        "Idempotency-Key",
                                        ":",
                                        " ",
                                        "\r\n",
                                        "\n",
                                        "\t",
                                        "a=b",
                                        "{\"a\":",
                                        "\"b\"}",
                                        ",",
                                        "\xff",
                                        "\xc3\xbc",
                                        std::string(1, '\0'),
                                        "Send-At",
                                        "17",
                                        "="};
  for (int round = 0; round < 20000; ++round) {
    std::string message;
    for (std::uint64_t left = chance.below(12); left > 0; --left) message += pieces[chance.below(pieces.size())];
    const OptionHeaders read = read_option_headers(message);
    EXPECT_TRUE(is_valid_utf8(read.options.metadata)) << message;
    EXPECT_TRUE(!read.idempotency_key || is_valid_utf8(*read.idempotency_key)) << message;
    EXPECT_TRUE(!read.options.lane || read.options.lane->find('\n') == std::string::npos) << message;
  }
}

}  // namespace
}  // namespace postroom::intake
