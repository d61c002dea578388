#include "smtp/conversation.h"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.h"

namespace postroom::smtp {
namespace {

TEST(Conversation, ShowsWhoSaidWhat) {
  Conversation conversation;
  conversation.server("220 \x1b[31mready");
  conversation.client_secret("AUTH PLAIN");
  conversation.client_body(4096);
  EXPECT_EQ(conversation.text(), "S: 220 ?[31mready\nC: AUTH PLAIN ***\nC: <message of 4,096 bytes>\n");
}

TEST(Conversation, KeepsTheStartAndTheLatestLines) {
  Conversation conversation;
  for (int i = 0; i < 5000; ++i) conversation.client(std::to_string(i) + " " + std::string(50, 'x'));
  const std::string text = conversation.text();
  EXPECT_LE(text.size(), limits::conversation_bytes + 100);
  EXPECT_TRUE(text.starts_with("C: 0 x"));
  EXPECT_NE(text.find("lines left out"), std::string::npos);
  EXPECT_EQ(text.find("lines left out"), text.rfind("lines left out"));
  EXPECT_NE(text.find("C: 4999 x"), std::string::npos);
}

}  // namespace
}  // namespace postroom::smtp
