#pragma once
#include "operate/fault.h"

/// The faults that exist, for the engines' lists. What each does is said in its value.
namespace keelson::operate {

extern const Fault kFailover;

}  // namespace keelson::operate
