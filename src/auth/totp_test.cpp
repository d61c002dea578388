#include "auth/totp.h"

#include <gtest/gtest.h>

namespace postroom::auth {
namespace {

const Secret rfc_secret("12345678901234567890");  // RFC 6238, appendix B

Timestamp at(std::int64_t seconds) {
  return Timestamp{seconds * 1000};
}

TEST(Totp, GivesTheCodesOfTheRfc) {
  EXPECT_EQ(totp_code(rfc_secret, totp_step(at(59))), "287082");  // the last six of the RFC's eight digits
  EXPECT_EQ(totp_code(rfc_secret, totp_step(at(1111111109))), "081804");
  EXPECT_EQ(totp_code(rfc_secret, totp_step(at(1234567890))), "005924");
  EXPECT_EQ(totp_code(rfc_secret, totp_step(at(20000000000))), "353130");
}

TEST(Totp, TakesTheCodesOfTheStepsBesideNow) {
  const Timestamp now = at(1234567890);
  const std::int64_t step = totp_step(now);
  for (const std::int64_t near : {step - 1, step, step + 1})
    EXPECT_EQ(matching_step(rfc_secret, totp_code(rfc_secret, near), now, 0), near);
  for (const std::int64_t far : {step - 2, step + 2})
    EXPECT_EQ(matching_step(rfc_secret, totp_code(rfc_secret, far), now, 0), std::nullopt);
}

TEST(Totp, TakesNoCodeTwiceNorAnOlderOne) {
  const Timestamp now = at(1234567890);
  const std::int64_t step = totp_step(now);
  EXPECT_EQ(matching_step(rfc_secret, totp_code(rfc_secret, step), now, step), std::nullopt);
  EXPECT_EQ(matching_step(rfc_secret, totp_code(rfc_secret, step - 1), now, step), std::nullopt);
  EXPECT_EQ(matching_step(rfc_secret, totp_code(rfc_secret, step + 1), now, step), step + 1);
}

TEST(Totp, TakesNothingThatIsNoCode) {
  for (const char* code : {"", "28708", "2870822", "28708a"})
    EXPECT_EQ(matching_step(rfc_secret, code, at(59), 0), std::nullopt) << code;
}

TEST(Totp, WritesBase32AsTheRfcDoes) {  // RFC 4648 §10, without padding
  EXPECT_EQ(base32(""), "");
  EXPECT_EQ(base32("f"), "MY");
  EXPECT_EQ(base32("fo"), "MZXQ");
  EXPECT_EQ(base32("foo"), "MZXW6");
  EXPECT_EQ(base32("foob"), "MZXW6YQ");
  EXPECT_EQ(base32("fooba"), "MZXW6YTB");
  EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
}

TEST(Totp, NamesTheAccountInItsUri) {
  EXPECT_EQ(totp_uri(rfc_secret, "a+b@example.org"),
            "otpauth://totp/Postroom:a%2Bb%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Postroom");
}

}  // namespace
}  // namespace postroom::auth
