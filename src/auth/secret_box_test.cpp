#include "auth/secret_box.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

namespace postroom::auth {
namespace {

namespace files = std::filesystem;

class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string pattern = (files::temp_directory_path() / "secret_box_test.XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~KeyFile() override { files::remove_all(directory_); }
  std::string path() const { return directory_ + "/secret.key"; }
  Result<SecretBox> open() { return SecretBox::open_file(path(), random_); }

  SystemRandom random_;
  std::string directory_;
};

// Files of this process may have no bytes while it lives: what a full disk does.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(KeyFile, IsMadeOnceForItsOwnerAlone) {
  const Result<SecretBox> first = open();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(files::file_size(path()), 32u);
  EXPECT_EQ(files::status(path()).permissions(), files::perms{0600});
  EXPECT_EQ(open()->key_id(), first->key_id());
  EXPECT_EQ(std::distance(files::directory_iterator(directory_), {}), 1) << "nothing lies beside it";
}

TEST_F(KeyFile, IsNotThereByHalfAfterAFullDisk) {
  {
    const FullDisk full;
    EXPECT_FALSE(open());
  }
  EXPECT_FALSE(files::exists(path()));
  EXPECT_TRUE(open()) << "once there is room";
}

TEST_F(KeyFile, IsMadeThoughAnEarlierTryWasCutShort) {
  std::ofstream(path() + ".new") << "half";
  ASSERT_TRUE(open());
  EXPECT_EQ(files::file_size(path()), 32u);
}

TEST_F(KeyFile, IsNotReplacedWhenItIsOfAnotherSize) {
  std::ofstream(path()) << "short";
  files::permissions(path(), files::perms{0600});
  EXPECT_EQ(open().error().code, ErrorCode::invalid);
  EXPECT_EQ(files::file_size(path()), 5u);
}

}  // namespace
}  // namespace postroom::auth
