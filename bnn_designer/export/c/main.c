// Classifies images: reads them from standard input, one after the other, and prints the class of each in a line.
//
// An image is NETWORK_IMAGE_SIZE bytes, line by line, pixel by pixel, channel by channel; 0 .. 255 becomes -1 .. 1, as
// in training. Compiled with -DFLOAT_IMAGES it is so many floats instead, used as they are; with -DPRINT_SCORES the
// scores follow the class, in digits that give back the same floats.
#include <stdint.h>
#include <stdio.h>

#include "network.h"

#ifdef FLOAT_IMAGES
static int read_image(float image[NETWORK_IMAGE_SIZE]) {
  return fread(image, sizeof(float), NETWORK_IMAGE_SIZE, stdin) == NETWORK_IMAGE_SIZE;
}
#else
static int read_image(float image[NETWORK_IMAGE_SIZE]) {
  for (int32_t i = 0; i < NETWORK_IMAGE_SIZE; ++i) {
    const int byte = getchar();
    if (byte == EOF) return 0;
    image[i] = (float)byte / 127.5f - 1.0f;
  }
  return 1;
}
#endif

int main(void) {
  static float image[NETWORK_IMAGE_SIZE], scores[NETWORK_SCORES];
  int32_t images = 0;
  for (; read_image(image); ++images) {
    network_run(image, scores);
    printf("%ld", (long)network_argmax(scores));
#ifdef PRINT_SCORES
    for (int32_t i = 0; i < NETWORK_SCORES; ++i) printf(" %.9g", (double)scores[i]);
#endif
    printf("\n");
  }
  if (images == 0) fprintf(stderr, "No image of %ld values on standard input.\n", (long)NETWORK_IMAGE_SIZE);
  return images == 0;
}
