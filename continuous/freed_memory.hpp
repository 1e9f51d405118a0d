// A setting of the whole process, so that a library must not choose it: the program and the Python package do, when
// they train.
#pragma once

namespace softrl::continuous {

// Memory that is freed stays with the process: tensors of a few megabytes come and go thousands of times a second.
void keep_freed_memory();

}  // namespace softrl::continuous
