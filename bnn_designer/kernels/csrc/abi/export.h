// Everything else in the library is hidden: two versions of it may be loaded in one process.
#pragma once

#define BNN_EXPORT extern "C" __attribute__((visibility("default")))
