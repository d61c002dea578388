#include "auth/secret_box.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "scripted/resource_limit.h"

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
    const scripted::NoneLeft full(RLIMIT_FSIZE);
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
