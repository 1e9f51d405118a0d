// The kernels of lu_kernels.hpp. Compiled once for every kind of vector instructions (CMakeLists.txt), each time into a
// namespace of its own, SOFTRL_KERNEL; lu_kernels_choice.cpp chooses among them.
#include "irl/lu_kernels.hpp"

#include <cstdint>
#include <cstring>

namespace softrl::irl::SOFTRL_KERNEL {
namespace {

// Vectors of the compiler (GCC, Clang): arithmetic works on each entry, and a comparison selects between entries. Where
// the processor's are shorter, the compiler makes two or four of each.
constexpr int lanes = 8;
using Pack = double __attribute__((vector_size(lanes * sizeof(double))));
using Bits = std::int64_t __attribute__((vector_size(lanes * sizeof(double))));
using Exponents = int __attribute__((vector_size(lanes * sizeof(int))));

constexpr int nothing = -(1 << 29);  // Wide::nothing

#define INLINE [[gnu::always_inline]] inline

INLINE Pack load(const double* from) {
  Pack result;
  std::memcpy(&result, from, sizeof(Pack));
  return result;
}
INLINE void store(double* to, Pack pack) { std::memcpy(to, &pack, sizeof(Pack)); }
INLINE Exponents load(const int* from) {
  Exponents result;
  std::memcpy(&result, from, sizeof(Exponents));
  return result;
}
INLINE void store(int* to, Exponents exponents) { std::memcpy(to, &exponents, sizeof(Exponents)); }
INLINE Exponents all(int e) { return e - Exponents{}; }

INLINE bool any(Exponents bits) {
  std::int64_t parts[lanes / 2];
  std::memcpy(parts, &bits, sizeof parts);
  return (parts[0] | parts[1] | parts[2] | parts[3]) != 0;
}
INLINE Pack absolute(Pack x) { return (Pack)((Bits)x & 0x7fffffffffffffff); }
INLINE Exponents larger(Exponents a, Exponents b) { return a > b ? a : b; }

// 2^(−256 d) for d ≥ 0, 0 for d > 3: Wide::scale.
INLINE Pack scale(Exponents d) {
  const Exponents kept = d & (d <= 3);
  const Exponents biased = (1023 - 256 * kept) & (d <= 3);
  return (Pack)(__builtin_convertvector(biased, Bits) << 52);
}

struct Row {
  Pack mantissa;
  Exponents exponent;
};

INLINE Row load(const ConstWideColumns& x, int i) {
  return {load(x.mantissa + lanes * i), load(x.exponent + lanes * i)};
}

INLINE bool any(Bits bits) {
  std::int64_t parts[lanes];
  std::memcpy(parts, &bits, sizeof parts);
  return ((parts[0] | parts[1] | parts[2] | parts[3]) | (parts[4] | parts[5] | parts[6] | parts[7])) != 0;
}

// In pairs, for the sake of speed.
INLINE double total_of(Pack x) { return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7])); }

// Mantissas back into their range, from within 2⁻³⁸⁴ to 2³⁸⁴.
INLINE Row normalised(Row x) {
  const Pack size = absolute(x.mantissa);
  const Bits big = size >= 0x1p128, small = size < 0x1p-128;
  const Exponents change = __builtin_convertvector(small - big, Exponents);
  if (!any(change)) return x;
  x.mantissa = big ? x.mantissa * 0x1p-256 : (small ? x.mantissa * 0x1p256 : x.mantissa);
  x.exponent = __builtin_convertvector(x.mantissa == 0.0, Exponents) ? all(nothing) : x.exponent + change;
  return x;
}

// b + Σ_j a_ij x_j whatever the exponents: terms are brought to the greatest of them.
[[gnu::noinline]] Row sum_of_any(const WideRows& a, int i, const ConstWideColumns& x, Row b) {
  Exponents top = b.exponent;
  for (int p = a.start[i]; p < a.start[i + 1]; ++p)
    top = larger(top, load(x.exponent + lanes * a.column[p]) + a.exponent[p]);
  Pack sum = b.mantissa * scale(top - b.exponent);
  for (int p = a.start[i]; p < a.start[i + 1]; ++p) {
    const Row term = load(x, a.column[p]);
    sum += a.mantissa[p] * term.mantissa * scale(top - (term.exponent + a.exponent[p]));
  }
  return {sum, top};
}

// b + Σ_j a_ij x_j, not normalised. Nearly always all terms have one exponent, which is found out while they are added.
INLINE Row sum(const WideRows& a, int i, const ConstWideColumns& x, Row b) {
  const int first = a.start[i], end = a.start[i + 1];
  if (first == end) return b;
  const bool from_nothing = !any(b.exponent - nothing);
  const Exponents common = load(x.exponent + lanes * a.column[first]) + a.exponent[first];
  Exponents difference = from_nothing ? Exponents{} : b.exponent ^ common;
  Pack total = b.mantissa;
  for (int p = first; p < end; ++p) {
    const int j = lanes * a.column[p];
    difference |= (load(x.exponent + j) + a.exponent[p]) ^ common;
    total += a.mantissa[p] * load(x.mantissa + j);
  }
  return any(difference) ? sum_of_any(a, i, x, b) : Row{total, common};
}

// The same for numbers without exponents.
INLINE Pack plain_sum(const WideRows& a, int i, const double* x, Pack b) {
  for (int p = a.start[i]; p < a.start[i + 1]; ++p) b += a.mantissa[p] * load(x + lanes * a.column[p]);
  return b;
}

// Says where the result is out of range.
INLINE Bits substitute_plain_row(const WideRows& a, int i, const double* factor, double* x) {
  Pack result = plain_sum(a, i, x, load(x + lanes * i));
  if (factor) result *= factor[i];
  store(x + lanes * i, result);
  const Pack size = absolute(result);
  return (size > 0x1p384) | ((size < 0x1p-384) & (size != 0.0));
}

INLINE void substitute_row(const WideRows& a, int i, const double* factor, const WideColumns& x) {
  const ConstWideColumns known{x.mantissa, x.exponent};
  Row result = sum(a, i, known, load(known, i));
  if (factor) result.mantissa *= factor[i];
  result = normalised(result);
  store(x.mantissa + lanes * i, result.mantissa);
  store(x.exponent + lanes * i, result.exponent);
}

// Of x_i = b_i + Σ_j a_ij x_j, in units of 2^(256 exponent).
struct Sides {
  Pack left, right;
  Exponents exponent;
};
INLINE Sides sides_of(const WideRows& a, int i, const ConstWideColumns& x, const ConstWideColumns& b, int row_of_b) {
  if (!x.exponent) {
    const Pack right = b.mantissa ? load(b.mantissa + lanes * row_of_b) : Pack{};
    return {load(x.mantissa + lanes * i), plain_sum(a, i, x.mantissa, right), Exponents{}};
  }
  const Row left = load(x, i), right = sum(a, i, x, b.mantissa ? load(b, row_of_b) : Row{Pack{}, all(nothing)});
  const Exponents top = larger(left.exponent, right.exponent);
  return {left.mantissa * scale(top - left.exponent), right.mantissa * scale(top - right.exponent), top};
}

// m · 2^(256 e); infinite if e > 3, and 0 if e < −3, where m, a product of two mantissas, cannot make up for it.
INLINE Pack as_doubles(Pack m, Exponents e) {
  const Exponents up = e < 0 ? Exponents{} : e, down = e < 0 ? -e : Exponents{};
  const Exponents biased = up > 3 ? all(2047) : 1023 + 256 * (up & (up <= 3));
  return m * scale(down) * (Pack)(__builtin_convertvector(biased, Bits) << 52);
}

}  // namespace

bool substitute(const WideRows& a, const int* rows, int count, const double* factor, const WideColumns& x) {
  Bits lost{};
  if (x.exponent) {
    for (int r = 0; r < count; ++r) substitute_row(a, rows[r], factor, x);
  } else {
    for (int r = 0; r < count; ++r) lost |= substitute_plain_row(a, rows[r], factor, x.mantissa);
  }
  return !any(lost);
}

bool substitute_back(const WideRows& a, int n, const double* factor, const WideColumns& x) {
  Bits lost{};
  if (x.exponent) {
    for (int i = n - 1; i >= 0; --i) substitute_row(a, i, factor, x);
  } else {
    for (int i = n - 1; i >= 0; --i) lost |= substitute_plain_row(a, i, factor, x.mantissa);
  }
  return !any(lost);
}

bool normalise(int n, const WideColumns& x) {
  Exponents changed{};
  for (int i = 0; i < n; ++i) {
    const Pack mantissa = load(x.mantissa + lanes * i);
    const Row row = normalised({mantissa, Exponents{}});
    const Exponents zero = __builtin_convertvector(row.mantissa == 0.0, Exponents);
    store(x.mantissa + lanes * i, row.mantissa);
    store(x.exponent + lanes * i, zero ? all(nothing) : row.exponent);
    changed |= zero ? Exponents{} : row.exponent;
  }
  return !any(changed);
}

bool is_solution(const WideRows& a, int begin, int end, double tolerance, const ConstWideColumns& x,
                 const ConstWideColumns& b) {
  Bits good = ~Bits{};
  for (int i = begin; i < end; ++i) {
    const Sides sides = sides_of(a, i, x, b, i - begin);
    good &= absolute(sides.left - sides.right) <= tolerance * (absolute(sides.left) + absolute(sides.right));
  }
  return !any(~good);
}

bool is_signed_solution(const WideRows& a, int begin, int end, double tolerance, const ConstWideColumns& x,
                        const ConstWideColumns& b, const ConstWideColumns& y, const double* size) {
  Bits good = ~Bits{};
  for (int i = begin; i < end; ++i) {
    const Sides sides = sides_of(a, i, x, b, i - begin);
    Pack residual = absolute(sides.left - sides.right) * load(y.mantissa + lanes * i);
    Pack terms = (absolute(sides.left) + absolute(sides.right)) * load(y.mantissa + lanes * i);
    if (x.exponent) {
      const Exponents exponent = sides.exponent + load(y.exponent + lanes * i);
      residual = as_doubles(residual, exponent);
      terms = as_doubles(terms, exponent);
    }
    good &= residual <= tolerance * (terms + load(size));
  }
  return !any(~good);
}

void add_products(const WideRows& a, int n, const ConstWideColumns& x, const ConstWideColumns& y, double* sums) {
  const bool plain = !x.exponent && !y.exponent;
  for (int i = 0; i < n; ++i) {
    const Pack left = load(x.mantissa + lanes * i);
    for (int p = a.start[i]; p < a.start[i + 1]; ++p) {
      Pack products = left * load(y.mantissa + lanes * a.column[p]);
      if (!plain)
        products =
            as_doubles(products, load(x.exponent + lanes * i) + load(y.exponent + lanes * a.column[p]) + a.exponent[p]);
      sums[p] += a.mantissa[p] * total_of(products);
    }
  }
}

void products(int n, const ConstWideColumns& x, const ConstWideColumns& y, double* products) {
  for (int i = 0; i < n; ++i) {
    const Row left = load(x, i), right = load(y, i);
    store(products + lanes * i, as_doubles(left.mantissa * right.mantissa, left.exponent + right.exponent));
  }
}

void chances(const WideRows& a, int n, const ConstWideColumns& y, double* chances) {
  for (int i = 0; i < n; ++i) {
    const Row from = load(y, i);
    for (int p = a.start[i]; p < a.start[i + 1]; ++p) {
      const Row to = load(y, a.column[p]);
      const Pack ratio = as_doubles(to.mantissa / from.mantissa, to.exponent + a.exponent[p] - from.exponent);
      store(chances + lanes * p, from.mantissa == 0.0 ? Pack{} : ratio * a.mantissa[p]);
    }
  }
}

bool multiply(int n, const ConstWideColumns& y, const double* g, const WideColumns& x) {
  Exponents changed{};
  for (int i = 0; i < n; ++i) {
    const Row from = load(y, i);
    const Row row = normalised(normalised({from.mantissa * load(g + lanes * i), from.exponent}));
    const Exponents zero = __builtin_convertvector(row.mantissa == 0.0, Exponents);
    store(x.mantissa + lanes * i, row.mantissa);
    store(x.exponent + lanes * i, zero ? all(nothing) : row.exponent);
    changed |= zero ? Exponents{} : row.exponent;
  }
  return !any(changed);
}

void quotient(int n, const ConstWideColumns& x, const ConstWideColumns& y, double* r) {
  for (int i = 0; i < n; ++i) {
    const Row above = load(x, i), below = load(y, i);
    const Pack ratio = as_doubles(above.mantissa / below.mantissa, above.exponent - below.exponent);
    store(r + lanes * i, above.mantissa == 0.0 || below.mantissa == 0.0 ? Pack{} : ratio);
  }
}

void expected(const LaneRows& p, int n, const double* f, double* g) {
  for (int i = 0; i < n; ++i) {
    Pack sum{};
    for (int q = p.start[i]; q < p.start[i + 1]; ++q) sum += load(p.value + lanes * q) * f[q];
    store(g + lanes * i, sum);
  }
}

bool sums_up(const LaneRows& p, int n, const double* f, double size, double tolerance, const double* r) {
  Bits good = ~Bits{};
  for (int i = 0; i < n; ++i) {
    const Pack left = load(r + lanes * i);
    Pack sum{}, terms = absolute(left) + size;
    for (int q = p.start[i]; q < p.start[i + 1]; ++q) {
      const Pack chance = load(p.value + lanes * q), right = load(r + lanes * p.column[q]);
      sum += chance * (f[q] + right);
      terms += chance * absolute(right);
    }
    good &= absolute(left - sum) <= tolerance * terms;
  }
  return !any(~good);
}

// In batches of entries, so that sums stay in registers.
void add_covariances(const LaneRows& p, int n, int features, const double* f, const double* r, const double* visits,
                     double* v, double* sums) {
  const std::int64_t places = p.start[n], stride = covariance_batch * lanes;
  int count = 0;  // entries in v, whose features lie `stride` apart, v_k and then its product with the weight
  const auto add_batch = [&] {
    double* sum = sums;
    for (int k = 0; k < features; ++k) {
      const double* weighted = v + (features + k) * stride;
      for (int l = 0; l <= k; ++l, sum += lanes) {
        const double* own = v + l * stride;
        Pack total{};
        for (int b = 0; b < count; ++b) total += load(weighted + lanes * b) * load(own + lanes * b);
        store(sum, load(sum) + total);
      }
    }
    count = 0;
  };
  for (int i = 0; i < n; ++i) {
    const Pack here = load(visits + lanes * i);
    if (!any(here != 0.0)) continue;
    for (int q = p.start[i]; q < p.start[i + 1]; ++q) {
      const Pack weight = here * load(p.value + lanes * q);
      for (int k = 0; k < features; ++k) {
        const double* rest = r + static_cast<std::int64_t>(k) * n * lanes;
        const Pack own = f[k * places + q] + load(rest + lanes * p.column[q]) - load(rest + lanes * i);
        store(v + k * stride + lanes * count, own);
        store(v + (features + k) * stride + lanes * count, weight * own);
      }
      if (++count == covariance_batch) add_batch();
    }
  }
  add_batch();
}

// Row by row, as SparseLu::factorise.
unsigned factorise(const LaneRows& m, double* row, const LaneFactors& factors) {
  const LaneTriangle &lower = factors.lower, &upper = factors.upper;
  const auto take = [row](int column) {
    const Pack value = load(row + lanes * column);
    store(row + lanes * column, Pack{});
    return value;
  };
  Bits positive = ~Bits{};
  for (int i = 0; i < factors.n; ++i) {
    for (int p = m.start[i]; p < m.start[i + 1]; ++p) store(row + lanes * m.column[p], load(m.value + lanes * p));
    for (int p = lower.start[i]; p < lower.start[i + 1]; ++p) {
      const int j = lower.column[p];
      const Pack entry = take(j);
      store(lower.value + lanes * p, entry);
      for (int q = upper.start[j]; q < upper.start[j + 1]; ++q) {
        double* to = row + lanes * upper.column[q];
        store(to, load(to) + entry * load(upper.value + lanes * q));
      }
    }
    const Pack pivot = 1.0 - take(i);
    positive &= pivot > 0.0;
    const Pack inverse = 1.0 / pivot;
    store(factors.inverse_pivots + lanes * i, inverse);
    for (int p = upper.start[i]; p < upper.start[i + 1]; ++p)
      store(upper.value + lanes * p, take(upper.column[p]) * inverse);
  }
  unsigned failed = 0;
  for (int lane = 0; lane < lanes; ++lane) failed |= positive[lane] ? 0u : 1u << lane;
  return failed;
}

void solve(const LaneFactors& factors, const int* rows, int count, double* x) {
  const LaneTriangle &lower = factors.lower, &upper = factors.upper;
  for (int r = 0; r < count; ++r) {
    const int i = rows[r];
    Pack sum = load(x + lanes * i);
    for (int p = lower.start[i]; p < lower.start[i + 1]; ++p)
      sum += load(lower.value + lanes * p) * load(x + lanes * lower.column[p]);
    store(x + lanes * i, sum * load(factors.inverse_pivots + lanes * i));
  }
  for (int i = factors.n - 1; i >= 0; --i) {
    Pack sum = load(x + lanes * i);
    for (int p = upper.start[i]; p < upper.start[i + 1]; ++p)
      sum += load(upper.value + lanes * p) * load(x + lanes * upper.column[p]);
    store(x + lanes * i, sum);
  }
}

void solve_transposed(const LaneFactors& factors, const int* rows, int count, double* x) {
  const auto scatter = [x](const LaneTriangle& triangle, int i, Pack value) {
    for (int p = triangle.start[i]; p < triangle.start[i + 1]; ++p) {
      double* to = x + lanes * triangle.column[p];
      store(to, load(to) + load(triangle.value + lanes * p) * value);
    }
  };
  for (int r = 0; r < count; ++r) scatter(factors.upper, rows[r], load(x + lanes * rows[r]));
  for (int i = factors.n - 1; i >= 0; --i) {
    const Pack value = load(x + lanes * i) * load(factors.inverse_pivots + lanes * i);
    store(x + lanes * i, value);
    scatter(factors.lower, i, value);
  }
}

void add_product(const LaneRows& m, int n, const double* x, double* y) {
  for (int i = 0; i < n; ++i) {
    Pack sum = load(y + lanes * i);
    for (int p = m.start[i]; p < m.start[i + 1]; ++p) sum += load(m.value + lanes * p) * load(x + lanes * m.column[p]);
    store(y + lanes * i, sum);
  }
}

void add_transposed_product(const LaneRows& m, int n, const double* x, double* y) {
  for (int i = 0; i < n; ++i) {
    const Pack value = load(x + lanes * i);
    for (int p = m.start[i]; p < m.start[i + 1]; ++p) {
      double* to = y + lanes * m.column[p];
      store(to, load(to) + load(m.value + lanes * p) * value);
    }
  }
}

void divide(const LaneRows& m, int n, const double* y, double* chances) {
  for (int i = 0; i < n; ++i) {
    const Pack from = load(y + lanes * i);
    const Pack inverse = from == 0.0 ? Pack{} : 1.0 / from;
    for (int p = m.start[i]; p < m.start[i + 1]; ++p)
      store(chances + lanes * p, load(m.value + lanes * p) * load(y + lanes * m.column[p]) * inverse);
  }
}

void add_uses(const LaneRows& m, int n, const double* x, double* sums) {
  for (int i = 0; i < n; ++i) {
    const Pack left = load(x + lanes * i);
    for (int p = m.start[i]; p < m.start[i + 1]; ++p) {
      const Pack products = left * load(m.value + lanes * p);
      for (int lane = 0; lane < lanes; ++lane) sums[p] += products[lane];
    }
  }
}

void weigh(const LaneRows& m, int n, const double* base, const double* leaving, const double* entering,
           double* result) {
  for (int i = 0; i < n; ++i) {
    const Pack from = load(leaving + lanes * i);
    for (int p = m.start[i]; p < m.start[i + 1]; ++p)
      store(result + lanes * p, base[p] * from * load(entering + lanes * m.column[p]));
  }
}

extern const LuKernels kernels;
const LuKernels kernels{.substitute = substitute,
                        .substitute_back = substitute_back,
                        .normalise = normalise,
                        .is_solution = is_solution,
                        .is_signed_solution = is_signed_solution,
                        .add_products = add_products,
                        .products = products,
                        .chances = chances,
                        .multiply = multiply,
                        .quotient = quotient,
                        .expected = expected,
                        .sums_up = sums_up,
                        .add_covariances = add_covariances,
                        .factorise = factorise,
                        .solve = solve,
                        .solve_transposed = solve_transposed,
                        .add_product = add_product,
                        .add_transposed_product = add_transposed_product,
                        .divide = divide,
                        .add_uses = add_uses,
                        .weigh = weigh};

}  // namespace softrl::irl::SOFTRL_KERNEL
