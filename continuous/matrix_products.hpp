// How a process that trains on a CPU should compute matrix products, and treat memory. Both are settings of the whole
// process, so that a library must not choose them: the program and the Python package do, when they train.
#pragma once
#include <cstdint>
#include <vector>

namespace softrl::continuous {

// Lets Torch compute single-precision products of [rows × h] and [h × h] with oneDNN where these are large: that is
// faster than Torch's default there, on some processors twice, but costs some 10 µs a product. Torch asks oneDNN only
// where products may be computed in bfloat16; where this processor then does so it is not used: products have single
// precision everywhere. `rows` is that of the smallest products that matter, the batch size.
void choose_matrix_products(const std::vector<int>& hidden, std::int64_t rows);

// Memory that is freed stays with the process: tensors of a few megabytes come and go thousands of times a second.
void keep_freed_memory();

}  // namespace softrl::continuous
