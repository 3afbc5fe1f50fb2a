#pragma once
#include "component/kind.h"

namespace keelson {

/// Every kind keelson knows, in the order the docs list them. The views stay valid for the life of the program.
Catalog catalog();

}  // namespace keelson
