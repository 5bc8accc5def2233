#include "media/dmabuf_trust.hpp"

#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

TEST(DmabufTrust, IsLostByASharedSourceThatNeverGaveAPicture) {
  DmabufTrust trust;
  EXPECT_TRUE(trust.trusted());
  trust.opened(true);
  EXPECT_TRUE(trust.lost_by_fault(false));
  EXPECT_FALSE(trust.trusted());
  trust.opened(false);
  EXPECT_FALSE(trust.lost_by_fault(false)) << "it is said once";
}

TEST(DmabufTrust, OutlivesACameraThatIsUnpluggedAndOneThatDoesNotOpen) {
  DmabufTrust trust;
  trust.opened(true);
  EXPECT_FALSE(trust.lost_by_fault(true)) << "it worked";
  EXPECT_FALSE(trust.lost_by_fault(false)) << "it did not open";
  trust.opened(false);
  EXPECT_FALSE(trust.lost_by_fault(false)) << "it was copied";
  EXPECT_TRUE(trust.trusted());
}

}  // namespace
}  // namespace bigfoot::media
