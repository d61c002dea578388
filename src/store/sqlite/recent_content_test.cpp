#include "store/sqlite/recent_content.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace postroom::store::sqlite {
namespace {

Content of(std::size_t bytes) {
  return std::make_shared<const std::string>(bytes, 'x');
}

TEST(RecentContent, IsTakenOnce) {
  RecentContent recent(10);
  const Content content = of(3);
  recent.keep(MessageId{1}, content);
  EXPECT_EQ(recent.take(MessageId{1}), content);
  EXPECT_EQ(recent.take(MessageId{1}), nullptr);
  EXPECT_EQ(recent.take(MessageId{2}), nullptr);
}

TEST(RecentContent, NewerContentPushesOlderOutOnceThereIsTooMuch) {
  RecentContent recent(10);
  for (std::uint64_t id = 1; id <= 3; ++id) recent.keep(MessageId{id}, of(4));
  EXPECT_EQ(recent.take(MessageId{1}), nullptr);
  EXPECT_NE(recent.take(MessageId{2}), nullptr);
  EXPECT_NE(recent.take(MessageId{3}), nullptr);
}

TEST(RecentContent, WhatWasTakenCountsNoMore) {
  RecentContent recent(10);
  recent.keep(MessageId{1}, of(8));
  recent.take(MessageId{1});
  recent.keep(MessageId{2}, of(5));
  recent.keep(MessageId{3}, of(5));
  EXPECT_NE(recent.take(MessageId{2}), nullptr);
  EXPECT_NE(recent.take(MessageId{3}), nullptr);
}

TEST(RecentContent, KeepsNothingLargerThanAllOfIt) {
  RecentContent recent(10);
  recent.keep(MessageId{1}, of(11));
  EXPECT_EQ(recent.take(MessageId{1}), nullptr);
  recent.keep(MessageId{2}, of(10));
  EXPECT_NE(recent.take(MessageId{2}), nullptr);
}

TEST(RecentContent, IsEmptyOnceCleared) {
  RecentContent recent(10);
  recent.keep(MessageId{1}, of(8));
  recent.clear();
  EXPECT_EQ(recent.take(MessageId{1}), nullptr);
  recent.keep(MessageId{2}, of(8));
  EXPECT_NE(recent.take(MessageId{2}), nullptr);
}

}  // namespace
}  // namespace postroom::store::sqlite
