#include "media/dmabuf_trust.hpp"

#include <gtest/gtest.h>

namespace bigfoot::media {
namespace {

TEST(DmabufTrust, IsLostByASharedSourceThatNeverGaveAPicture) {
  DmabufTrust trust;
  EXPECT_TRUE(trust.trusted());
  trust.opened(true);
  EXPECT_TRUE(trust.lost_by_fault(true, false));
  EXPECT_FALSE(trust.trusted());
  trust.opened(false);
  EXPECT_FALSE(trust.lost_by_fault(true, false)) << "it is said once";
}

TEST(DmabufTrust, OutlivesACameraThatIsUnpluggedAndOneThatDoesNotOpen) {
  DmabufTrust trust;
  trust.opened(true);
  EXPECT_FALSE(trust.lost_by_fault(true, true)) << "it worked";
  EXPECT_FALSE(trust.lost_by_fault(false, false)) << "it did not open";
  trust.opened(false);
  EXPECT_FALSE(trust.lost_by_fault(true, false)) << "it was copied";
  EXPECT_TRUE(trust.trusted());
}

/// For another size, say, and the driver is still busy.
TEST(DmabufTrust, OutlivesAFirstTryThatFailsAfterItWasOpenedAnew) {
  DmabufTrust trust;
  trust.opened(true);
  EXPECT_FALSE(trust.lost_by_fault(false, false)) << "what it is to be opened with has not played at all";
  EXPECT_TRUE(trust.trusted());
  trust.opened(true);
  EXPECT_TRUE(trust.lost_by_fault(true, false));
}

}  // namespace
}  // namespace bigfoot::media
