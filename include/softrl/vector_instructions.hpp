// What this processor can run of the kernels that CMake compiles for several kinds of vector instructions
// (softrl_add_kernels). Those for `avx2` and `avx512` are there where SOFTRL_X86_KERNELS is defined.
#pragma once

namespace softrl {

inline bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

inline bool has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

}  // namespace softrl
