#include "auth/accounts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "async/task_group.h"
#include "auth/preferences.h"
#include "auth/totp.h"
#include "net/system_loop.h"
#include "store/memory/memory_store.h"

namespace postroom::auth {
namespace {

constexpr const char* email = "ann@example.org";
constexpr const char* address = "192.0.2.7";
constexpr const char* password = "a long enough password";
constexpr std::ptrdiff_t free_tries = 5;

class AccountsOnALoop : public testing::Test {
 protected:
  AccountsOnALoop() { ann_ = get(accounts_.create(account(), Secret(password), {})).user.id; }

  static store::UserRecord account() {
    store::UserRecord record;
    record.email = email;
    record.role = store::Role::admin;
    return record;
  }
  template <class T>
  T get(async::Task<OrDenied<T>> task) {
    OrDenied<T> answer = loop_.run(std::move(task));
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().code);
    return answer ? std::move(*answer) : T{};
  }
  // Why not; "" when it was done.
  template <class T>
  std::string refusal(async::Task<OrDenied<T>> task) {
    const OrDenied<T> answer = loop_.run(std::move(task));
    return answer ? "" : std::string(answer.error().code);
  }
  async::Task<OrDenied<OpenedSession>> sign_in(std::string code = "", std::string given = password) {
    return accounts_.sign_in(email, Secret(std::move(given)), std::move(code), address);
  }
  Visitor visitor() {
    const std::optional<Visitor> found = accounts_.find(get(sign_in()).token.reveal());
    EXPECT_TRUE(found);
    return found.value_or(Visitor{});
  }
  // The recovery codes of an authenticator that ann has now.
  std::vector<std::string> enroll(const Visitor& who) {
    secret_ = get(accounts_.begin_totp(who, Secret(password)));
    return get(accounts_.confirm_totp(who, code_of_now(), {}));
  }
  std::string code_of_now() const { return totp_code(secret_, totp_step(loop_.wall())); }
  std::string wrong_code() const { return code_of_now() == "000000" ? "111111" : "000000"; }

  async::Task<void> try_once(std::string code, std::string given) {
    const auto opened = co_await sign_in(std::move(code), std::move(given));
    answers_.push_back(opened ? "opened" : std::string(opened.error().code));
  }
  async::Task<void> guess_once(Visitor who) {
    const auto begun = co_await accounts_.begin_totp(who, Secret("a wrong password"));
    answers_.push_back(begun ? "begun" : std::string(begun.error().code));
  }
  async::Task<void> keep(async::Task<OrDenied<>> change) {
    const OrDenied<> kept = co_await change;
    EXPECT_TRUE(kept);
  }
  std::ptrdiff_t answered(const std::string& code) const { return std::ranges::count(answers_, code); }

  net::SystemLoop loop_;
  store::memory::MemoryStore store_{loop_};
  SystemRandom random_;
  SecretBox box_{Secret(std::string(32, 'k')), random_};
  Accounts accounts_{loop_, store_, box_, random_};
  async::TaskGroup tasks_{loop_};
  Secret secret_;
  store::UserId ann_ = 0;
  std::vector<std::string> answers_;
};

TEST_F(AccountsOnALoop, GuessesThatComeAtOnceAreSlowedDownAsOthersAre) {
  for (int i = 0; i < 12; ++i) tasks_.spawn(try_once("", "a wrong password"));
  loop_.run(tasks_.join());
  EXPECT_EQ(answered("bad_credentials"), free_tries);
  EXPECT_EQ(answered("slow_down"), 12 - free_tries);
}

TEST_F(AccountsOnALoop, CodesThatComeAtOnceAreSlowedDownAsOthersAre) {
  enroll(visitor());
  for (int i = 0; i < 12; ++i) tasks_.spawn(try_once(wrong_code(), password));
  loop_.run(tasks_.join());
  EXPECT_EQ(answered("totp_wrong"), free_tries);
  EXPECT_EQ(answered("slow_down"), 12 - free_tries);
}

TEST_F(AccountsOnALoop, OneWhoIsSignedInGuessesNoFasterAtOnce) {
  const Visitor who = visitor();
  for (int i = 0; i < 12; ++i) tasks_.spawn(guess_once(who));
  loop_.run(tasks_.join());
  EXPECT_EQ(answered("bad_credentials"), free_tries);
  EXPECT_EQ(answered("slow_down"), 12 - free_tries);
}

TEST_F(AccountsOnALoop, ASecondFactorIsAskedOfWhomAPasswordLetInAndNotOfWhomAnIssuerDid) {
  ASSERT_EQ(refusal(accounts_.set_rules({.totp_required = true}, {})), "");
  EXPECT_TRUE(accounts_.must_enroll_totp(visitor()));
  const OpenedSession vouched = get(accounts_.sign_in_vouched(email, address));
  EXPECT_FALSE(accounts_.must_enroll_totp(accounts_.find(vouched.token.reveal()).value()));
  ASSERT_TRUE(loop_.run(accounts_.load()));
  EXPECT_FALSE(accounts_.must_enroll_totp(accounts_.find(vouched.token.reveal()).value())) << "after a restart";
}

TEST_F(AccountsOnALoop, ARecoveryCodeOpensWhenTheKeyOfTheSecretsIsGone) {
  const std::vector<std::string> codes = enroll(visitor());
  SecretBox another(Secret(std::string(32, 'x')), random_);
  Accounts restored(loop_, store_, another, random_);
  ASSERT_TRUE(loop_.run(restored.load()));
  EXPECT_EQ(refusal(restored.sign_in(email, Secret(password), code_of_now(), address)), "totp_unreadable");
  EXPECT_EQ(refusal(restored.sign_in(email, Secret(password), codes[0], address)), "");
  EXPECT_EQ(refusal(restored.sign_in(email, Secret(password), codes[0], address)), "totp_unreadable")
      << "it opens once";
}

TEST_F(AccountsOnALoop, PreferencesThatComeAtOnceAllCount) {
  for (const char* change : {R"({"theme":"dark"})", R"({"page":50})"})
    tasks_.spawn(keep(accounts_.set_profile(ann_, std::nullopt, change)));
  loop_.run(tasks_.join());
  EXPECT_EQ(accounts_.users().at(ann_).preferences, R"({"theme":"dark","page":50})");
}

TEST_F(AccountsOnALoop, PreferencesHaveOneLimitForAllThatAreKept) {
  const std::string half(preferences_bytes / 2, 'x');
  EXPECT_EQ(refusal(accounts_.set_profile(ann_, std::nullopt, R"({"a":")" + half + "\"}")), "");
  EXPECT_EQ(refusal(accounts_.set_profile(ann_, std::nullopt, R"({"b":")" + half + "\"}")), "preferences_too_large");
  EXPECT_EQ(refusal(accounts_.set_profile(ann_, std::nullopt, R"({"a":null,"b":")" + half + "\"}")), "");
}

}  // namespace
}  // namespace postroom::auth
