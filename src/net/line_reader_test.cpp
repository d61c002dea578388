#include "net/line_reader.h"

#include <gtest/gtest.h>

#include "async/sim_loop.h"
#include "net/stream_pair.h"

namespace postroom::net {
namespace {

class LineReaderTest : public ::testing::Test {
 protected:
  void connect(std::size_t bytes_per_read) {
    StreamPairOptions options;
    options.bytes_per_read = bytes_per_read;
    std::tie(near_, far_) = stream_pair(loop_, options);
  }
  void say(std::string_view bytes) { ASSERT_TRUE(loop_.run(far_->write(bytes))); }
  void hang_up() { loop_.run(far_->shutdown()); }

  async::SimLoop loop_;
  StreamPtr near_, far_;
};

TEST_F(LineReaderTest, GivesLinesInPiecesOfAnySize) {
  for (const std::size_t bytes_per_read : {1U, 2U, 3U, 100U}) {
    connect(bytes_per_read);
    LineReader reader(*near_);
    say("one\r\ntwo\n\nhalf");
    hang_up();
    EXPECT_EQ(*loop_.run(reader.read_line(100)), "one\r\n");
    EXPECT_EQ(*loop_.run(reader.read_line(100)), "two\n");
    EXPECT_EQ(*loop_.run(reader.read_line(100)), "\n");
    EXPECT_EQ(loop_.run(reader.read_line(100)).error().code, ErrorCode::closed);
  }
}

TEST_F(LineReaderTest, CountsTheLineEndAgainstTheLimit) {
  for (const std::size_t bytes_per_read : {1U, 4U, 5U, 6U, 100U}) {
    connect(bytes_per_read);
    LineReader reader(*near_);
    say("1234\n12345\n");
    EXPECT_EQ(*loop_.run(reader.read_line(5)), "1234\n");
    EXPECT_EQ(loop_.run(reader.read_line(5)).error().code, ErrorCode::too_large);
    EXPECT_EQ(*loop_.run(reader.read_line(6)), "12345\n");  // nothing was lost
  }
}

TEST_F(LineReaderTest, LetsLookAtBytesBeforeTheyAreTaken) {
  connect(100);
  LineReader reader(*near_);
  say("line\nrest");
  EXPECT_EQ(*loop_.run(reader.read_line(100)), "line\n");
  EXPECT_TRUE(reader.has_buffered());
  EXPECT_EQ(*loop_.run(reader.peek()), "rest");
  reader.consume(2);
  EXPECT_EQ(*loop_.run(reader.peek()), "st");
  EXPECT_EQ(*loop_.run(reader.read_chunk()), "st");
  EXPECT_FALSE(reader.has_buffered());
  say("gone");
  EXPECT_EQ(*loop_.run(reader.peek()), "gone");
  reader.discard_buffered();
  say("next\n");
  EXPECT_EQ(*loop_.run(reader.read_line(100)), "next\n");
  hang_up();
  EXPECT_EQ(*loop_.run(reader.read_chunk()), "");
}

TEST_F(LineReaderTest, SkipsTheRestOfALineThatIsTooLong) {
  for (const std::size_t bytes_per_read : {1U, 3U, 100U}) {
    connect(bytes_per_read);
    LineReader reader(*near_);
    say("0123456789\nnext\n0123456789");
    EXPECT_EQ(loop_.run(reader.read_line(5)).error().code, ErrorCode::too_large);
    EXPECT_EQ(loop_.run(reader.skip_line(100)).value(), LineEnd::bare_lf);
    EXPECT_EQ(*loop_.run(reader.read_line(5)), "next\n");
    EXPECT_EQ(loop_.run(reader.read_line(5)).error().code, ErrorCode::too_large);
    EXPECT_EQ(loop_.run(reader.skip_line(5)).error().code, ErrorCode::too_large);
    hang_up();
    EXPECT_EQ(loop_.run(reader.skip_line(100)).error().code, ErrorCode::closed);
  }
}

TEST_F(LineReaderTest, SaysHowASkippedLineEndedWhereverItIsCut) {
  for (const std::size_t bytes_per_read : {1U, 2U, 3U, 5U, 7U, 100U}) {
    connect(bytes_per_read);
    LineReader reader(*near_);
    say("0123456789\r\n0123456789\r \n0123456789\n");
    for (const LineEnd end : {LineEnd::crlf, LineEnd::bare_lf, LineEnd::bare_lf}) {
      EXPECT_EQ(loop_.run(reader.read_line(5)).error().code, ErrorCode::too_large);
      EXPECT_EQ(loop_.run(reader.skip_line(100)).value(), end) << bytes_per_read;
    }
  }
}

TEST_F(LineReaderTest, HonoursTheStreamsDeadlineAndAbort) {
  connect(100);
  LineReader reader(*near_);
  near_->set_deadline(loop_.now() + std::chrono::seconds(9));
  const Monotonic began = loop_.now();
  EXPECT_EQ(loop_.run(reader.read_line(100)).error().code, ErrorCode::timeout);
  EXPECT_EQ(loop_.now() - began, std::chrono::seconds(9));
  near_->set_deadline(Monotonic::never());
  loop_.post([this] { near_->abort(); });
  EXPECT_EQ(loop_.run(reader.read_line(100)).error().code, ErrorCode::canceled);
}

TEST_F(LineReaderTest, WritersWaitForRoomAndNoticeThatTheReaderIsGone) {
  StreamPairOptions options;
  options.capacity = 4;
  std::tie(near_, far_) = stream_pair(loop_, options);
  far_->set_deadline(loop_.now() + std::chrono::seconds(1));
  EXPECT_EQ(loop_.run(far_->write("12345")).error().code, ErrorCode::timeout);
  LineReader reader(*near_);
  EXPECT_EQ(*loop_.run(reader.read_chunk()), "1234");
  far_->set_deadline(Monotonic::never());
  near_.reset();
  EXPECT_EQ(loop_.run(far_->write("x")).error().code, ErrorCode::unreachable);
}

}  // namespace
}  // namespace postroom::net
