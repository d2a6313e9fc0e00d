// Classifies images: reads them from standard input, one after the other, and prints the class of each in a line.
//
// An image is NETWORK_IMAGE_SIZE bytes, line by line, pixel by pixel, channel by channel; 0 .. 255 becomes -1 .. 1, as
// in training. Compiled with -DFLOAT_IMAGES it is so many floats instead, used as they are; with -DPRINT_SCORES the
// scores follow the class, in digits that give back the same floats. A network that takes numbers of 8 bits gets the
// nearest ones.
#include <stdint.h>
#include <stdio.h>

#include "network.h"

#ifdef NETWORK_IMAGE_SCALE
// Added to 1.5 * 2^23 a number keeps no fraction: it is rounded there, halves to the even number.
static network_value value_of(float number) {
  const float scaled = number / NETWORK_IMAGE_SCALE;
  const volatile float whole = (scaled > -127 ? (scaled < 127 ? scaled : 127) : -127) + 12582912.0f;
  return (network_value)(whole - 12582912.0f);
}
#else
static network_value value_of(float number) { return number; }
#endif

#ifdef FLOAT_IMAGES
static int read_number(float *number) { return fread(number, sizeof(float), 1, stdin) == 1; }
#else
static int read_number(float *number) {
  const int byte = getchar();
  *number = (float)byte / 127.5f - 1.0f;
  return byte != EOF;
}
#endif

static int read_image(network_value image[NETWORK_IMAGE_SIZE]) {
  for (int32_t i = 0; i < NETWORK_IMAGE_SIZE; ++i) {
    float number;
    if (!read_number(&number)) return 0;
    image[i] = value_of(number);
  }
  return 1;
}

int main(void) {
  static network_value image[NETWORK_IMAGE_SIZE];
  static float scores[NETWORK_SCORES];
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
