#include "robot/status_verb.hpp"

#include <gtest/gtest.h>

namespace bigfoot::robot {
namespace {

TEST(WhichOfSeveral, IsSaidByNameOnlyWhereNamesTellThemApart) {
  EXPECT_EQ(which_of_several({"/run/bigfoot/rover-7.sock", "/run/bigfoot/rover-8.sock"}).text(),
            (Error{"several robots run here: rover-7, rover-8", "say which one with --name"}).text());
  const Error same = which_of_several({"/run/bigfoot/rover-7.sock", "/run/user/1000/bigfoot/rover-7.sock"});
  EXPECT_EQ(same.what, "several robots run here: /run/bigfoot/rover-7.sock, /run/user/1000/bigfoot/rover-7.sock");
  EXPECT_EQ(same.fix, "they have one name: say which one with --socket");
}

}  // namespace
}  // namespace bigfoot::robot
