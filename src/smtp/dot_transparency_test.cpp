#include "smtp/dot_transparency.h"

#include <gtest/gtest.h>

namespace postroom::smtp {
namespace {

std::string stuffed(std::string_view body) {
  std::string wire;
  for (DotStuffer stuffer(body);;) {
    const bool last = stuffer.at_last();
    wire += stuffer.next();
    if (last) return wire;
  }
}

TEST(DotStuffer, AlwaysEndsWithTheDotOnALineOfItsOwn) {
  EXPECT_EQ(stuffed(""), ".\r\n");
  EXPECT_EQ(stuffed("a\r\n"), "a\r\n.\r\n");
  EXPECT_EQ(stuffed("a"), "a\r\n.\r\n");
  EXPECT_EQ(stuffed(".\r\n..a\r\nb.\r\n."), "..\r\n...a\r\nb.\r\n..\r\n.\r\n");
}

TEST(DotStuffer, SeesADotWhereverABlockEnds) {
  for (std::size_t before = DotStuffer::block_bytes - 4; before < DotStuffer::block_bytes + 4; ++before) {
    const std::string line(before, 'x');
    EXPECT_EQ(stuffed(line + "\r\n.y\r\n"), line + "\r\n..y\r\n.\r\n") << before;
  }
}

TEST(BareLineEnds, AreFound) {
  EXPECT_TRUE(has_only_crlf_lines(""));
  EXPECT_TRUE(has_only_crlf_lines("a\r\n\r\nb"));
  for (const std::string_view body : {"\n", "\r", "a\r\r\n", "\n\r", "a\nb\r\n", "\r\n\r"})
    EXPECT_FALSE(has_only_crlf_lines(body)) << body;
}

TEST(DotDecoder, UndoesTheStufferSplitAtEachByte) {
  const std::string body = ".\r\n..\r\n.a\r\n\r\nb\r\n";
  const std::string wire = stuffed(body) + "QUIT\r\n";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    DotDecoder decoder(1000);
    std::size_t taken = decoder.push(std::string_view(wire).substr(0, cut));
    taken += decoder.push(std::string_view(wire).substr(taken));
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(taken, wire.size() - 6);
    EXPECT_FALSE(decoder.has_bare_cr_or_lf());
    EXPECT_EQ(decoder.take_body(), body) << cut;
  }
}

TEST(DotDecoder, EndsAtNothingButCrlfDotCrlf) {
  using namespace std::string_view_literals;
  for (const std::string_view end : {"\n.\n"sv, "\n.\r\n"sv, "\r\n.\n"sv, "\r.\r"sv, "\r.\r\n"sv, "\r\n.\r"sv,
                                     "\r\r\n.\r\r\n"sv, "\r\n\0.\r\n"sv, "\r\n.\0\r\n"sv, "\r\0\n.\r\n"sv}) {
    const std::string wire = "a" + std::string(end) + "MAIL FROM:<x@example.org>\r\n";
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
      DotDecoder decoder(1000);
      decoder.push(std::string_view(wire).substr(0, cut));
      decoder.push(std::string_view(wire).substr(cut));
      EXPECT_FALSE(decoder.done());
      EXPECT_TRUE(decoder.has_bare_cr_or_lf() || decoder.has_nul());
      EXPECT_EQ(decoder.push("\r\n.\r\n"), 5U);
      EXPECT_TRUE(decoder.done());
    }
  }
}

TEST(DotDecoder, KeepsNothingOfAMessageThatIsTooLarge) {
  DotDecoder decoder(3);
  decoder.push("abcd\r\n.\r\n");
  EXPECT_TRUE(decoder.done());
  EXPECT_TRUE(decoder.too_large());
  EXPECT_EQ(decoder.take_body(), "");
}

}  // namespace
}  // namespace postroom::smtp
