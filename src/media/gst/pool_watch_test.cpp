#include "media/gst/pool_watch.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "media/gst/pipeline.hpp"
#include "media/gst/video.hpp"

namespace bigfoot::media::gst {
namespace {

Handle<GstBufferPool> pool() {
  auto made = adopt(gst_buffer_pool_new());
  const auto caps = raw_video_caps({16, 16}, {30, 1});
  GstStructure* config = gst_buffer_pool_get_config(made.get());
  gst_buffer_pool_config_set_params(config, caps.get(), 1000, 2, 4);
  EXPECT_TRUE(gst_buffer_pool_set_config(made.get(), config));
  EXPECT_TRUE(gst_buffer_pool_set_active(made.get(), TRUE));
  return made;
}

Handle<GstBuffer> buffer_of(GstBufferPool* pool) {
  GstBuffer* buffer = nullptr;
  EXPECT_EQ(gst_buffer_pool_acquire_buffer(pool, &buffer, nullptr), GST_FLOW_OK);
  return adopt(buffer);
}

TEST(PoolWatch, APoolIsGoneWithTheLastOfItsBuffers) {
  ASSERT_TRUE(start());
  PoolWatch watch;
  EXPECT_TRUE(watch.wait(0s)) << "none was seen";
  auto source = pool();
  auto first = buffer_of(source.get()), second = buffer_of(source.get());
  for (GstBuffer* buffer : {first.get(), second.get()}) watch.watch(buffer);
  gst_buffer_pool_set_active(source.get(), FALSE);
  source.reset();
  first.reset();
  EXPECT_FALSE(watch.wait(1ms)) << "one is away";
  std::thread other([&] { second.reset(); });
  EXPECT_TRUE(watch.wait(20s));
  other.join();
}

TEST(PoolWatch, ItMayGoBeforeThePoolAndABufferOfNoneDoesNotMatter) {
  ASSERT_TRUE(start());
  auto source = pool();
  auto buffer = buffer_of(source.get());
  {
    PoolWatch watch;
    watch.watch(buffer.get());
    watch.watch(adopt(gst_buffer_new()).get());
  }
  gst_buffer_pool_set_active(source.get(), FALSE);
  buffer.reset();
}

}  // namespace
}  // namespace bigfoot::media::gst
